/* src/network.c, src/parameters.c and every layer's setup: what does not make a
 * network is refused, with the layer, the numbers and the remedy. */
#include <check.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "samples.h"

Suite *network_errors_suite(void);

/* Also without an error to fill in, and without leaving memory behind. */
static void refuse(const hg_layer *layers, size_t count, hg_status status, const char *message)
{
    hg_error error = { .message = "" };
    failing_allocator_install();
    ck_assert_ptr_null(hg_network_create(layers, count, &error));
    ck_assert_ptr_null(hg_network_create(layers, count, NULL));
    ck_assert_int_eq(failing_allocator_outstanding(), 0);
    failing_allocator_remove();
    ck_assert_msg(strstr(error.message, message), "\"%s\" is not in: %s", message, error.message);
    ck_assert_msg(error.status == status, "status %d, not %d: %s", (int)error.status, (int)status, error.message);
}

#define REFUSED(status, message, ...)                        \
    do {                                                     \
        const hg_layer refused[] = { __VA_ARGS__ };          \
        refuse(refused, HG_COUNT(refused), status, message); \
    } while (0)

/* A layer between an 8 x 8 image and an end that fits anything. */
#define BAD_LAYER(status, message, ...)                                                              \
    REFUSED(status, message, hg_image_input(8, 8), __VA_ARGS__, hg_fully_connected(2), hg_softmax(), \
            hg_classification())

#define END hg_fully_connected(2), hg_softmax(), hg_classification()

/* ---- the array ---- */

START_TEST(no_layers_at_all)
{
    const hg_layer one[] = { hg_image_input(8, 8) };
    refuse(one, 0, HG_BAD_NETWORK, "0 layers");
    refuse(NULL, 0, HG_BAD_NETWORK, "0 layers");
    refuse(NULL, 3, HG_BAD_NETWORK, "3 layers");
    refuse(one, 4097, HG_BAD_NETWORK, "4097 layers; it has 1 to 4096");
    refuse(one, SIZE_MAX, HG_BAD_NETWORK, "layers");
}
END_TEST

START_TEST(layers_without_type_or_options)
{
    const hg_relu_options other = { .size = sizeof other + 8 };
    REFUSED(HG_BAD_NETWORK, "layer 2 has no type", hg_image_input(8, 8), { 0 }, END);
    REFUSED(HG_BAD_NETWORK, "layer 2 has no type", hg_image_input(8, 8), { &hg_relu_type, NULL }, END);
    REFUSED(HG_BAD_NETWORK, "layer 2 (relu): its options have 88 bytes, not 80", hg_image_input(8, 8),
            { &hg_relu_type, &other }, END);
}
END_TEST

START_TEST(names_that_cannot_be)
{
    char long_name[129];
    memset(long_name, 'a', sizeof long_name);
    long_name[128] = '\0';
    REFUSED(HG_BAD_NETWORK, "layer 3: the name x is taken by layer 2", hg_image_input(8, 8), hg_relu(.name = "x"),
            hg_relu(.name = "x"), END);
    REFUSED(HG_BAD_NETWORK, "layer 3: the name relu_1 is taken by layer 2", hg_image_input(8, 8),
            hg_relu(.name = "relu_1"), hg_relu(), END);
    REFUSED(HG_BAD_NETWORK, "layer 2: a name has 1 to 127 characters", hg_image_input(8, 8), hg_relu(.name = ""), END);
    REFUSED(HG_BAD_NETWORK, "layer 2: a name has 1 to 127 characters", hg_image_input(8, 8), hg_relu(.name = long_name),
            END);
}
END_TEST

/* ---- connections ---- */

START_TEST(inputs_that_are_not_there)
{
    REFUSED(HG_BAD_NETWORK, "layer 3 (relu_2): no layer is called nobody, its input 1", hg_image_input(8, 8), hg_relu(),
            hg_relu(.inputs = { "nobody" }), END);
    REFUSED(HG_BAD_NETWORK, "layer 3 (add_1): no layer is called nobody, its input 2", hg_image_input(8, 8), hg_relu(),
            hg_add(.inputs = { "relu_1", "nobody" }), END);
}
END_TEST

START_TEST(too_many_or_too_few_inputs)
{
    REFUSED(HG_BAD_NETWORK, "layer 2 (add_1): 1 inputs, where add takes 2 to 8; name them", hg_image_input(8, 8),
            hg_add(), END);
    REFUSED(HG_BAD_NETWORK, "layer 3 (relu_2): 2 inputs, where relu takes 1 to 1", hg_image_input(8, 8), hg_relu(),
            hg_relu(.inputs = { "relu_1", "image_input_1" }), END);
    REFUSED(HG_BAD_NETWORK, "layer 1 (relu_1): 0 inputs, where relu takes 1 to 1", hg_relu(), END);
    REFUSED(HG_BAD_NETWORK, "layer 2 (image_input_2): 1 inputs", hg_image_input(8, 8),
            hg_image_input(8, 8, .inputs = { "image_input_1" }), END);
}
END_TEST

START_TEST(cycles)
{
    REFUSED(HG_BAD_NETWORK, "layer 2 (r): its inputs lead back to itself, in a cycle", hg_image_input(8, 8),
            hg_relu(.name = "r", .inputs = { "r" }), END);
    REFUSED(HG_BAD_NETWORK, "in a cycle", hg_image_input(8, 8), hg_add(.inputs = { "image_input_1", "late" }),
            hg_relu(.name = "late"), END);
    REFUSED(HG_BAD_NETWORK, "in a cycle", hg_relu(.inputs = { "relu_2" }), hg_relu());
}
END_TEST

START_TEST(one_input_and_one_output_layer)
{
    REFUSED(HG_BAD_NETWORK, "2 input layers; it needs one", hg_image_input(8, 8, .name = "a"),
            hg_image_input(8, 8, .name = "b"), hg_add(.inputs = { "a", "b" }), END);
    REFUSED(HG_BAD_NETWORK, "0 output layers; it needs one, as in hg_classification()", hg_image_input(8, 8),
            hg_fully_connected(2), hg_softmax());
    REFUSED(HG_BAD_NETWORK, "2 output layers", hg_image_input(8, 8), hg_fully_connected(2), hg_softmax(),
            hg_classification(), hg_classification(.inputs = { "softmax_1" }));
    REFUSED(HG_BAD_NETWORK, "layer 4 (classification_1): the output layer cannot be another layer's input",
            hg_image_input(8, 8), hg_fully_connected(2), hg_softmax(), hg_classification(), hg_relu());
}
END_TEST

START_TEST(outputs_that_nobody_takes)
{
    REFUSED(HG_BAD_NETWORK, "layer 2 (side): no layer takes its output", hg_image_input(8, 8),
            hg_conv2d(3, 2, .name = "side"), hg_fully_connected(2, .inputs = { "image_input_1" }), hg_softmax(),
            hg_classification());
}
END_TEST

/* ---- shapes and options ---- */

START_TEST(shapes_that_do_not_fit)
{
    REFUSED(HG_BAD_NETWORK, "layer 4 (max_pool2d_1): window 2x2 does not fit input 1x1x20", hg_image_input(5, 5),
            hg_conv2d(5, 20), hg_relu(), hg_max_pool2d(2), END);
    BAD_LAYER(HG_BAD_NETWORK, "layer 2 (conv2d_1): filter 9x9 does not fit input 8x8x1 with padding 0",
              hg_conv2d(9, 2));
    BAD_LAYER(HG_BAD_NETWORK, "layer 2 (max_pool2d_1): window 9x9 does not fit input 8x8x1", hg_max_pool2d(9));
    REFUSED(HG_BAD_NETWORK, "layer 3 (add_1): input 1 is 8 x 8 x 1 and input 2 is 8 x 8 x 2", hg_image_input(8, 8),
            hg_conv2d(1, 2), hg_add(.inputs = { "image_input_1", "conv2d_1" }), END);
    REFUSED(HG_BAD_NETWORK, "layer 3 (concat_1): input 1 is 8 x 8 and input 2 is 4 x 4", hg_image_input(8, 8),
            hg_max_pool2d(2), hg_concat(.inputs = { "image_input_1", "max_pool2d_1" }), END);
    REFUSED(HG_BAD_ARGUMENT, "layer 4 (classification_1): 1 x 1 x 1 in front of it: there must be 2 classes",
            hg_image_input(8, 8), hg_fully_connected(1), hg_softmax(), hg_classification());
    REFUSED(HG_BAD_ARGUMENT, "layer 3 (classification_1): label_smoothing 1: it lies in [0, 1)", hg_image_input(8, 8),
            hg_softmax(), hg_classification(1));
    REFUSED(HG_BAD_ARGUMENT, "label_smoothing -0.1", hg_image_input(8, 8), hg_softmax(), hg_classification(-0.1));
    REFUSED(HG_BAD_ARGUMENT, "label_smoothing nan", hg_image_input(8, 8), hg_softmax(), hg_classification(NAN));
}
END_TEST

START_TEST(bad_options_of_image_input)
{
    REFUSED(HG_BAD_ARGUMENT, "layer 1 (image_input_1): images of 0 x 8 x 1", hg_image_input(0, 8), END);
    REFUSED(HG_BAD_ARGUMENT, "images of 8 x -1 x 1", hg_image_input(8, -1), END);
    REFUSED(HG_BAD_ARGUMENT, "images of 8 x 8 x -3", hg_image_input(8, 8, -3), END);
    REFUSED(HG_BAD_ARGUMENT, "normalization 3", hg_image_input(8, 8, .normalization = (hg_normalization)3), END);
}
END_TEST

START_TEST(bad_options_of_conv2d)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (conv2d_1): 0 filters of 3 x 3", hg_conv2d(3));
    BAD_LAYER(HG_BAD_ARGUMENT, "4 filters of 0 x 0", hg_conv2d(0, 4));
    BAD_LAYER(HG_BAD_ARGUMENT, "4 filters of -2 x -2", hg_conv2d(-2, 4));
    BAD_LAYER(HG_BAD_ARGUMENT, "4 filters of 3 x 0", hg_conv2d(.filters = 4, .filter_height = 3));
    BAD_LAYER(HG_BAD_ARGUMENT, "-1 filters", hg_conv2d(3, -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "stride -1", hg_conv2d(3, 4, .stride = -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "padding -1", hg_conv2d(3, 4, .padding = -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "padding 3 is not smaller than the filter of 3 x 3", hg_conv2d(3, 4, .padding = 3));
    BAD_LAYER(HG_BAD_ARGUMENT, "same with filter 2 x 2", hg_conv2d(2, 4, .same = true));
    BAD_LAYER(HG_BAD_ARGUMENT, "same with filter 3 x 3, stride 2", hg_conv2d(3, 4, .same = true, .stride = 2));
    BAD_LAYER(HG_BAD_ARGUMENT, "padding 1: it wants", hg_conv2d(3, 4, .same = true, .padding = 1));
    BAD_LAYER(HG_BAD_ARGUMENT, "start 7", hg_conv2d(3, 4, .start = (hg_start)7));
    BAD_LAYER(HG_BAD_ARGUMENT, "value nan", hg_conv2d(3, 4, .start = HG_CONSTANT, .start_value = NAN));
}
END_TEST

START_TEST(bad_options_of_max_pool2d)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (max_pool2d_1): window 0", hg_max_pool2d(0));
    BAD_LAYER(HG_BAD_ARGUMENT, "window -2", hg_max_pool2d(-2));
    BAD_LAYER(HG_BAD_ARGUMENT, "stride -1", hg_max_pool2d(2, -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "padding -1", hg_max_pool2d(2, .padding = -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "padding 2 is more than half the window of 3", hg_max_pool2d(3, .padding = 2));
}
END_TEST

START_TEST(bad_options_of_average_pool2d)
{
    BAD_LAYER(HG_BAD_ARGUMENT,
              "layer 2 (average_pool2d_1): window 0, stride 0, padding 0; give a window, as in hg_aver",
              hg_average_pool2d(0));
    BAD_LAYER(HG_BAD_ARGUMENT, "stride -1", hg_average_pool2d(2, -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "padding 2 is more than half the window of 3", hg_average_pool2d(3, .padding = 2));
    BAD_LAYER(HG_BAD_ARGUMENT, "may be at most 32768", hg_average_pool2d(32769, 1, 16384));
    BAD_LAYER(HG_BAD_NETWORK, "layer 2 (average_pool2d_1): window 9x9 does not fit input 8x8x1", hg_average_pool2d(9));
}
END_TEST

START_TEST(bad_options_of_local_response_normalization)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (local_response_normalization_1): window of 0 channels; give at least 1",
              hg_local_response_normalization(0));
    BAD_LAYER(HG_BAD_ARGUMENT, "window of -5", hg_local_response_normalization(-5));
    BAD_LAYER(HG_BAD_ARGUMENT, "alpha -1", hg_local_response_normalization(5, .alpha = -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "beta inf", hg_local_response_normalization(5, .beta = INFINITY));
    BAD_LAYER(HG_BAD_ARGUMENT, "k nan: all are finite", hg_local_response_normalization(5, .k = NAN));
}
END_TEST

START_TEST(bad_options_of_batch_normalization)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (batch_normalization_1): epsilon -1: it is finite and > 0, or 0 for 1e-05",
              hg_batch_normalization(-1));
    BAD_LAYER(HG_BAD_ARGUMENT, "epsilon inf", hg_batch_normalization(INFINITY));
    BAD_LAYER(HG_BAD_ARGUMENT, "epsilon nan", hg_batch_normalization(NAN));
    BAD_LAYER(HG_BAD_ARGUMENT, "momentum 1.5: it lies in (0, 1], or is 0 for 0.1",
              hg_batch_normalization(.momentum = 1.5));
    BAD_LAYER(HG_BAD_ARGUMENT, "momentum -0.1", hg_batch_normalization(.momentum = -0.1));
    BAD_LAYER(HG_BAD_ARGUMENT, "momentum nan", hg_batch_normalization(.momentum = NAN));
}
END_TEST

START_TEST(bad_options_of_fully_connected)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (fully_connected_1): 0 units", hg_fully_connected());
    BAD_LAYER(HG_BAD_ARGUMENT, "-5 units", hg_fully_connected(-5));
    BAD_LAYER(HG_BAD_ARGUMENT, "start -1", hg_fully_connected(5, .start = (hg_start)-1));
    BAD_LAYER(HG_BAD_ARGUMENT, "value inf", hg_fully_connected(5, .start_value = INFINITY));
}
END_TEST

START_TEST(bad_options_of_leaky_relu)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (leaky_relu_1): slope -0.1: it lies in (0, 1]", hg_leaky_relu(-0.1));
    BAD_LAYER(HG_BAD_ARGUMENT, "slope 1.5", hg_leaky_relu(1.5));
    BAD_LAYER(HG_BAD_ARGUMENT, "slope nan", hg_leaky_relu(NAN));
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (elu_1): alpha -1: it is finite and above 0", hg_elu(-1));
    BAD_LAYER(HG_BAD_ARGUMENT, "alpha inf", hg_elu(INFINITY));
    BAD_LAYER(HG_BAD_ARGUMENT, "alpha nan", hg_elu(NAN));
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (relu_softsign_1): slope -2: it is finite and above 0", hg_relu_softsign(-2));
    BAD_LAYER(HG_BAD_ARGUMENT, "slope inf", hg_relu_softsign(INFINITY, .learn_slope = true));
    BAD_LAYER(HG_BAD_ARGUMENT, "rate_factor -1, decay_factor 0: both are finite",
              hg_relu_softsign(.learn_slope = true, .rate_factor = -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "rate_factor 0, decay_factor inf", hg_relu_softsign(1, true, .decay_factor = INFINITY));
    BAD_LAYER(HG_BAD_ARGUMENT, "no slope to learn; set .learn_slope", hg_relu_softsign(.rate_factor = 2));
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (noisy_relu_1): deviation -1: it is finite and above 0, or 0",
              hg_noisy_relu(-1));
    BAD_LAYER(HG_BAD_ARGUMENT, "deviation inf", hg_noisy_relu(INFINITY));
    BAD_LAYER(HG_BAD_ARGUMENT, "deviation nan", hg_noisy_relu(NAN));
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (dropout_1): probability 1: it lies in (0, 1); 0 stands for 0.5",
              hg_dropout(1));
    BAD_LAYER(HG_BAD_ARGUMENT, "probability -0.1", hg_dropout(-0.1));
    BAD_LAYER(HG_BAD_ARGUMENT, "probability nan", hg_dropout(NAN));
}
END_TEST

START_TEST(bad_options_of_threshold_relu)
{
    BAD_LAYER(HG_BAD_ARGUMENT, "layer 2 (threshold_relu_1): form 5", hg_threshold_relu((hg_threshold_form)5));
    BAD_LAYER(HG_BAD_ARGUMENT, "threshold nan", hg_threshold_relu(.threshold = NAN));
    BAD_LAYER(HG_BAD_ARGUMENT, "threshold inf", hg_threshold_relu(HG_FLOOR, .threshold = INFINITY));
    BAD_LAYER(HG_BAD_ARGUMENT, "bounds [1, 0.5]: lower must not exceed upper",
              hg_threshold_relu(.lower = 1, .upper = 0.5));
    BAD_LAYER(HG_BAD_ARGUMENT, "bounds [nan, 1]", hg_threshold_relu(.lower = NAN, .upper = 1));
    BAD_LAYER(HG_BAD_ARGUMENT, "threshold 2 starts outside its bounds [0, 1]; set .lower and .upper, or .unbounded",
              hg_threshold_relu(.threshold = 2));
    BAD_LAYER(HG_BAD_ARGUMENT, "threshold 0 starts outside its bounds [0.5, 1]",
              hg_threshold_relu(.lower = 0.5, .upper = 1));
    BAD_LAYER(HG_BAD_ARGUMENT, "rate_factor -1", hg_threshold_relu(.rate_factor = -1));
    BAD_LAYER(HG_BAD_ARGUMENT, "decay_factor nan", hg_threshold_relu(.decay_factor = NAN));
    BAD_LAYER(HG_BAD_ARGUMENT, "gate_width inf", hg_threshold_relu(HG_GATE, .gate_width = INFINITY));
}
END_TEST

/* Refused by arithmetic alone, before anything of that size is asked for. */
START_TEST(sizes_that_overflow)
{
    REFUSED(HG_BAD_NETWORK, "layer 1 (image_input_1): its output of 65536 x 65536 x 1 is too large",
            hg_image_input(65536, 65536), END);
    REFUSED(HG_BAD_NETWORK, "too large", hg_image_input(INT_MAX, INT_MAX, INT_MAX), END);
    REFUSED(HG_BAD_NETWORK, "too large", hg_image_input(8, 8, INT_MAX), END);
    BAD_LAYER(HG_BAD_NETWORK, "layer 2 (conv2d_1): 2147483647 filters of 3 x 3 on 8 x 8 x 1", hg_conv2d(3, INT_MAX));
    BAD_LAYER(HG_BAD_NETWORK, "layer 2 (fully_connected_1): 2147483647 units of 64 inputs",
              hg_fully_connected(INT_MAX));
    REFUSED(HG_BAD_NETWORK, "layer 2 (fully_connected_1): its output of 1 x 1 x 2147483647 is too large",
            hg_image_input(1, 1), hg_fully_connected(INT_MAX), END);
    BAD_LAYER(HG_BAD_NETWORK, "filter 32768x32768 does not fit", hg_conv2d(32768, 2));
    BAD_LAYER(HG_BAD_NETWORK, "window 32768x32768 does not fit", hg_max_pool2d(32768));
    REFUSED(HG_BAD_NETWORK, "too large", hg_image_input(1, 1), hg_conv2d(1, 30000000),
            hg_concat(.inputs = { "conv2d_1", "conv2d_1", "conv2d_1", "conv2d_1" }), END);
}
END_TEST

/* So that no sum of them inside a layer's setup goes past an int. */
START_TEST(sides_have_a_limit)
{
    const char *const limit = "may be at most 32768";
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_conv2d(32769, 2));
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_conv2d(INT_MAX, 2, .padding = INT_MAX - 1));
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_conv2d(INT_MAX, 2, .same = true));
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_conv2d(.filters = 2, .filter_height = 3, .filter_width = 32769));
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_conv2d(3, 2, .stride = 32769));
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_max_pool2d(INT_MAX, 1, .padding = INT_MAX / 2));
    BAD_LAYER(HG_BAD_ARGUMENT, limit, hg_max_pool2d(2, 32769));
}
END_TEST

/* A window may be far larger than the image that it is padded to. */
START_TEST(padding_to_the_limit)
{
    const hg_layer wide[] = { hg_image_input(8, 8), hg_max_pool2d(32768, 1, .padding = 16384), END };
    hg_error error;
    hg_network *network = hg_network_create(wide, HG_COUNT(wide), &error);
    ck_assert_msg(network, "%s", error.message);
    ck_assert_int_eq(hg_network_layer(network, 1).output.height, 9);
    hg_network_destroy(network);
}
END_TEST

Suite *network_errors_suite(void)
{
    Suite *suite = suite_create("network errors");
    TCase *graph = tcase_create("graph");
    tcase_add_test(graph, no_layers_at_all);
    tcase_add_test(graph, layers_without_type_or_options);
    tcase_add_test(graph, names_that_cannot_be);
    tcase_add_test(graph, inputs_that_are_not_there);
    tcase_add_test(graph, too_many_or_too_few_inputs);
    tcase_add_test(graph, cycles);
    tcase_add_test(graph, one_input_and_one_output_layer);
    tcase_add_test(graph, outputs_that_nobody_takes);
    suite_add_tcase(suite, graph);
    TCase *layers = tcase_create("layers");
    tcase_add_test(layers, shapes_that_do_not_fit);
    tcase_add_test(layers, bad_options_of_image_input);
    tcase_add_test(layers, bad_options_of_conv2d);
    tcase_add_test(layers, bad_options_of_max_pool2d);
    tcase_add_test(layers, bad_options_of_average_pool2d);
    tcase_add_test(layers, bad_options_of_local_response_normalization);
    tcase_add_test(layers, bad_options_of_batch_normalization);
    tcase_add_test(layers, bad_options_of_fully_connected);
    tcase_add_test(layers, bad_options_of_leaky_relu);
    tcase_add_test(layers, bad_options_of_threshold_relu);
    tcase_add_test(layers, sizes_that_overflow);
    tcase_add_test(layers, sides_have_a_limit);
    tcase_add_test(layers, padding_to_the_limit);
    suite_add_tcase(suite, layers);
    return suite;
}
