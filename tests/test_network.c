/* src/network.c, src/plan.c, src/describe.c: shapes, parameters, the table, and that the
 * plan with fused pooling gives the same numbers as the one without. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/team.h"

#include "samples.h"

Suite *network_suite(void);

static hg_network *create(const hg_layer *layers, size_t count)
{
    hg_error error;
    hg_network *network = hg_network_create(layers, count, &error);
    if (!network)
        ck_abort_msg("%s", error.message);
    return network;
}

static hg_network *document_network(hg_layer activation)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1), hg_conv2d(5, 20), activation,         hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(10),    hg_softmax(),     hg_classification()
    };
    return create(layers, HG_COUNT(layers));
}

static void assert_layer(const hg_network *network, size_t index, const char *name, hg_shape shape)
{
    const hg_layer_info info = hg_network_layer(network, index);
    ck_assert_str_eq(info.name, name);
    ck_assert_int_eq(info.output.channels, shape.channels);
    ck_assert_int_eq(info.output.height, shape.height);
    ck_assert_int_eq(info.output.width, shape.width);
}

/* ---- shapes and parameters ---- */

START_TEST(document_network_has_its_shapes_and_names)
{
    hg_network *network = document_network(hg_threshold_relu());
    ck_assert_uint_eq(hg_network_layer_count(network), 7);
    assert_layer(network, 0, "image_input_1", (hg_shape){ 1, 28, 28 });
    assert_layer(network, 1, "conv2d_1", (hg_shape){ 20, 24, 24 });
    assert_layer(network, 2, "threshold_relu_1", (hg_shape){ 20, 24, 24 });
    assert_layer(network, 3, "max_pool2d_1", (hg_shape){ 20, 12, 12 });
    assert_layer(network, 4, "fully_connected_1", (hg_shape){ 10, 1, 1 });
    assert_layer(network, 5, "softmax_1", (hg_shape){ 10, 1, 1 });
    assert_layer(network, 6, "classification_1", (hg_shape){ 1, 1, 1 });
    ck_assert_int_eq(hg_network_classes(network), 10);
    ck_assert_int_eq(hg_network_input_shape(network).width, 28);
    hg_network_destroy(network);
}
END_TEST

static void assert_parameter(hg_network *network, const char *name, hg_tensor_shape shape, bool frozen)
{
    hg_parameter parameter;
    ck_assert_msg(hg_network_find_parameter(network, name, &parameter), "no parameter %s", name);
    ck_assert_str_eq(parameter.name, name);
    ck_assert_mem_eq(&parameter.shape, &shape, sizeof shape);
    ck_assert_int_eq(parameter.gradients == NULL, frozen);
    ck_assert_uint_eq((uintptr_t)parameter.values % HG_ALIGNMENT, 0);
}

START_TEST(document_network_has_its_parameters)
{
    hg_network *network = document_network(hg_threshold_relu());
    ck_assert_uint_eq(hg_network_parameter_count(network), 6);
    ck_assert_uint_eq(hg_network_learnable_count(network), 29350);
    assert_parameter(network, "image_input_1.mean", hg_shape_of(3, 1, 28, 28), true);
    assert_parameter(network, "conv2d_1.weight", hg_shape_of(4, 20, 1, 5, 5), false);
    assert_parameter(network, "conv2d_1.bias", hg_shape_of(1, 20), false);
    assert_parameter(network, "threshold_relu_1.threshold", hg_shape_of(1, 20), false);
    assert_parameter(network, "fully_connected_1.weight", hg_shape_of(2, 10, 2880), false);
    assert_parameter(network, "fully_connected_1.bias", hg_shape_of(1, 10), false);
    hg_parameter parameter;
    ck_assert(!hg_network_find_parameter(network, "conv2d_1", &parameter));
    const hg_layer_info info = hg_network_layer(network, 4);
    ck_assert_uint_eq(info.parameter_count, 2);
    ck_assert_str_eq(hg_network_parameter(network, info.first_parameter).name, "fully_connected_1.weight");
    hg_network_destroy(network);
    network = document_network(hg_relu());
    ck_assert_uint_eq(hg_network_learnable_count(network), 29330);
    hg_network_destroy(network);
}
END_TEST

START_TEST(thread_count_is_checked)
{
    hg_network *network = small_network(hg_relu(), 3);
    ck_assert_int_eq(hg_network_threads(network), 3);
    hg_error error;
    ck_assert_int_eq(hg_network_set_threads(network, -1, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "-1 threads"));
    ck_assert_int_eq(hg_network_set_threads(network, 1025, NULL), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_network_threads(network), 3);
    ck_assert_int_eq(hg_network_set_threads(network, 0, NULL), HG_OK);
    ck_assert_int_eq(hg_network_threads(network), pool_processors());
    hg_network_destroy(network);
    hg_network_destroy(NULL);
}
END_TEST

START_TEST(starting_values_are_a_function_of_the_seed)
{
    hg_network *a = small_network(hg_threshold_relu(.threshold = 0.25), 1),
               *b = small_network(hg_threshold_relu(.threshold = 0.25), 1);
    assert_same_parameters(a, b);
    hg_network_initialize(a, 5);
    hg_parameter p, q;
    hg_network_find_parameter(a, "conv2d_1.weight", &p);
    hg_network_find_parameter(b, "conv2d_1.weight", &q);
    ck_assert_mem_ne(p.values, q.values, p.count * sizeof *p.values);
    const double limit = sqrt(6.0 / (9 + 9 * 5));
    for (size_t i = 0; i < p.count; i++)
        ck_assert_double_le(fabs((double)p.values[i]), limit);
    hg_network_find_parameter(a, "threshold_relu_1.threshold", &p);
    ck_assert_double_eq((double)p.values[4], 0.25);
    hg_network_find_parameter(a, "conv2d_1.bias", &p);
    ck_assert_double_eq((double)p.values[4], 0);
    hg_network_initialize(b, 5);
    assert_same_parameters(a, b);
    hg_network_destroy(a);
    hg_network_destroy(b);
}
END_TEST

/* ---- the table ---- */

static char *table_of(const hg_network *network)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    hg_network_describe(network, stream);
    fclose(stream);
    return text;
}

START_TEST(table_of_the_document_network)
{
    hg_network *network = document_network(hg_threshold_relu());
    char *text = table_of(network), *rest = NULL;
    const char *const wanted[][4] = { { "layer", "type", "output", "parameters" },
                                      { "1", "image_input_1", "28 x 28 x 1", "0" },
                                      { "2", "conv2d_1", "24 x 24 x 20", "520" },
                                      { "3", "threshold_relu_1", "24 x 24 x 20", "20" },
                                      { "4", "max_pool2d_1", "12 x 12 x 20", "0" },
                                      { "5", "fully_connected_1", "1 x 1 x 10", "28810" },
                                      { "6", "softmax_1", "1 x 1 x 10", "0" },
                                      { "7", "classification_1", "1 x 1 x 1", "0" },
                                      { "total", "", "", "29350" } };
    size_t row = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), row++) {
        ck_assert_uint_lt(row, HG_COUNT(wanted));
        ck_assert_uint_le(strlen(line), 80);
        const char *at = line;
        for (size_t k = 0; k < 4; k++) {
            at = strstr(at, wanted[row][k]);
            ck_assert_msg(at, "no %s in: %s", wanted[row][k], line);
            at += strlen(wanted[row][k]);
        }
        ck_assert_msg(*at == '\0', "more behind %s in: %s", wanted[row][3], line);
    }
    ck_assert_uint_eq(row, HG_COUNT(wanted));
    free(text);
    hg_network_destroy(network);
}
END_TEST

/* Every column starts where its heading does, and 80 columns hold it: long names say their types already. */
START_TEST(long_names_fit_a_terminal)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28), hg_local_response_normalization(5), hg_fully_connected(10), hg_softmax(),
        hg_classification(),
    };
    const hg_layer renamed[] = {
        hg_image_input(28, 28), hg_local_response_normalization(5, .name = "across_the_channels_of_the_image"),
        hg_fully_connected(10), hg_softmax(),
        hg_classification(),
    };
    const hg_layer *const both[] = { layers, renamed };
    for (size_t i = 0; i < HG_COUNT(both); i++) {
        hg_network *network = hg_network_create(both[i], HG_COUNT(layers), NULL);
        char *text = table_of(network), *rest = NULL, *line = strtok_r(text, "\n", &rest);
        const size_t output = (size_t)(strstr(line, "output") - line);
        ck_assert_int_eq(strstr(line, "type") != NULL, both[i] == renamed);
        while ((line = strtok_r(NULL, "\n", &rest)) && !strstr(line, "total")) {
            ck_assert_uint_gt(strlen(line), output);
            ck_assert_msg(both[i] == renamed || strlen(line) <= 80, "too wide: %s", line);
            ck_assert_msg(line[output - 1] == ' ' && line[output] != ' ', "out of its column: %s", line);
        }
        free(text);
        hg_network_destroy(network);
    }
}
END_TEST

/* ---- fused and not ---- */

typedef struct fused_row {
    const char *name;
    hg_layer activation;
    double threshold, step; /* channel c's is threshold + c step */
    bool fuses;
} fused_row;

#define LINE(type_name, ...)                                                   \
    {                                                                          \
        .type = &hg_##type_name##_type, .options = &(hg_##type_name##_options) \
        {                                                                      \
            .size = sizeof(hg_##type_name##_options), __VA_ARGS__              \
        }                                                                      \
    }
#define THRESHOLD(of_form) LINE(threshold_relu, .form = of_form, .unbounded = true)

/* Ranges start at or pass through 0, where signs and ties are. */
static const fused_row fused_rows[] = {
    { "no activation", { 0 }, 0, 0, true },
    { "relu", LINE(relu, .name = NULL), 0, 0, true },
    { "leaky", LINE(leaky_relu, .slope = 0.2), 0, 0, true },
    { "slope 0", THRESHOLD(HG_SLOPE), 0, 0, true },
    { "slope 0 to 1", THRESHOLD(HG_SLOPE), 0, 0.25, true },
    { "slope negative", THRESHOLD(HG_SLOPE), -1.5, 0.5, true },
    { "slope above 1", THRESHOLD(HG_SLOPE), 0.9, 0.4, true },
    { "slope shared", LINE(threshold_relu, .unbounded = true, .shared = true), -0.7, 0, true },
    { "floor", THRESHOLD(HG_FLOOR), -0.4, 0.2, true },
    { "ceiling", THRESHOLD(HG_CEILING), 0.05, 0.15, true },
    { "ceiling from 0", THRESHOLD(HG_CEILING), 0, 0.3, true },
    { "ceiling negative", THRESHOLD(HG_CEILING), -0.6, 0.1, true },
    { "shift", THRESHOLD(HG_SHIFT), -0.4, 0.2, true },
    { "gate", THRESHOLD(HG_GATE), -0.4, 0.2, false },
};

static hg_network *fused_network(const fused_row *row, int height, int width, int stride)
{
    hg_layer layers[8] = { hg_image_input(height, width, 2, .normalization = HG_NO_NORMALIZATION),
                           hg_conv2d(3, 5, .stride = stride, .padding = 1) };
    size_t count = 2;
    if (row->activation.type)
        layers[count++] = row->activation;
    const hg_layer rest[] = { hg_max_pool2d(2), hg_fully_connected(3), hg_softmax(), hg_classification() };
    memcpy(layers + count, rest, sizeof rest);
    hg_network *network = create(layers, count + HG_COUNT(rest));
    ck_assert_int_eq(hg_network_set_threads(network, 1, NULL), HG_OK);
    randomize_parameters(network, 0.7, 3);
    hg_parameter threshold;
    if (hg_network_find_parameter(network, "threshold_relu_1.threshold", &threshold))
        for (size_t c = 0; c < threshold.count; c++)
            threshold.values[c] = (hg_real)(row->threshold + (double)c * row->step);
    return network;
}

/* Few different pixels and many zeros, so that windows tie. */
static void run_plan(hg_network *network, plan_kind kind, size_t count, hg_real *gradients, shard *shard)
{
    ck_assert_int_eq(shard_create(shard, network, kind, true, NULL), HG_OK);
    hg_random random = hg_random_stream(9, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < shape_units(hg_network_input_shape(network)) * HG_LANES; i++) {
        const uint32_t level = hg_random_below(&random, 6);
        shard_images(shard)[i] = level < 4 && i % HG_LANES < count ? (hg_real)level / 4 : 0;
    }
    shard->count = count;
    shard->training = true;
    shard->gradient_scale = 1;
    for (size_t l = 0; l < count; l++)
        shard->label[l] = (int)(l % 3);
    shard_forward(network, shard, true);
    shard_backward(network, shard, NULL, false, gradients);
}

static void compare_plans(const fused_row *row, int height, int width, int stride, size_t count)
{
    hg_network *network = fused_network(row, height, width, stride);
    const plan *fast = network->plans[PLAN_FAST], *inspect = network->plans[PLAN_INSPECT];
    ck_assert_msg(inspect->count == fast->count + (row->fuses ? 1 : 0), "%s: %zu and %zu operations", row->name,
                  fast->count, inspect->count);
    hg_real *gradients[PLAN_KINDS], *probability[PLAN_KINDS];
    const size_t classes = 3;
    for (int kind = 0; kind < PLAN_KINDS; kind++) {
        gradients[kind] = hg_allocate(network->learnable, sizeof **gradients);
        probability[kind] = hg_allocate(classes * HG_LANES, sizeof **probability);
        shard shard;
        run_plan(network, (plan_kind)kind, count, gradients[kind], &shard);
        memcpy(probability[kind], shard_result(&shard), classes * HG_LANES * sizeof **probability);
        shard_destroy(&shard);
    }
    for (size_t k = 0; k < classes; k++)
        for (size_t l = 0; l < count; l++)
            ck_assert_msg(memcmp(&probability[PLAN_FAST][k * HG_LANES + l],
                                 &probability[PLAN_INSPECT][k * HG_LANES + l], sizeof **probability) == 0,
                          "%s, %d x %d, stride %d: class %zu of sample %zu", row->name, height, width, stride, k, l);
    for (size_t i = 0; i < network->learnable; i++) {
        const double a = (double)gradients[PLAN_FAST][i], b = (double)gradients[PLAN_INSPECT][i];
        ck_assert_msg(fabs(a - b) <= 2e-5 * fmax(1, fabs(b)), "%s, %d x %d, stride %d: gradient %zu is %g and %g",
                      row->name, height, width, stride, i, a, b);
    }
    for (int kind = 0; kind < PLAN_KINDS; kind++) {
        hg_release(gradients[kind]);
        hg_release(probability[kind]);
    }
    hg_network_destroy(network);
}

START_TEST(fused_pooling_changes_no_bit_of_the_probabilities)
{
    compare_plans(&fused_rows[_i], 8, 8, 1, HG_LANES);
    compare_plans(&fused_rows[_i], 7, 9, 1, HG_LANES);
    compare_plans(&fused_rows[_i], 5, 6, 1, 3);
    compare_plans(&fused_rows[_i], 11, 8, 2, 1);
}
END_TEST

static size_t operations(const hg_layer *layers, size_t count)
{
    hg_network *network = create(layers, count);
    const size_t saved = network->plans[PLAN_INSPECT]->count - network->plans[PLAN_FAST]->count;
    hg_network_destroy(network);
    return saved;
}

START_TEST(only_pooling_that_nobody_else_looks_behind_is_fused)
{
    const hg_layer other_stride[] = { hg_image_input(8, 8),  hg_conv2d(3, 2), hg_max_pool2d(2, .stride = 1),
                                      hg_fully_connected(2), hg_softmax(),    hg_classification() };
    const hg_layer other_window[] = { hg_image_input(8, 8),  hg_conv2d(3, 2), hg_max_pool2d(3, .stride = 2),
                                      hg_fully_connected(2), hg_softmax(),    hg_classification() };
    const hg_layer padded[] = { hg_image_input(8, 8),  hg_conv2d(3, 2), hg_max_pool2d(2, .padding = 1),
                                hg_fully_connected(2), hg_softmax(),    hg_classification() };
    const hg_layer read_twice[] = { hg_image_input(8, 8),
                                    hg_conv2d(1, 2),
                                    hg_relu(.name = "r"),
                                    hg_max_pool2d(2),
                                    hg_max_pool2d(2, .inputs = { "r" }),
                                    hg_add(.inputs = { "max_pool2d_1", "max_pool2d_2" }),
                                    hg_fully_connected(2),
                                    hg_softmax(),
                                    hg_classification() };
    const hg_layer two_activations[] = {
        hg_image_input(8, 8), hg_conv2d(3, 2),       hg_relu(),    hg_relu(),
        hg_max_pool2d(2),     hg_fully_connected(2), hg_softmax(), hg_classification()
    };
    ck_assert_uint_eq(operations(other_stride, HG_COUNT(other_stride)), 0);
    ck_assert_uint_eq(operations(other_window, HG_COUNT(other_window)), 0);
    ck_assert_uint_eq(operations(padded, HG_COUNT(padded)), 0);
    ck_assert_uint_eq(operations(read_twice, HG_COUNT(read_twice)), 0);
    ck_assert_uint_eq(operations(two_activations, HG_COUNT(two_activations)), 0);
}
END_TEST

Suite *network_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *shapes = tcase_create("shapes");
    tcase_add_test(shapes, document_network_has_its_shapes_and_names);
    tcase_add_test(shapes, document_network_has_its_parameters);
    tcase_add_test(shapes, thread_count_is_checked);
    tcase_add_test(shapes, starting_values_are_a_function_of_the_seed);
    tcase_add_test(shapes, table_of_the_document_network);
    tcase_add_test(shapes, long_names_fit_a_terminal);
    suite_add_tcase(suite, shapes);
    TCase *plans = tcase_create("plans");
    tcase_add_loop_test(plans, fused_pooling_changes_no_bit_of_the_probabilities, 0, (int)HG_COUNT(fused_rows));
    tcase_add_test(plans, only_pooling_that_nobody_else_looks_behind_is_fused);
    suite_add_tcase(suite, plans);
    return suite;
}
