/* examples/mnist predict: digits in pictures of any size, colour and place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <hinge/hinge.h>

#include "picture_files.h"
#include "program.h"

Suite *mnist_predict_suite(void);

enum { SIDE = 28, CLASSES = 10, DIGITS = 100, TRAINING_DIGITS = 8000, WHITE = 255 };

static picture_bytes file;

/* Of a hundred pictures, so many at least are the digit that they were as MNIST's own
 * images. Drawn digits fill their box less well, and are enlarged more. */
enum { LEAST_AGREEING = 97, LEAST_DRAWN_AGREEING = 90 };

/* MNIST's folder if HINGE_DATA says where it is; NULL: drawn digits do. Asked before
 * program_set_up hides it. */
static const char *real_data;

static void find_real_data(void)
{
    static char name[PATH_LENGTH];
    const char *data = getenv("HINGE_DATA");
    hg_dataset *digits = NULL;
    if (data) {
        snprintf(name, sizeof name, "%s/mnist", data);
        digits = hg_mnist_open(name, HG_MNIST_TEST, NULL);
    }
    real_data = digits ? name : NULL;
    hg_dataset_destroy(digits);
}

/* ---- a model that knows digits, made once ---- */

static char model_bytes[FILE_LENGTH];
static size_t model_size;

static void save_network(const hg_layer *layers, size_t count, hg_dataset *digits, const char *path)
{
    hg_error error;
    hg_network *network = hg_network_create(layers, count, &error);
    ck_assert_ptr_nonnull(network);
    if (digits)
        ck_assert_int_eq(hg_network_train(network, digits,
                                          &(hg_train_options){ .optimizer = hg_sgd(0.05, .momentum = 0.9),
                                                               .epochs = real_data ? 1 : 4 },
                                          &error),
                         HG_OK);
    ck_assert_int_eq(hg_network_save(network, path, &error), HG_OK);
    hg_network_destroy(network);
}

static void make_model(void)
{
    const hg_layer layers[] = { hg_image_input(SIDE, SIDE),  hg_conv2d(5, 8), hg_relu(),          hg_max_pool2d(2),
                                hg_fully_connected(CLASSES), hg_softmax(),    hg_classification() };
    char path[] = "/tmp/hinge-model-XXXXXX";
    close(mkstemp(path));
    find_real_data();
    hg_dataset *digits = real_data ? hg_mnist_open(real_data, HG_MNIST_TRAINING, NULL)
                                   : hg_synthetic_digits(TRAINING_DIGITS, 1, 0, NULL);
    save_network(layers, HG_COUNT(layers), digits, path);
    hg_dataset_destroy(digits);
    FILE *stream = fopen(path, "rb");
    model_size = fread(model_bytes, 1, sizeof model_bytes, stream);
    fclose(stream);
    unlink(path);
}

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *stream = fopen(in_folder(name), "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
}

static void set_up(void)
{
    program_set_up();
    write_bytes("m", model_bytes, model_size);
}

static const char *model(void)
{
    return in_folder("m");
}

/* ---- drawn digits as pictures ---- */

static hg_dataset *shown;

/* [SIDE * scale][SIDE * scale], light on dark. */
static void enlarge(size_t index, int scale, unsigned char *pixels)
{
    static float image[SIDE * SIDE * 100];
    const hg_picture small = { 1, SIDE, SIDE, (unsigned char *)shown->pixels + index * SIDE * SIDE };
    ck_assert_int_eq(hg_picture_fit(&small, (hg_shape){ 1, SIDE * scale, SIDE * scale }, image, NULL), HG_OK);
    for (int i = 0; i < SIDE * scale * SIDE * scale; i++)
        pixels[i] = (unsigned char)(image[i] * WHITE + 0.5F);
}

typedef struct variant {
    const char *name;
    picture_ending ending;
    int scale, canvas, right, down; /* canvas: side in pixels; where the digit's picture lies on it */
    unsigned char paper[3], ink[3];
} variant;

static const variant variants[] = {
    { "as it is", ENDS_PNG, 1, 28, 0, 0, { 0, 0, 0 }, { 255, 255, 255 } },
    { "dark on light", ENDS_PNG, 1, 28, 0, 0, { 255, 255, 255 }, { 0, 0, 0 } },
    { "large", ENDS_BMP, 6, 168, 0, 0, { 255, 255, 255 }, { 0, 0, 0 } },
    { "large, JPEG", ENDS_JPG, 5, 140, 0, 0, { 255, 255, 255 }, { 0, 0, 0 } },
    { "in a corner", ENDS_PNG, 3, 300, 210, 5, { 0, 0, 0 }, { 255, 255, 255 } },
    { "coloured", ENDS_PNG, 4, 130, 9, 12, { 250, 240, 200 }, { 30, 40, 160 } },
    { "faint", ENDS_PPM, 2, 60, 0, 3, { 120, 120, 120 }, { 160, 160, 160 } },
};

static void write_variant(const variant *variant, size_t index)
{
    static unsigned char pixels[300 * 300 * 3], digit[SIDE * SIDE * 100];
    char name[32];
    enlarge(index, variant->scale, digit);
    const int side = SIDE * variant->scale;
    for (int i = 0; i < variant->canvas * variant->canvas; i++) {
        const int row = i / variant->canvas - variant->down, column = i % variant->canvas - variant->right;
        const bool inside = row >= 0 && row < side && column >= 0 && column < side;
        const int ink = inside ? digit[row * side + column] : 0;
        for (int c = 0; c < 3; c++)
            pixels[3 * i + c] =
                (unsigned char)((variant->paper[c] * (WHITE - ink) + variant->ink[c] * ink + WHITE / 2) / WHITE);
    }
    picture_make(&file, variant->ending, variant->canvas, variant->canvas, 3, pixels);
    snprintf(name, sizeof name, "digit-%03zu", index);
    write_bytes(name, file.bytes, file.size);
}

static void read_answers(int answers[DIGITS])
{
    static char text[TEXT_LENGTH];
    char *program = realpath(getenv("HINGE_MNIST") ? getenv("HINGE_MNIST") : "examples/mnist", NULL);
    char command[PATH_LENGTH * 2];
    snprintf(command, sizeof command, "'%s' predict --json --model m digit-* >answers", program);
    free(program);
    shell(command);
    read_file("answers", text, sizeof text);
    char *line = text;
    for (int i = 0; i < DIGITS; i++) {
        char *end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        cJSON *object = cJSON_Parse(line);
        ck_assert_msg(object != NULL, "no JSON: %s", line);
        answers[i] = (int)cJSON_GetNumberValue(cJSON_GetObjectItem(object, "digit"));
        ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(object, "probabilities")), CLASSES);
        ck_assert_int_eq(strncmp(cJSON_GetStringValue(cJSON_GetObjectItem(object, "file")), "digit-", 6), 0);
        cJSON_Delete(object);
        line = end + 1;
    }
    ck_assert_str_eq(line, "");
}

START_TEST(a_digit_stays_what_it_is_in_any_size_colour_and_place)
{
    int first[DIGITS], answers[DIGITS], right = 0;
    shown = real_data ? hg_mnist_open(real_data, HG_MNIST_TEST, NULL) : hg_synthetic_digits(DIGITS, 2, 0, NULL);
    const int least = real_data ? LEAST_AGREEING : LEAST_DRAWN_AGREEING;
    for (size_t v = 0; v < HG_COUNT(variants); v++) {
        for (size_t i = 0; i < DIGITS; i++)
            write_variant(&variants[v], i);
        read_answers(v == 0 ? first : answers);
        int agreeing = 0;
        for (int i = 0; i < DIGITS; i++) {
            right += v == 0 && first[i] == shown->labels[i];
            agreeing += v == 0 || first[i] == answers[i];
        }
        ck_assert_msg(agreeing >= least, "%s: %d of %d agree, not %d", variants[v].name, agreeing, DIGITS, least);
    }
    ck_assert_int_ge(right, 90);
    hg_dataset_destroy(shown);
}
END_TEST

/* ---- what it says ---- */

static void write_digit(const char *name)
{
    shown = hg_synthetic_digits(1, 2, 0, NULL);
    write_variant(&variants[3], 0);
    write_bytes(name, file.bytes, file.size);
    hg_dataset_destroy(shown);
}

START_TEST(columns_are_plain_and_fit)
{
    char longest[201];
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    write_digit(longest);
    write_digit("\xC3\xA9\x1b[31m\xFF.png");
    assert_runs(run("predict", "--model", model(), in_folder(longest), in_folder("\xC3\xA9\x1b[31m\xFF.png")));
    assert_plain(out);
    assert_says(out, "probability  runners-up");
    assert_says(out, "...");
    assert_says(out, "\xC3\xA9?[31m?.png");
    assert_runs(run("predict", "--json", "--model", model(), in_folder("\xC3\xA9\x1b[31m\xFF.png")));
    assert_says(out, "\\u001b[31m?.png\"");
}
END_TEST

START_TEST(a_bad_file_does_not_stop_the_others)
{
    static const unsigned char grey[64] = { 0 };
    write_digit("good");
    write_file("bad", "these are no pixels", S_IRUSR);
    picture_make(&file, ENDS_PNG, 8, 8, 1, grey);
    write_bytes("blank", file.bytes, file.size);
    ck_assert_int_eq(
        run("predict", in_folder("bad"), in_folder("blank"), "--model", model(), in_folder("gone"), in_folder("good")),
        1);
    assert_says(err, "bad: not a PNG, JPEG, BMP, PGM or PPM picture");
    assert_says(err, "blank: shows nothing that stands out");
    assert_says(err, "gone: cannot be opened");
    assert_says(out, "good");
    ck_assert_int_eq(run("predict", "--json", "--model", model(), in_folder("bad"), in_folder("good")), 1);
    assert_says(out, "\"error\":");
    assert_says(out, "\"digit\":");
    ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(standard_input_is_a_picture_too)
{
    write_digit("good");
    char *program = realpath(getenv("HINGE_MNIST") ? getenv("HINGE_MNIST") : "examples/mnist", NULL);
    char command[PATH_LENGTH * 3];
    snprintf(
        command, sizeof command,
        "'%s' predict --model m - good <good >answers && sed 's/^-   /good/' answers | sort | uniq -d | grep -q good",
        program);
    shell(command);
    snprintf(
        command, sizeof command,
        "'%s' predict --model m - </dev/null 2>answers >/dev/null; grep -q 'standard input: the file is empty' answers",
        program);
    shell(command);
    free(program);
}
END_TEST

START_TEST(other_networks_are_refused)
{
    const hg_layer layers[] = { hg_image_input(8, 8, 3), hg_fully_connected(4), hg_softmax(), hg_classification() };
    save_network(layers, HG_COUNT(layers), NULL, in_folder("other"));
    write_digit("good");
    ck_assert_int_eq(run("predict", "--model", in_folder("other"), in_folder("good")), 1);
    assert_says(err, "takes images of 8 x 8 x 3 and tells 4 classes apart");
    ck_assert_int_eq(run("predict", "--model", in_folder("gone"), in_folder("good")), 1);
    assert_says(err, "gone");
}
END_TEST

static const struct {
    const char *arguments[MOST_ARGUMENTS];
    const char *said;
} misuses[] = {
    { { "predict", "a.png" }, "\"predict\" needs --model FILE" },
    { { "predict", "--model", "m" }, "needs pictures" },
    { { "predict", "--model", "m", "-x" }, "there is no option -x" },
    { { "predict", "--model", "m", "a", "--epochs", "2" }, "--epochs is no option of \"predict\"" },
    { { "test", "--model", "m", "--json" }, "--json is no option of \"test\"" },
    { { "test", "predict" }, "one command too many" },
};

START_TEST(a_misuse_is_named)
{
    ck_assert_int_eq(run_arguments(misuses[_i].arguments), 2);
    assert_says(err, misuses[_i].said);
}
END_TEST

Suite *mnist_predict_suite(void)
{
    Suite *suite = suite_create("mnist_predict");
    TCase *tests = tcase_create("mnist_predict");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_unchecked_fixture(tests, make_model, NULL);
    tcase_add_checked_fixture(tests, set_up, program_tear_down);
    tcase_add_test(tests, a_digit_stays_what_it_is_in_any_size_colour_and_place);
    tcase_add_test(tests, columns_are_plain_and_fit);
    tcase_add_test(tests, a_bad_file_does_not_stop_the_others);
    tcase_add_test(tests, standard_input_is_a_picture_too);
    tcase_add_test(tests, other_networks_are_refused);
    tcase_add_loop_test(tests, a_misuse_is_named, 0, HG_COUNT(misuses));
    suite_add_tcase(suite, tests);
    return suite;
}
