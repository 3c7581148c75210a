/* Reads, centres and classifies pictures one by one, and prints an answer each. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "mnist_digit.h"
#include "mnist_json.h"
#include "mnist_predict.h"
#include "mnist_text.h"

enum { RUNNERS_UP = 2, SHOWN = 1 + RUNNERS_UP, NAME_WIDTH = 36, FIRST_CAPACITY = 1 << 16 };

static const double DECIMALS = 1e6; /* of a probability in JSON */

typedef struct answer {
    float probability[MNIST_DIGITS];
    int best[SHOWN]; /* digits, the most probable first */
} answer;

/* ---- one picture ---- */

static hg_status decode_input(hg_picture *picture, const char *name, hg_error *error)
{
    size_t size = 0, capacity = 0;
    unsigned char *bytes = NULL;
    do {
        capacity = capacity ? 2 * capacity : FIRST_CAPACITY;
        unsigned char *larger = realloc(bytes, capacity);
        if (!larger) {
            free(bytes);
            return hg_fail(error, HG_NO_MEMORY, "%s: no memory for %zu bytes", name, capacity);
        }
        bytes = larger;
        size += fread(bytes + size, 1, capacity - size, stdin);
    } while (size == capacity && size <= HG_PICTURE_BYTES);
    const hg_status status = ferror(stdin) ? hg_fail(error, HG_IO, "%s: cannot be read: %s", name, strerror(errno))
                                           : hg_picture_decode(picture, name, bytes, size, 1, error);
    free(bytes);
    return status;
}

static void rank(answer *answer)
{
    for (int place = 0; place < SHOWN; place++) {
        int best = -1;
        for (int digit = 0; digit < MNIST_DIGITS; digit++) {
            bool taken = false;
            for (int before = 0; before < place; before++)
                taken |= answer->best[before] == digit;
            if (!taken && (best < 0 || answer->probability[digit] > answer->probability[best]))
                best = digit;
        }
        answer->best[place] = best;
    }
}

static hg_status answer_file(hg_network *network, const char *file, answer *answer, hg_error *error)
{
    const bool input = strcmp(file, "-") == 0;
    const char *name = input ? "standard input" : file;
    float image[MNIST_SIDE * MNIST_SIDE];
    hg_picture picture = { .pixels = NULL };
    hg_error why;
    hg_status status = input ? decode_input(&picture, name, error) : hg_picture_read(&picture, name, 1, error);
    if (status != HG_OK)
        return status;
    status = mnist_digit_find(&picture, image, &why);
    hg_picture_release(&picture);
    if (status != HG_OK)
        return hg_fail(error, status, "%s: %s", name, why.message);
    status = hg_network_predict(network, image, 1, answer->probability, error);
    if (status == HG_OK)
        rank(answer);
    return status;
}

/* ---- printing ---- */

static void print_name(const char *file, int width)
{
    char name[NAME_WIDTH * MNIST_UTF8_LENGTH + 1];
    const int columns = mnist_text_fit(file, width, name, sizeof name);
    printf("%s%*s", name, width - columns, "");
}

static void print_row(const char *file, int width, const answer *answer)
{
    print_name(file, width);
    printf("  %5d  %9.2f %%", answer->best[0], 100 * (double)answer->probability[answer->best[0]]);
    for (int i = 1; i < SHOWN; i++)
        printf("  %d %5.2f %%", answer->best[i], 100 * (double)answer->probability[answer->best[i]]);
    putchar('\n');
}

static bool fill_object(cJSON *object, const char *file, const answer *answer, const hg_error *why)
{
    char *name = mnist_text_utf8_copy(file), *message = why ? mnist_text_utf8_copy(why->message) : NULL;
    bool filled = name && cJSON_AddStringToObject(object, "file", name);
    if (filled && why)
        filled = message && cJSON_AddStringToObject(object, "error", message);
    free(name);
    free(message);
    if (!filled || why)
        return filled;
    const double probability = (double)answer->probability[answer->best[0]];
    cJSON *all = NULL;
    filled = cJSON_AddNumberToObject(object, "digit", answer->best[0]) &&
             cJSON_AddNumberToObject(object, "probability", round(probability * DECIMALS) / DECIMALS) &&
             (all = cJSON_AddArrayToObject(object, "probabilities"));
    for (int digit = 0; digit < MNIST_DIGITS && filled; digit++)
        filled = cJSON_AddItemToArray(
            all, cJSON_CreateNumber(round((double)answer->probability[digit] * DECIMALS) / DECIMALS));
    return filled;
}

/* why: NULL for a file that has an answer. */
static hg_status print_json(const char *file, const answer *answer, const hg_error *why, hg_error *error)
{
    cJSON *object = cJSON_CreateObject();
    return mnist_json_print(object, object && fill_object(object, file, answer, why), error);
}

/* ---- all of them ---- */

static hg_status check_network(const hg_network *network, const char *model, hg_error *error)
{
    const hg_shape shape = hg_network_input_shape(network);
    if (shape.height == MNIST_SIDE && shape.width == MNIST_SIDE && shape.channels == 1 &&
        hg_network_classes(network) == MNIST_DIGITS)
        return HG_OK;
    return hg_fail(error, HG_BAD_NETWORK,
                   "%s: takes images of %d x %d x %d and tells %d classes apart, digits are %d x %d x 1 and %d; for "
                   "other pictures there is examples/classify",
                   model, shape.height, shape.width, shape.channels, hg_network_classes(network), MNIST_SIDE,
                   MNIST_SIDE, MNIST_DIGITS);
}

static hg_status predict_files(hg_network *network, const mnist_options *options, const char *program, bool *all,
                               hg_error *error)
{
    int width = (int)strlen("file");
    for (int i = 0; i < options->file_count; i++)
        width = (int)fmin(fmax(width, mnist_text_fit(options->files[i], NAME_WIDTH, NULL, 0)), NAME_WIDTH);
    if (!options->json)
        printf("%-*s  digit  probability  runners-up\n", width, "file");
    hg_status status = HG_OK;
    *all = true;
    for (int i = 0; i < options->file_count && status == HG_OK && !ferror(stdout); i++) {
        answer answer;
        hg_error why;
        const bool answered = answer_file(network, options->files[i], &answer, &why) == HG_OK;
        *all &= answered;
        if (options->json)
            status = print_json(options->files[i], &answer, answered ? NULL : &why, error);
        else if (answered)
            print_row(options->files[i], width, &answer);
        else {
            fflush(stdout);
            fprintf(stderr, "%s: %s\n", program, why.message);
        }
    }
    return status;
}

hg_status mnist_predict(const mnist_options *options, const char *program, bool *all, hg_error *error)
{
    hg_network *network = hg_network_load(options->model, error);
    if (!network)
        return HG_BAD_FILE;
    hg_status status = check_network(network, options->model, error);
    if (status == HG_OK)
        status = hg_network_set_threads(network, 1, error);
    if (status == HG_OK)
        status = predict_files(network, options, program, all, error);
    hg_network_destroy(network);
    return status;
}
