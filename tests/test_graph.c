/* src/graph.c: names, connections and order of the layers. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *graph_suite(void);

static hg_network *create(const hg_layer *layers, size_t count)
{
    hg_error error;
    hg_network *network = hg_network_create(layers, count, &error);
    if (!network)
        ck_abort_msg("%s", error.message);
    return network;
}

static void assert_layer(const hg_network *network, size_t index, const char *name, hg_shape shape)
{
    const hg_layer_info info = hg_network_layer(network, index);
    ck_assert_str_eq(info.name, name);
    ck_assert_int_eq(info.output.channels, shape.channels);
    ck_assert_int_eq(info.output.height, shape.height);
    ck_assert_int_eq(info.output.width, shape.width);
}

static void assert_parameter(hg_network *network, const char *name, hg_tensor_shape shape)
{
    hg_parameter parameter;
    ck_assert_msg(hg_network_find_parameter(network, name, &parameter), "no parameter %s", name);
    ck_assert_mem_eq(&parameter.shape, &shape, sizeof shape);
}

START_TEST(numbers_count_the_unnamed_layers_of_a_type)
{
    const hg_layer layers[] = { hg_image_input(9, 9),
                                hg_conv2d(3, 2),
                                hg_relu(),
                                hg_conv2d(3, 2, .name = "second"),
                                hg_relu(.name = "r"),
                                hg_conv2d(3, 2),
                                hg_relu(),
                                hg_fully_connected(5),
                                hg_fully_connected(3),
                                hg_softmax(),
                                hg_classification(.name = "loss") };
    hg_network *network = create(layers, HG_COUNT(layers));
    const char *const names[] = {
        "image_input_1",     "conv2d_1",          "relu_1",    "second", "r", "conv2d_2", "relu_2",
        "fully_connected_1", "fully_connected_2", "softmax_1", "loss"
    };
    for (size_t i = 0; i < HG_COUNT(names); i++)
        ck_assert_str_eq(hg_network_layer(network, i).name, names[i]);
    assert_parameter(network, "second.weight", hg_shape_of(4, 2, 2, 3, 3));
    hg_network_destroy(network);
}
END_TEST

START_TEST(branches_join_whatever_the_order_of_the_array)
{
    const hg_layer layers[] = { hg_classification(.inputs = { "p" }),
                                hg_softmax(.name = "p", .inputs = { "f" }),
                                hg_fully_connected(3, .name = "f", .inputs = { "sum" }),
                                hg_add(.name = "sum", .inputs = { "all", "all", "wide" }),
                                hg_conv2d(1, 5, .name = "wide", .inputs = { "in" }),
                                hg_concat(.name = "all", .inputs = { "a", "in", "b" }),
                                hg_conv2d(3, 3, .name = "a", .same = true, .inputs = { "in" }),
                                hg_conv2d(5, 1, .name = "b", .padding = 2, .inputs = { "a" }),
                                hg_image_input(6, 7, .name = "in") };
    hg_network *network = create(layers, HG_COUNT(layers));
    assert_layer(network, 5, "all", (hg_shape){ 5, 6, 7 });
    assert_layer(network, 3, "sum", (hg_shape){ 5, 6, 7 });
    assert_layer(network, 2, "f", (hg_shape){ 3, 1, 1 });
    assert_parameter(network, "f.weight", hg_shape_of(2, 3, 210));
    const hg_concat_options *all = hg_network_layer(network, 5).options;
    ck_assert_str_eq(all->inputs[0], "a");
    ck_assert_str_eq(all->inputs[1], "in");
    ck_assert_str_eq(all->inputs[2], "b");
    ck_assert_ptr_null(all->inputs[3]);
    hg_network_destroy(network);
}
END_TEST

/* What the caller gave is overwritten and freed before the network is looked at. */
START_TEST(nothing_of_the_callers_is_needed_after_create)
{
    char *name = strdup("one"), *input = strdup("one");
    hg_conv2d_options *conv = malloc(sizeof *conv);
    *conv = (hg_conv2d_options){ .size = sizeof *conv, .filter_size = 3, .filters = 2, .name = name };
    hg_relu_options *relu = malloc(sizeof *relu);
    *relu = (hg_relu_options){ .size = sizeof *relu, .inputs = { input } };
    hg_layer *layers = malloc(6 * sizeof *layers);
    const hg_layer given[] = {
        hg_image_input(5, 5), { &hg_conv2d_type, conv }, { &hg_relu_type, relu }, hg_fully_connected(2),
        hg_softmax(),         hg_classification()
    };
    memcpy(layers, given, sizeof given);
    hg_network *network = create(layers, HG_COUNT(given));
    memset(name, '?', 3);
    memset(input, '?', 3);
    memset(conv, 0x55, sizeof *conv);
    memset(relu, 0x55, sizeof *relu);
    memset(layers, 0x55, sizeof given);
    free(name);
    free(input);
    free(conv);
    free(relu);
    free(layers);
    const hg_relu_options *kept = hg_network_layer(network, 2).options;
    ck_assert_str_eq(kept->inputs[0], "one");
    ck_assert_str_eq(kept->name, "relu_1");
    float image[25] = { 0.5f }, probability[2];
    ck_assert_int_eq(hg_network_predict(network, image, 1, probability, NULL), HG_OK);
    ck_assert_double_eq_tol(probability[0] + probability[1], 1, 1e-6);
    hg_network_destroy(network);
}
END_TEST

Suite *graph_suite(void)
{
    Suite *suite = suite_create("graph");
    TCase *graph = tcase_create("graph");
    tcase_add_test(graph, numbers_count_the_unnamed_layers_of_a_type);
    tcase_add_test(graph, branches_join_whatever_the_order_of_the_array);
    tcase_add_test(graph, nothing_of_the_callers_is_needed_after_create);
    suite_add_tcase(suite, graph);
    return suite;
}
