/* Activations behind a convolution and in front of a max pooling: with the winners chosen
 * before them, outputs and gradients are those of the layers one by one. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "src/network.h"

Suite *double_pool_order_suite(void);

enum { SIDE = 8, CLASSES = 3, SAMPLES = 19, PIXELS = SIDE * SIDE };
static const double TOLERANCE = 1e-12;

#define ROW(type_name, is_fused, ...)                                                             \
    {                                                                                             \
        { &hg_##type_name##_type,                                                                 \
          &(hg_##type_name##_options){ .size = sizeof(hg_##type_name##_options), __VA_ARGS__ } }, \
            is_fused                                                                              \
    }

static const struct {
    hg_layer activation;
    bool fused;
} rows[] = {
    ROW(relu, true, .name = NULL),
    ROW(leaky_relu, true, 0.3),
    ROW(elu, true, 0.7),
    ROW(softsign, true, .name = NULL),
    ROW(relu_softsign, true, 0.4),
    ROW(relu_softsign, true, 0.4, .learn_slope = true),
    ROW(relu_softsign, true, 2, .learn_slope = true),
    ROW(tanh, true, .name = NULL),
    ROW(sigmoid, true, .name = NULL),
    ROW(gelu, false, .name = NULL),
    ROW(noisy_relu, false, .name = NULL),
    ROW(dropout, false, .name = NULL),
};

typedef struct result {
    hg_network *network;
    hg_real output[SAMPLES * CLASSES], input_gradient[SAMPLES * PIXELS];
} result;

/* A leaky_relu of slope 1 changes nothing, but that the pooling is not behind the activation. */
static void run(hg_layer activation, bool apart, bool flat, result *result)
{
    const hg_layer layers[] = { hg_image_input(SIDE, SIDE, .normalization = HG_NO_NORMALIZATION),
                                hg_conv2d(3, 4),
                                { activation.type, activation.options },
                                hg_leaky_relu(1),
                                hg_max_pool2d(2),
                                hg_fully_connected(CLASSES),
                                hg_softmax(),
                                hg_classification() };
    hg_layer together[HG_COUNT(layers) - 1];
    for (size_t i = 0; i < HG_COUNT(together); i++)
        together[i] = layers[i < 3 ? i : i + 1];
    hg_network *network = apart ? hg_network_create(layers, HG_COUNT(layers), NULL)
                                : hg_network_create(together, HG_COUNT(together), NULL);
    ck_assert_ptr_nonnull(network);
    hg_network_initialize(network, 3);
    hg_parameter slope;
    if (flat && hg_network_find_parameter(network, "relu_softsign_1.slope", &slope))
        memset(slope.values, 0, slope.count * sizeof *slope.values);
    hg_real image[SAMPLES * PIXELS], gradient[SAMPLES * CLASSES];
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < HG_COUNT(image); i++)
        image[i] = (hg_real)hg_random_normal(&random);
    for (size_t i = 0; i < HG_COUNT(gradient); i++)
        gradient[i] = (hg_real)hg_random_normal(&random);
    ck_assert_int_eq(hg_network_forward(network, image, SAMPLES, result->output, NULL), HG_OK);
    ck_assert_int_eq(hg_network_backward(network, gradient, result->input_gradient, NULL), HG_OK);
    result->network = network;
}

static void assert_close(const hg_real *a, const hg_real *b, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)(a[i] - b[i])) <= TOLERANCE))
            ck_abort_msg("%s: number %zu is %.17g, one by one %.17g", what, i, (double)a[i], (double)b[i]);
}

START_TEST(winners_first_is_one_by_one)
{
    static result together, apart;
    const size_t row = (size_t)_i / 2;
    const bool flat = _i % 2; /* a learned slope that has come down to 0: ties */
    const char *name = rows[row].activation.type->name;
    run(rows[row].activation, false, flat, &together);
    run(rows[row].activation, true, flat, &apart);
    const bool fused = together.network->plans[PLAN_FAST]->count < together.network->node_count;
    ck_assert_msg(fused == rows[row].fused, "%s: winners first: %d", name, fused);
    ck_assert_uint_eq(apart.network->plans[PLAN_FAST]->count, apart.network->node_count);
    assert_close(together.output, apart.output, HG_COUNT(apart.output), name);
    assert_close(together.input_gradient, apart.input_gradient, HG_COUNT(apart.input_gradient), name);
    for (size_t p = 0; p < hg_network_parameter_count(apart.network); p++) {
        const hg_parameter a = hg_network_parameter(together.network, p), b = hg_network_parameter(apart.network, p);
        assert_close(a.gradients, b.gradients, b.count, b.name);
    }
    hg_network_destroy(together.network);
    hg_network_destroy(apart.network);
}
END_TEST

Suite *double_pool_order_suite(void)
{
    Suite *suite = suite_create("pool order in double");
    TCase *orders = tcase_create("orders");
    tcase_add_loop_test(orders, winners_first_is_one_by_one, 0, 2 * (int)HG_COUNT(rows));
    suite_add_tcase(suite, orders);
    return suite;
}
