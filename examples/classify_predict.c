/* Reads, resizes and classifies pictures one by one. */
#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "classify_predict.h"
#include "mnist_json.h"
#include "mnist_text.h"

enum { FILE_WIDTH = 30, CLASS_WIDTH = 17, MOST_WIDTH = FILE_WIDTH };

static const double DECIMALS = 1e6; /* of a probability in JSON */

/* What one picture is answered with, in memory of one call. */
typedef struct workspace {
    hg_shape shape;
    float *image, *probability; /* [classes] */
} workspace;

static hg_status answer(const classify_model *model, const char *file, workspace *work, hg_error *error)
{
    hg_picture picture;
    hg_status status = hg_picture_read(&picture, file, work->shape.channels, error);
    if (status != HG_OK)
        return status;
    status = hg_picture_fit(&picture, work->shape, work->image, error);
    hg_picture_release(&picture);
    return status == HG_OK ? hg_network_predict(model->network, work->image, 1, work->probability, error) : status;
}

/* The most probable class that is not `but`. */
static size_t best_of(const classify_model *model, const float *probability, size_t but)
{
    size_t best = but == 0;
    for (size_t k = best + 1; k < model->count; k++)
        if (k != but && probability[k] > probability[best])
            best = k;
    return best;
}

static void print_fitted(const char *text, int width)
{
    char fitted[MOST_WIDTH * MNIST_UTF8_LENGTH + 1];
    const int columns = mnist_text_fit(text, width, fitted, sizeof fitted);
    printf("%s%*s", fitted, width - columns, "");
}

static void print_row(const classify_model *model, const char *file, const float *probability)
{
    const size_t best = best_of(model, probability, model->count), second = best_of(model, probability, best);
    print_fitted(file, FILE_WIDTH);
    fputs("  ", stdout);
    print_fitted(model->names[best], CLASS_WIDTH);
    printf(" %6.2f %%", 100 * (double)probability[best]);
    if (model->count > 1) {
        char name[CLASS_WIDTH * MNIST_UTF8_LENGTH + 1];
        mnist_text_fit(model->names[second], CLASS_WIDTH - 6, name, sizeof name);
        printf("  %s %.2f %%", name, 100 * (double)probability[second]);
    }
    putchar('\n');
}

static double rounded(float probability)
{
    return round((double)probability * DECIMALS) / DECIMALS;
}

static bool fill_object(cJSON *object, const classify_model *model, const char *file, const float *probability,
                        const hg_error *why)
{
    char *name = mnist_text_utf8_copy(file), *message = why ? mnist_text_utf8_copy(why->message) : NULL;
    bool filled = name && cJSON_AddStringToObject(object, "file", name) &&
                  (!why || (message && cJSON_AddStringToObject(object, "error", message)));
    free(name);
    free(message);
    if (!filled || why)
        return filled;
    const size_t best = best_of(model, probability, model->count);
    cJSON *all = NULL;
    filled = cJSON_AddStringToObject(object, "class", model->names[best]) &&
             cJSON_AddNumberToObject(object, "probability", rounded(probability[best])) &&
             (all = cJSON_AddObjectToObject(object, "probabilities"));
    for (size_t k = 0; k < model->count && filled; k++)
        filled = cJSON_AddNumberToObject(all, model->names[k], rounded(probability[k]));
    return filled;
}

static hg_status print_json(const classify_model *model, const char *file, const float *probability,
                            const hg_error *why, hg_error *error)
{
    cJSON *object = cJSON_CreateObject();
    return mnist_json_print(object, object && fill_object(object, model, file, probability, why), error);
}

static hg_status predict_all(const classify_model *model, const classify_options *options, workspace *work, bool *all,
                             hg_error *error)
{
    hg_status status = HG_OK;
    *all = true;
    if (!options->json)
        printf("%-*s  %-*s   likely  next\n", FILE_WIDTH, "file", CLASS_WIDTH, "class");
    for (int i = 0; i < options->file_count && status == HG_OK && !ferror(stdout); i++) {
        const char *file = options->files[i];
        hg_error why;
        const bool answered = answer(model, file, work, &why) == HG_OK;
        *all &= answered;
        if (options->json)
            status = print_json(model, file, work->probability, answered ? NULL : &why, error);
        else if (answered)
            print_row(model, file, work->probability);
        else {
            fflush(stdout);
            fprintf(stderr, "classify: %s\n", why.message);
        }
    }
    return status;
}

hg_status classify_predict(const classify_model *model, const classify_options *options, bool *all, hg_error *error)
{
    workspace work = { .shape = hg_network_input_shape(model->network) };
    const size_t pixels = (size_t)work.shape.channels * (size_t)work.shape.height * (size_t)work.shape.width;
    work.image = malloc(pixels * sizeof *work.image);
    work.probability = malloc(model->count * sizeof *work.probability);
    const hg_status status = work.image && work.probability
                                 ? predict_all(model, options, &work, all, error)
                                 : hg_fail(error, HG_NO_MEMORY, "no memory for a picture of %zu numbers", pixels);
    free(work.image);
    free(work.probability);
    return status;
}
