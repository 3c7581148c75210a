/* examples/mnist inspect. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <hinge/hinge.h>

#include "program.h"

Suite *mnist_inspect_suite(void);

/* ---- models by hand ---- */

static hg_network *make(const hg_layer *layers, size_t count)
{
    hg_error error;
    hg_network *network = hg_network_create(layers, count, &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    return network;
}

static void set(hg_network *network, const char *name, const float *values, size_t count)
{
    hg_parameter parameter;
    ck_assert(hg_network_find_parameter(network, name, &parameter));
    ck_assert_uint_eq(parameter.count, count);
    for (size_t i = 0; i < count; i++)
        parameter.values[i] = values[i];
}

static void save(hg_network *network, const char *note)
{
    ck_assert_int_eq(hg_network_set_note(network, "dead_units", note, NULL), HG_OK);
    ck_assert_int_eq(hg_network_save(network, in_folder("m"), NULL), HG_OK);
    hg_network_destroy(network);
}

static const float weights[] = { 1, 0, -0.5F, 0, 0.25F, 0, 0, -1 }; /* two filters of 2 x 2 */

static void make_two_filters(hg_threshold_form form, const char *note)
{
    const hg_layer layers[] = { hg_image_input(4, 3, 1, HG_NO_NORMALIZATION),
                                hg_conv2d(2, 2),
                                hg_threshold_relu(form),
                                hg_relu(.name = "a\033[31mb"),
                                hg_fully_connected(3),
                                hg_softmax(),
                                hg_classification() };
    hg_network *network = make(layers, HG_COUNT(layers));
    set(network, "conv2d_1.weight", weights, HG_COUNT(weights));
    set(network, "threshold_relu_1.threshold", (const float[]){ 0.125F, 0.75F }, 2);
    save(network, note);
}

static int inspect(void)
{
    return run("inspect", "--model", in_folder("m"));
}

/* ---- text ---- */

START_TEST(a_model_is_described)
{
    make_two_filters(HG_SLOPE, NULL);
    assert_runs(inspect());
    assert_plain(out);
    assert_says(out, "  2  conv2d_1           conv2d           3 x 2 x 2                10\n");
    assert_says(out, "  4  a?[31mb            relu ");
    assert_says(out, "conv2d_1.weight             2 x 1 x 2 x 2        -1   -0.0312         1   50 %\n");
    assert_says(out, "threshold_relu_1: form slope, 2 thresholds (kept from 0 to 1), 0.125 to 0.75: 0.125 0.75\n");
    assert_says(out, "threshold_relu_1: the file does not say how many units are never positive");
    assert_says(out, "a?[31mb: the file does not say how many units are dead");
}
END_TEST

static const struct {
    hg_threshold_form form;
    const char *said;
} forms[] = {
    { HG_FLOOR, "form floor, 2 thresholds (no bounds)" },
    { HG_CEILING, "form ceiling, 2 thresholds (kept >= 0.001)" },
    { HG_SHIFT, "form shift, 2 thresholds (no bounds)" },
    { HG_GATE, "form gate, 2 thresholds (kept >= 0)" },
};

START_TEST(bounds_are_those_of_the_form)
{
    make_two_filters(forms[_i].form, NULL);
    assert_runs(inspect());
    assert_says(out, forms[_i].said);
    assert_says(out, "how many units are dead; train --save writes that");
}
END_TEST

/* What a note says of threshold_relu_1, if that can be right. */
static const struct {
    const char *note, *said;
} notes[] = {
    { "{\"threshold_relu_1\":{\"dead\":1,\"units\":2}}", "1 of 2 units were never positive when it was saved" },
    { "{\"threshold_relu_1\":{\"dead\":0,\"units\":3}}", "the file does not say" },
    { "{\"threshold_relu_1\":{\"dead\":3,\"units\":2}}", "the file does not say" },
    { "{\"threshold_relu_1\":{\"dead\":-1,\"units\":2}}", "the file does not say" },
    { "{\"threshold_relu_1\":{\"dead\":\"1\",\"units\":2}}", "the file does not say" },
    { "{\"threshold_relu_1\":{\"units\":2}}", "the file does not say" },
    { "[1]", "the file does not say" },
    { "none", "the file does not say" },
    { "", "the file does not say" },
};

START_TEST(a_note_is_read_with_care)
{
    make_two_filters(HG_SLOPE, notes[_i].note);
    assert_runs(inspect());
    assert_says(out, notes[_i].said);
    assert_runs(run("inspect", "--json", "--model", in_folder("m")));
    assert_says(out, _i == 0 ? "{\"layer\":\"threshold_relu_1\",\"units\":2,\"dead\":1}"
                             : "{\"layer\":\"threshold_relu_1\",\"units\":2,\"dead\":null}");
}
END_TEST

START_TEST(training_counts_the_dead_units_that_it_saves)
{
    const float low = -1e6F;
    assert_runs(run_tiny("--epochs", "1", "--quiet", "--activation", "relu", "--save", in_folder("first")));
    hg_network *network = hg_network_load(in_folder("first"), NULL);
    ck_assert_ptr_nonnull(network);
    hg_parameter bias;
    ck_assert(hg_network_find_parameter(network, "conv2d_1.bias", &bias));
    for (size_t i = 0; i < 3; i++)
        bias.values[i] = low;
    ck_assert_int_eq(hg_network_save(network, in_folder("low"), NULL), HG_OK);
    hg_network_destroy(network);
    assert_runs(run_tiny("--epochs", "1", "--quiet", "--activation", "relu", "--init", in_folder("low"), "--lr", "1e-6",
                         "--save", in_folder("m")));
    assert_runs(inspect());
    assert_says(out, "relu_1: 3 of 20 units were dead when it was saved");
}
END_TEST

/* ---- JSON ---- */

static const cJSON *item_of(const cJSON *object, const char *list, int index, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(object, list), index), key);
    ck_assert_msg(item != NULL, "no %s of %s %d in: %s", key, list, index, out);
    return item;
}

START_TEST(everything_is_in_one_line_of_json)
{
    make_two_filters(HG_CEILING, NULL);
    assert_runs(run("inspect", "--json", "--model", in_folder("m"), "--filters", in_folder("f.png")));
    ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
    cJSON *object = cJSON_Parse(out);
    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(object, "file")), in_folder("m"));
    ck_assert_int_eq(cJSON_GetObjectItem(object, "learnable")->valueint, 10 + 2 + 36 + 3);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(object, "layers")), 7);
    ck_assert_str_eq(item_of(object, "layers", 3, "name")->valuestring, "a\033[31mb");
    ck_assert_int_eq(cJSON_GetArrayItem(item_of(object, "layers", 1, "output"), 1)->valueint, 3);
    ck_assert_int_eq(cJSON_GetObjectItem(item_of(object, "layers", 1, "options"), "filters")->valueint, 2);
    ck_assert_str_eq(item_of(object, "parameters", 0, "name")->valuestring, "conv2d_1.weight");
    ck_assert_double_eq(item_of(object, "parameters", 0, "min")->valuedouble, -1);
    ck_assert_double_eq(item_of(object, "parameters", 0, "mean")->valuedouble, -0.03125);
    ck_assert_double_eq(item_of(object, "parameters", 0, "max")->valuedouble, 1);
    ck_assert_double_eq(item_of(object, "parameters", 0, "zero_share")->valuedouble, 0.5);
    ck_assert(cJSON_IsTrue(item_of(object, "parameters", 0, "learned")));
    ck_assert_str_eq(item_of(object, "thresholds", 0, "form")->valuestring, "ceiling");
    ck_assert_double_eq(item_of(object, "thresholds", 0, "lower")->valuedouble, 0.001);
    ck_assert(cJSON_IsNull(item_of(object, "thresholds", 0, "upper")));
    ck_assert_double_eq(cJSON_GetArrayItem(item_of(object, "thresholds", 0, "values"), 1)->valuedouble, 0.75);
    ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(object, "filters"), "tiles")->valueint, 2);
    cJSON_Delete(object);
}
END_TEST

/* ---- filters ---- */

typedef unsigned char colour[3];
static const colour white = { 255, 255, 255 }, red = { 178, 24, 43 }, blue = { 33, 102, 172 };

static void read_filters(hg_picture *picture)
{
    hg_error error;
    assert_runs(run("inspect", "--model", in_folder("m"), "--filters", in_folder("f.png")));
    ck_assert_msg(hg_picture_read(picture, in_folder("f.png"), 3, &error) == HG_OK, "%s", error.message);
}

static void check_pixel(const hg_picture *picture, int row, int column, const colour wanted)
{
    for (int c = 0; c < 3; c++) {
        const int got = picture->pixels[(c * picture->height + row) * picture->width + column];
        ck_assert_msg(got == wanted[c], "row %d, column %d, channel %d: %d, not %d", row, column, c, got, wanted[c]);
    }
}

enum { GAP = 3, SCALE = 32, TILE = 2 * SCALE + GAP };

START_TEST(filters_are_tiles_on_one_scale)
{
    hg_picture picture = { 0 };
    make_two_filters(HG_SLOPE, NULL);
    read_filters(&picture);
    assert_says(out, "f.png: 2 tiles of 2 x 2, weights of conv2d_1; blue is below 0, red above");
    ck_assert_int_eq(picture.width, GAP + 2 * TILE);
    ck_assert_int_eq(picture.height, GAP + TILE);
    for (int corner = 0; corner < 2; corner++) { /* every pixel of a weight is alike */
        const int low = GAP + corner * (SCALE - 1);
        check_pixel(&picture, low, low, red);
        check_pixel(&picture, low, low + SCALE, white);
        check_pixel(&picture, low + SCALE, low, (const colour){ 144, 179, 214 });
        check_pixel(&picture, low, low + TILE, (const colour){ 236, 197, 202 });
        check_pixel(&picture, low + SCALE, low + TILE + SCALE, blue);
    }
    check_pixel(&picture, 1, 1, (const colour){ 150, 150, 150 });
    check_pixel(&picture, GAP, GAP + 2 * SCALE + 1, (const colour){ 150, 150, 150 });
    hg_picture_release(&picture);
}
END_TEST

START_TEST(filters_of_three_channels_are_colours)
{
    const hg_layer layers[] = { hg_image_input(2, 2, 3, HG_NO_NORMALIZATION), hg_conv2d(1, 3), hg_fully_connected(2),
                                hg_softmax(), hg_classification() };
    hg_network *network = make(layers, HG_COUNT(layers));
    set(network, "conv2d_1.weight", (const float[]){ 2, 0, -2, 0, 1, 0, -1, -1, -1 }, 9);
    save(network, NULL);
    hg_picture picture = { 0 };
    read_filters(&picture);
    check_pixel(&picture, GAP, GAP, (const colour){ 255, 128, 0 });
    check_pixel(&picture, GAP, GAP + 67, (const colour){ 128, 191, 128 });
    check_pixel(&picture, GAP, GAP + 2 * 67, (const colour){ 64, 64, 64 });
    hg_picture_release(&picture);
}
END_TEST

START_TEST(without_a_convolution_weights_lie_over_the_image)
{
    const hg_layer layers[] = { hg_image_input(2, 3, 2, HG_NO_NORMALIZATION), hg_dropout(), hg_fully_connected(2),
                                hg_softmax(), hg_classification() };
    hg_network *network = make(layers, HG_COUNT(layers));
    float values[2 * 2 * 2 * 3] = { 0 };
    values[12 + 6 + 3 + 2] = -1; /* output 1, channel 1, row 1, column 2: the fourth tile's last place */
    set(network, "fully_connected_1.weight", values, HG_COUNT(values));
    save(network, NULL);
    hg_picture picture = { 0 };
    read_filters(&picture);
    assert_says(out, "4 tiles of 2 x 3, weights of fully_connected_1");
    check_pixel(&picture, picture.height - GAP - 1, picture.width - GAP - 1, blue);
    check_pixel(&picture, picture.height - GAP - 1, picture.width - GAP - 1 - 21, white);
    hg_picture_release(&picture);
}
END_TEST

START_TEST(a_sheet_that_would_be_huge_is_refused)
{
    const hg_layer layers[] = { hg_image_input(100, 100, 2), hg_fully_connected(4500), hg_softmax(),
                                hg_classification() };
    save(make(layers, HG_COUNT(layers)), NULL);
    ck_assert_int_eq(run("inspect", "--model", in_folder("m"), "--filters", in_folder("f.png")), 1);
    assert_says(err, "no filters: 9000 tiles of 100 x 100 (fully_connected_1) make a picture of ");
    ck_assert(!exists("f.png"));
}
END_TEST

/* ---- what fails ---- */

START_TEST(what_cannot_be_shown_is_named)
{
    const hg_layer layers[] = { hg_image_input(1, 2, 1, HG_NO_NORMALIZATION), hg_softmax(), hg_classification() };
    save(make(layers, HG_COUNT(layers)), NULL);
    assert_runs(inspect());
    assert_silent_on(out, "parameter  ");
    ck_assert_int_eq(run("inspect", "--model", in_folder("m"), "--filters", in_folder("f.png")), 1);
    assert_says(err, "m: no filters: it has neither a convolution nor a fully connected layer");
    ck_assert(!exists("f.png"));
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(run("inspect", "--model", in_folder("gone")), 1);
    assert_says(err, "gone: cannot be read");
    write_file("text", "no model, but long enough to be one", S_IRUSR | S_IWUSR);
    ck_assert_int_eq(run("inspect", "--model", in_folder("text")), 1);
    assert_says(err, "is this a safetensors file?");
    make_two_filters(HG_SLOPE, NULL);
    ck_assert_int_eq(run("inspect", "--model", in_folder("m"), "--filters", in_folder("nowhere/f.png")), 1);
    assert_says(err, "cannot write");
    assert_says(err, "nowhere/f.png: No such file or directory");
}
END_TEST

static const struct {
    const char *arguments[MOST_ARGUMENTS];
    const char *said;
} misuses[] = {
    { { "inspect" }, "\"inspect\" needs --model FILE" },
    { { "inspect", "--model", "m", "--filters" }, "--filters needs a value" },
    { { "test", "--model", "m", "--filters", "f.png" }, "--filters is no option of \"test\"" },
    { { "inspect", "--model", "m", "--c", "m.c" }, "--c is no option of \"inspect\"" },
};

START_TEST(a_misuse_is_named)
{
    ck_assert_int_eq(run_arguments(misuses[_i].arguments), 2);
    assert_says(err, misuses[_i].said);
}
END_TEST

Suite *mnist_inspect_suite(void)
{
    Suite *suite = suite_create("mnist_inspect");
    TCase *tests = tcase_create("mnist_inspect");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, program_set_up, program_tear_down);
    tcase_add_test(tests, a_model_is_described);
    tcase_add_loop_test(tests, bounds_are_those_of_the_form, 0, HG_COUNT(forms));
    tcase_add_loop_test(tests, a_note_is_read_with_care, 0, HG_COUNT(notes));
    tcase_add_test(tests, training_counts_the_dead_units_that_it_saves);
    tcase_add_test(tests, everything_is_in_one_line_of_json);
    tcase_add_test(tests, filters_are_tiles_on_one_scale);
    tcase_add_test(tests, filters_of_three_channels_are_colours);
    tcase_add_test(tests, without_a_convolution_weights_lie_over_the_image);
    tcase_add_test(tests, a_sheet_that_would_be_huge_is_refused);
    tcase_add_test(tests, what_cannot_be_shown_is_named);
    tcase_add_loop_test(tests, a_misuse_is_named, 0, HG_COUNT(misuses));
    suite_add_tcase(suite, tests);
    return suite;
}
