/* The layers in a model file's metadata: text that does not describe a network. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "src/architecture.h"
#include "src/safetensors.h"

Suite *architecture_suite(void);

enum { PATH_LENGTH = 512, NAME_LENGTH = 64 };

static char folder[PATH_LENGTH], path[PATH_LENGTH + NAME_LENGTH];
static hg_error error;

static void open_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/hinge-layers-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model", folder);
}

static void close_folder(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

static void check_message(hg_status got, hg_status wanted, const char *part)
{
    ck_assert_msg(got == wanted, "status %d, not %d: %s", got, wanted, error.message);
    ck_assert_msg(strstr(error.message, part) != NULL, "\"%s\" is not in: %s", part, error.message);
    ck_assert_msg(strstr(error.message, path) != NULL, "%s", error.message);
}

#define INPUT "{\"type\":\"image_input\",\"options\":{\"height\":2,\"width\":2}},"
#define END ",{\"type\":\"softmax\"},{\"type\":\"classification\"}]"
#define FC(options) "[" INPUT "{\"type\":\"fully_connected\",\"options\":" options "}" END

static const struct {
    hg_status status;
    const char *text, *message;
} damaged[] = {
    { HG_BAD_FILE, "", "not JSON at byte 0 of 0" },
    { HG_BAD_FILE, "[{\"type\":", "not JSON" },
    { HG_BAD_FILE, "{}", "not an array" },
    { HG_BAD_FILE, "[3]", "layer 1: is not an object" },
    { HG_BAD_FILE, "[{}]", "layer 1: is not an object with a \"type\"" },
    { HG_BAD_FILE, "[{\"type\":1}]", "layer 1: is not an object with a \"type\"" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"convolution\"}" END,
      "layer 2: its type \"convolution\" is unknown; if it is a layer of your own" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"relu\",\"name\":1}" END, "\"name\" is not among" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"relu\",\"more\":1}" END, "\"more\" is not among" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"relu\",\"type\":\"relu\"}" END, "\"type\" is there twice" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"relu\",\"inputs\":\"a\"}" END, "are not an array" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"add\",\"inputs\":[1]}" END, "input 1 is not a name" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"add\",\"inputs\":[1,2,3,4,5,6,7,8,9]}" END, "up to 8 names" },
    { HG_BAD_FILE, FC("[]"), "\"options\" are not an object" },
    { HG_BAD_FILE, FC("{\"unit\":2}"), "layer 2: fully_connected has no option \"unit\"; it has units, no_bias" },
    { HG_BAD_FILE, "[" INPUT "{\"type\":\"relu\",\"options\":{\"slope\":1}}" END,
      "relu has no option \"slope\"; it has none" },
    { HG_BAD_FILE, FC("{\"units\":2,\"units\":2}"), "option units is there twice" },
    { HG_BAD_FILE, FC("{\"units\":\"2\"}"), "option units is not a whole number" },
    { HG_BAD_FILE, FC("{\"units\":2.5}"), "option units is not a whole number" },
    { HG_BAD_FILE, FC("{\"units\":2147483648}"), "option units is not a whole number of 32 bits" },
    { HG_BAD_FILE, FC("{\"units\":2,\"no_bias\":1}"), "option no_bias is neither" },
    { HG_BAD_FILE, FC("{\"units\":2,\"start\":\"xavier\"}"),
      "option start is \"xavier\"; it is one of glorot, he, constant" },
    { HG_BAD_FILE, FC("{\"units\":2,\"start\":1}"), "option start is not a text" },
    { HG_BAD_FILE, FC("{\"units\":2,\"start_value\":\"1\"}"), "option start_value is not a number" },
    { HG_BAD_NETWORK, "[]", "0 layers" },
    { HG_BAD_NETWORK, "[" INPUT "{\"type\":\"relu\",\"inputs\":[\"nobody\"]}" END,
      "layer 2 (relu_1): no layer is called nobody" },
};

static void write_architecture(const char *text, hg_parameter *parameters, size_t count)
{
    const safetensors_note notes[] = { { "hinge.layers", text }, { "hinge.version", "9.9" } };
    ck_assert_int_eq(safetensors_write(path, parameters, count, notes, HG_COUNT(notes), &error), HG_OK);
}

START_TEST(a_damaged_architecture_is_rejected)
{
    write_architecture(damaged[_i].text, NULL, 0);
    error.status = HG_OK;
    ck_assert_ptr_null(hg_network_load(path, &error));
    check_message(error.status, damaged[_i].status, damaged[_i].message);
    ck_assert_ptr_nonnull(strstr(error.message, "of hinge 9.9"));
}
END_TEST

START_TEST(an_architecture_whose_values_are_missing_is_rejected)
{
    write_architecture(FC("{\"units\":2}"), NULL, 0);
    ck_assert_ptr_null(hg_network_load(path, &error));
    check_message(error.status, HG_BAD_FILE, "has no tensor \"fully_connected_1.weight\" [2, 4]");
}
END_TEST

START_TEST(an_architecture_whose_normalization_is_missing_is_rejected)
{
    hg_real zeros[8] = { 0 };
    hg_parameter parameters[] = {
        { .name = "fully_connected_1.weight", .shape = { 2, { 2, 4 } }, .count = 8, .values = zeros },
        { .name = "fully_connected_1.bias", .shape = { 1, { 2 } }, .count = 2, .values = zeros },
    };
    write_architecture(FC("{\"units\":2}"), parameters, HG_COUNT(parameters));
    ck_assert_ptr_null(hg_network_load(path, &error));
    check_message(error.status, HG_BAD_FILE, "has no tensor \"image_input_1.mean\" [1, 2, 2]");
}
END_TEST

/* Every option kind both ways, numbers to the last bit. */
START_TEST(options_are_read_as_they_are_written)
{
    architecture read;
    const hg_status status = architecture_read(
        &read,
        "[{\"type\":\"threshold_relu\",\"name\":\"t\",\"inputs\":[\"a\",\"b\"],\"options\":{\"form\":\"ceiling\","
        "\"shared\":true,\"unbounded\":false,\"threshold\":0.1,\"lower\":\"-inf\",\"upper\":0.33333333333333331}},"
        "{\"type\":\"conv2d\",\"options\":{\"filters\":-2147483648}}]",
        &error);
    ck_assert_msg(status == HG_OK, "%s", error.message);
    ck_assert_uint_eq(read.count, 2);
    const hg_threshold_relu_options *threshold = read.layers[0].options;
    ck_assert_uint_eq(threshold->size, sizeof *threshold);
    ck_assert_int_eq(threshold->form, HG_CEILING);
    ck_assert(threshold->shared && !threshold->unbounded);
    ck_assert(threshold->threshold == 0.1 && threshold->upper == 1 / 3.0 && threshold->lower == -HUGE_VAL);
    ck_assert(threshold->gate_width == 0);
    ck_assert_str_eq(threshold->name, "t");
    ck_assert_str_eq(threshold->inputs[0], "a");
    ck_assert_str_eq(threshold->inputs[1], "b");
    ck_assert_ptr_null(threshold->inputs[2]);
    const hg_conv2d_options *convolution = read.layers[1].options;
    ck_assert_int_eq(convolution->filters, -2147483647 - 1);
    ck_assert_ptr_null(convolution->name);
    architecture_release(&read);
}
END_TEST

static hg_network *network_with(const char *type_name, hg_layer_type *mine)
{
    *mine = hg_relu_type;
    mine->name = type_name;
    const hg_layer layers[] = {
        hg_image_input(2, 2), hg_fully_connected(2), { mine, &(hg_relu_options){ .size = sizeof(hg_relu_options) } },
        hg_softmax(),         hg_classification(),
    };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    return network;
}

START_TEST(layers_of_the_users_own_are_saved_and_come_back_as_weights)
{
    hg_layer_type mine;
    hg_network *saved = network_with("mine", &mine), *loaded = network_with("mine", &mine);
    hg_network_initialize(saved, 3);
    ck_assert_msg(hg_network_save(saved, path, &error) == HG_OK, "%s", error.message);
    ck_assert_ptr_null(hg_network_load(path, &error));
    check_message(error.status, HG_BAD_FILE, "layer 3: its type \"mine\" is unknown");
    ck_assert_msg(strstr(error.message, "hg_network_load_weights") != NULL, "%s", error.message);
    ck_assert_msg(strstr(error.message, "relu") != NULL, "%s", error.message);
    ck_assert_msg(hg_network_load_weights(loaded, path, &error) == HG_OK, "%s", error.message);
    for (size_t i = 0; i < hg_network_parameter_count(saved); i++) {
        const hg_parameter a = hg_network_parameter(saved, i), b = hg_network_parameter(loaded, i);
        ck_assert_mem_eq(a.values, b.values, a.count * sizeof *a.values);
    }
    hg_network_destroy(loaded);
    hg_network_destroy(saved);
}
END_TEST

START_TEST(a_type_with_a_name_of_the_librarys_is_not_saved)
{
    hg_layer_type mine;
    hg_network *network = network_with("leaky_relu", &mine);
    check_message(hg_network_save(network, path, &error), HG_BAD_NETWORK,
                  "layer 3 (leaky_relu_1): its type is called leaky_relu like one of the library's");
    ck_assert_int_ne(access(path, F_OK), 0);
    hg_network_destroy(network);
}
END_TEST

/* No layer lets such a value in: it is written behind the network's back. */
START_TEST(an_enum_without_a_word_cannot_be_saved)
{
    const hg_layer layers[] = { hg_image_input(2, 2), hg_fully_connected(2), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    hg_fully_connected_options *options = (hg_fully_connected_options *)hg_network_layer(network, 1).options;
    const int beyond = HG_CONSTANT + 1;
    memcpy(&options->start, &beyond, sizeof beyond);
    check_message(hg_network_save(network, path, &error), HG_BAD_ARGUMENT, "fully_connected_1: option start has no");
    hg_network_destroy(network);
}
END_TEST

Suite *architecture_suite(void)
{
    Suite *suite = suite_create("architecture");
    TCase *tests = tcase_create("architecture");
    tcase_add_checked_fixture(tests, open_folder, close_folder);
    tcase_add_test(tests, options_are_read_as_they_are_written);
    tcase_add_loop_test(tests, a_damaged_architecture_is_rejected, 0, HG_COUNT(damaged));
    tcase_add_test(tests, an_architecture_whose_values_are_missing_is_rejected);
    tcase_add_test(tests, an_architecture_whose_normalization_is_missing_is_rejected);
    tcase_add_test(tests, an_enum_without_a_word_cannot_be_saved);
    tcase_add_test(tests, layers_of_the_users_own_are_saved_and_come_back_as_weights);
    tcase_add_test(tests, a_type_with_a_name_of_the_librarys_is_not_saved);
    suite_add_tcase(suite, tests);
    return suite;
}
