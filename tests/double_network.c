/* Gradients of whole networks against central differences, in double: chains and
 * branches, fused and not, every threshold form, from labels and from gradients of
 * the outputs, down to the images. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *double_network_suite(void);

enum { SAMPLES = 19, HEIGHT = 7, WIDTH = 8, CHANNELS = 2, PIXELS = HEIGHT * WIDTH * CHANNELS, CLASSES = 3 };
static const double STEP = 0x1p-20, TOLERANCE = 1e-6;

/* ---- the networks ---- */

#define LINE(type_name, ...)                                      \
    {                                                             \
        &hg_##type_name##_type, &(hg_##type_name##_options)       \
        {                                                         \
            .size = sizeof(hg_##type_name##_options), __VA_ARGS__ \
        }                                                         \
    }
#define BEGIN LINE(image_input, HEIGHT, WIDTH, CHANNELS, .normalization = HG_ZSCORE, .name = "in")
#define END LINE(fully_connected, CLASSES), LINE(softmax, .name = NULL), LINE(classification, .name = NULL)
#define FUSED(...)                                                       \
    {                                                                    \
        BEGIN, LINE(conv2d, 3, 4), __VA_ARGS__, LINE(max_pool2d, 2), END \
    }
#define FORM(of_form, start) LINE(threshold_relu, of_form, .threshold = start, .unbounded = true)
enum { MOST_LAYERS = 14 };

typedef struct network_row {
    const char *name;
    hg_layer layers[MOST_LAYERS]; /* the rest has no type */
    bool surrogate;               /* the thresholds' gradient is not a derivative */
} network_row;

static const network_row rows[] = {
    { "linear", { BEGIN, END }, false },
    { "smoothed labels",
      { BEGIN, LINE(fully_connected, CLASSES), LINE(softmax, .name = NULL), LINE(classification, 0.2) },
      false },
    { "two fully connected", { BEGIN, LINE(fully_connected, 9), LINE(leaky_relu, 0.3), END }, false },
    { "widening",
      { BEGIN, LINE(fully_connected, 3), LINE(relu, .name = NULL), LINE(fully_connected, 50), LINE(leaky_relu, 0.3),
        END },
      false },
    { "document, relu", FUSED(LINE(relu, .name = NULL)), false },
    { "document, leaky", FUSED(LINE(leaky_relu, 0.1)), false },
    { "document, elu", FUSED(LINE(elu, 0.7)), false },
    { "document, softsign", FUSED(LINE(softsign, .name = NULL)), false },
    { "document, relu_softsign", FUSED(LINE(relu_softsign, 0.6)), false },
    { "document, relu_softsign learned", FUSED(LINE(relu_softsign, 0.6, .learn_slope = true)), false },
    { "document, tanh", FUSED(LINE(tanh, .name = NULL)), false },
    { "document, sigmoid", FUSED(LINE(sigmoid, .name = NULL)), false },
    { "document, gelu", FUSED(LINE(gelu, .name = NULL)), false },
    { "document, gelu approximate", FUSED(LINE(gelu, .approximate = true)), false },
    { "document, pooled at once", { BEGIN, LINE(conv2d, 3, 4), LINE(max_pool2d, 2), END }, false },
    { "document, strided and padded",
      { BEGIN, LINE(conv2d, 3, 4, .stride = 2, .padding = 2), LINE(leaky_relu, 0.1), LINE(max_pool2d, 2), END },
      false },
    { "slope", FUSED(FORM(HG_SLOPE, 0.3)), false },
    { "slope negative", FUSED(FORM(HG_SLOPE, -0.6)), false },
    { "slope above 1", FUSED(FORM(HG_SLOPE, 1.7)), false },
    { "slope shared", FUSED(LINE(threshold_relu, .threshold = 0.3, .shared = true)), false },
    { "floor", FUSED(FORM(HG_FLOOR, 0.13)), false },
    { "ceiling", FUSED(FORM(HG_CEILING, 0.43)), false },
    { "shift", FUSED(FORM(HG_SHIFT, -0.13)), false },
    { "gate", FUSED(FORM(HG_GATE, 0.11)), true },
    { "two stages",
      { BEGIN, LINE(conv2d, 3, 4, .same = true), LINE(leaky_relu, 0.2), LINE(max_pool2d, 2), LINE(conv2d, 2, 5),
        FORM(HG_SLOPE, 0.2), LINE(max_pool2d, 2, .stride = 1), END },
      false },
    { "residual",
      { BEGIN, LINE(conv2d, 1, 3, .name = "x"), LINE(relu, .name = "r"), LINE(conv2d, 3, 3, .same = true),
        LINE(leaky_relu, 0.2, .name = "y"), LINE(add, .inputs = { "r", "y", "x" }), END },
      false },
    { "value read three times",
      { BEGIN, LINE(conv2d, 3, 3, .name = "x"), LINE(relu, .name = "a", .inputs = { "x" }),
        LINE(leaky_relu, 0.4, .name = "b", .inputs = { "x" }), FORM(HG_SHIFT, 0.2),
        LINE(concat, .inputs = { "a", "threshold_relu_1", "x" }), LINE(max_pool2d, 2), END },
      false },
    { "one input twice",
      { BEGIN, LINE(conv2d, 3, 3, .name = "x"), LINE(add, .name = "double", .inputs = { "x", "x" }),
        LINE(concat, .inputs = { "double", "x", "double" }), LINE(relu, .name = NULL), END },
      false },
    { "one input three times",
      { BEGIN, LINE(conv2d, 3, 3, .name = "x"), LINE(concat, .inputs = { "x", "x", "x" }), END },
      false },
    { "images read twice",
      { BEGIN, LINE(conv2d, 3, 2, .same = true, .name = "a"), LINE(conv2d, 1, 2, .inputs = { "in" }, .name = "b"),
        LINE(concat, .inputs = { "in", "a", "b" }), LINE(max_pool2d, 3, 2, .padding = 1), END },
      false },
    { "two fused branches",
      { BEGIN, LINE(conv2d, 3, 2), LINE(relu, .name = NULL), LINE(max_pool2d, 2, .name = "a"),
        LINE(conv2d, 3, 3, .inputs = { "in" }), LINE(max_pool2d, 2, .name = "b"), LINE(concat, .inputs = { "b", "a" }),
        END },
      false },
    { "batch normalization behind convolutions",
      { BEGIN, LINE(conv2d, 3, 4, .no_bias = true), LINE(batch_normalization, .name = NULL), LINE(leaky_relu, 0.2),
        LINE(max_pool2d, 2), LINE(conv2d, 2, 3), LINE(batch_normalization, .name = NULL, .no_affine = true), END },
      false },
    { "batch normalization of images and units",
      { BEGIN, LINE(batch_normalization, .epsilon = 0.1), LINE(fully_connected, 5),
        LINE(batch_normalization, .name = NULL), LINE(leaky_relu, 0.3), END },
      false },
    { "batch normalization read twice, in place",
      { BEGIN, LINE(conv2d, 3, 2, .name = "x"), LINE(batch_normalization, .name = "n"), LINE(leaky_relu, 0.3),
        LINE(concat, .inputs = { "leaky_relu_1", "n", "x" }), END },
      false },
    { "averages and local response",
      { BEGIN, LINE(conv2d, 3, 6), LINE(local_response_normalization, 3, 0.5), LINE(average_pool2d, 2, 1, 1),
        LINE(local_response_normalization, 4, 0.5, 0.6), LINE(average_pool2d, 3, .exclude_padding = true),
        LINE(global_average_pool2d, .name = NULL), END },
      false },
    { "softmax inside", { BEGIN, LINE(fully_connected, 6), LINE(softmax, .name = NULL), END }, false },
    { "loss not behind softmax",
      { BEGIN, LINE(fully_connected, 6), LINE(softmax, .name = NULL),
        LINE(fully_connected, CLASSES, .start = HG_CONSTANT, .start_value = 0.5), FORM(HG_FLOOR, 0.05),
        LINE(classification, .name = NULL) },
      false },
};

/* ---- a network, its images and labels ---- */

typedef struct fixture {
    const network_row *row;
    hg_network *network;
    hg_real image[SAMPLES * PIXELS], probability[SAMPLES * CLASSES];
    int label[SAMPLES];
    hg_real weight[SAMPLES * CLASSES]; /* of the loss of one's own: sum of weight times probability */
    bool from_labels;
} fixture;

static double draw(hg_random *random)
{
    return 2 * hg_random_uniform(random) - 1;
}

static void set_parameters(fixture *f, hg_random *random)
{
    const bool positive = strcmp(f->row->name, "loss not behind softmax") == 0;
    for (size_t i = 0; i < hg_network_parameter_count(f->network); i++) {
        const hg_parameter parameter = hg_network_parameter(f->network, i);
        for (size_t k = 0; k < parameter.count; k++)
            if (!parameter.gradients)
                parameter.values[k] = (hg_real)(1 + 0.3 * draw(random));
            else if (strstr(parameter.name, "threshold"))
                parameter.values[k] += (hg_real)(0.05 * draw(random));
            else if (positive)
                parameter.values[k] = (hg_real)(0.5 + 0.4 * draw(random));
            else
                parameter.values[k] = (hg_real)(0.6 * draw(random));
    }
}

static fixture *open_fixture(const network_row *row, bool from_labels, int threads)
{
    fixture *f = calloc(1, sizeof *f);
    ck_assert_ptr_nonnull(f);
    f->row = row;
    f->from_labels = from_labels;
    size_t count = 0;
    while (count < MOST_LAYERS && row->layers[count].type)
        count++;
    hg_error error;
    f->network = hg_network_create(row->layers, count, &error);
    if (!f->network)
        ck_abort_msg("%s: %s", row->name, error.message);
    hg_network_set_threads(f->network, threads, NULL);
    hg_random random = hg_random_stream(17, HG_FOR_USER, 0, 0);
    set_parameters(f, &random);
    for (size_t i = 0; i < SAMPLES * PIXELS; i++)
        f->image[i] = (hg_real)(1.5 + draw(&random));
    for (size_t s = 0; s < SAMPLES; s++)
        f->label[s] = (int)hg_random_below(&random, CLASSES);
    for (size_t i = 0; i < SAMPLES * CLASSES; i++)
        f->weight[i] = (hg_real)draw(&random);
    return f;
}

static void close_fixture(fixture *f)
{
    hg_network_destroy(f->network);
    free(f);
}

static double smoothing_of(const network_row *row)
{
    size_t last = 0;
    while (last + 1 < MOST_LAYERS && row->layers[last + 1].type)
        last++;
    return ((const hg_classification_options *)row->layers[last].options)->label_smoothing;
}

/* The loss whose gradient backward is to give. */
static double loss_of(fixture *f)
{
    ck_assert_int_eq(hg_network_forward(f->network, f->image, SAMPLES, f->probability, NULL), HG_OK);
    const double smoothing = smoothing_of(f->row);
    double loss = 0;
    for (size_t i = 0; i < SAMPLES * CLASSES && f->from_labels; i++) {
        const double target = (int)(i % CLASSES) == f->label[i / CLASSES] ? 1 - smoothing : 0;
        loss -= (target + smoothing / CLASSES) * log((double)f->probability[i]) / SAMPLES;
    }
    for (size_t i = 0; i < SAMPLES * CLASSES && !f->from_labels; i++)
        loss += (double)f->weight[i] * (double)f->probability[i];
    return loss;
}

static void compare(const fixture *f, const char *what, size_t index, double gradient, double difference)
{
    if (!(fabs(gradient - difference) <= TOLERANCE * fmax(1, fabs(difference))))
        ck_abort_msg("%s, from %s: gradient of %s[%zu] is %.9g, not %.9g", f->row->name,
                     f->from_labels ? "labels" : "gradients", what, index, gradient, difference);
}

static double difference(fixture *f, hg_real *value)
{
    const hg_real kept = *value;
    *value = kept + (hg_real)STEP;
    const double above = loss_of(f);
    *value = kept - (hg_real)STEP;
    const double below = loss_of(f);
    *value = kept;
    return (above - below) / (2 * STEP);
}

static void check_parameters(fixture *f)
{
    enum { MOST = 40 }; /* of a tensor, spread over it */
    for (size_t i = 0; i < hg_network_parameter_count(f->network); i++) {
        const hg_parameter parameter = hg_network_parameter(f->network, i);
        if (!parameter.gradients || (f->row->surrogate && strstr(parameter.name, "threshold")))
            continue;
        const size_t stride = 1 + parameter.count / MOST;
        for (size_t k = 0; k < parameter.count; k += stride)
            compare(f, parameter.name, k, (double)parameter.gradients[k], difference(f, &parameter.values[k]));
    }
}

START_TEST(gradients_from_labels)
{
    fixture *f = open_fixture(&rows[_i], true, 2);
    double loss_sum;
    /* numbers of another backward, for those who read what they should have written */
    loss_of(f);
    ck_assert_int_eq(hg_network_backward(f->network, f->weight, NULL, NULL), HG_OK);
    hg_network_zero_gradients(f->network);
    const double loss = loss_of(f);
    ck_assert_int_eq(hg_network_backward_labels(f->network, f->label, &loss_sum, NULL), HG_OK);
    ck_assert_double_eq_tol(loss_sum / SAMPLES, loss, 1e-12);
    check_parameters(f);
    close_fixture(f);
}
END_TEST

START_TEST(gradients_from_gradients)
{
    fixture *f = open_fixture(&rows[_i], false, 2);
    static hg_real input_gradient[SAMPLES * PIXELS];
    for (size_t i = 0; i < SAMPLES * PIXELS; i++)
        input_gradient[i] = (hg_real)NAN;
    double loss_sum;
    loss_of(f);
    ck_assert_int_eq(hg_network_backward_labels(f->network, f->label, &loss_sum, NULL), HG_OK);
    hg_network_zero_gradients(f->network);
    loss_of(f);
    ck_assert_int_eq(hg_network_backward(f->network, f->weight, input_gradient, NULL), HG_OK);
    check_parameters(f);
    for (size_t i = 0; i < SAMPLES * PIXELS; i += 13)
        compare(f, "image", i, (double)input_gradient[i], difference(f, &f->image[i]));
    close_fixture(f);
}
END_TEST

/* Asking for the images' gradient, or for none, changes no other. */
START_TEST(input_gradients_are_on_request)
{
    fixture *f = open_fixture(&rows[_i], false, 1);
    const size_t count = hg_network_parameter_count(f->network);
    static hg_real input_gradient[SAMPLES * PIXELS];
    hg_real *without[MOST_LAYERS * HG_MAX_PARAMETERS] = { NULL };
    loss_of(f);
    ck_assert_int_eq(hg_network_backward(f->network, f->weight, NULL, NULL), HG_OK);
    for (size_t i = 0; i < count; i++) {
        const hg_parameter parameter = hg_network_parameter(f->network, i);
        without[i] = calloc(parameter.count, sizeof *without[i]);
        if (parameter.gradients)
            memcpy(without[i], parameter.gradients, parameter.count * sizeof *without[i]);
    }
    hg_network_zero_gradients(f->network);
    loss_of(f);
    ck_assert_int_eq(hg_network_backward(f->network, f->weight, input_gradient, NULL), HG_OK);
    for (size_t i = 0; i < count; i++) {
        const hg_parameter parameter = hg_network_parameter(f->network, i);
        if (parameter.gradients)
            ck_assert_mem_eq(without[i], parameter.gradients, parameter.count * sizeof *without[i]);
        free(without[i]);
    }
    close_fixture(f);
}
END_TEST

Suite *double_network_suite(void)
{
    enum { SECONDS = 60 };
    const int count = (int)HG_COUNT(rows);
    Suite *suite = suite_create("networks in double");
    TCase *gradients = tcase_create("gradients");
    tcase_set_timeout(gradients, SECONDS);
    tcase_add_loop_test(gradients, gradients_from_labels, 0, count);
    tcase_add_loop_test(gradients, gradients_from_gradients, 0, count);
    tcase_add_loop_test(gradients, input_gradients_are_on_request, 0, count);
    suite_add_tcase(suite, gradients);
    return suite;
}
