/* src/revive.c: dead units, and no others, start anew. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "src/network.h"

Suite *revive_suite(void);

static const hg_real DROWNED = -100;
enum { COUNT = 200 };

static hg_activation_report look(hg_network *network, const hg_dataset *dataset, size_t row)
{
    const hg_activation_report *reports;
    size_t count;
    hg_error error = { .message = "" };
    ck_assert_msg(hg_network_inspect(network, dataset, &reports, &count, &error) == HG_OK, "%s", error.message);
    ck_assert_uint_lt(row, count);
    return reports[row];
}

static hg_parameter find(hg_network *network, const char *name)
{
    hg_parameter parameter;
    ck_assert_msg(hg_network_find_parameter(network, name, &parameter), "no %s", name);
    return parameter;
}

typedef struct fixture {
    samples samples;
    hg_network *network;
} fixture;

static fixture open_fixture(const hg_layer *layers, size_t count)
{
    hg_error error = { .message = "" };
    fixture f = { .network = hg_network_create(layers, count, &error) };
    ck_assert_msg(f.network != NULL, "%s", error.message);
    samples_open(&f.samples, COUNT, small_shape, SMALL_CLASSES, 1);
    const hg_train_options options = { .optimizer = hg_sgd(0.01, .momentum = 0.9), .epochs = 1, .batch = 40 };
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    return f;
}
#define OPEN(...) open_fixture((const hg_layer[]){ __VA_ARGS__ }, HG_COUNT(((const hg_layer[]){ __VA_ARGS__ })))

static void close_fixture(fixture *f)
{
    hg_network_destroy(f->network);
    samples_close(&f->samples);
}

/* Which numbers of the parameters and of the optimizer's state the revival changed:
 * exactly the rows of these units. */
static void assert_rows(hg_network *network, const hg_real *before, const hg_real *state, const char *name,
                        const bool *unit)
{
    const hg_parameter parameter = find(network, name);
    const size_t offset = (size_t)(parameter.values - network->values);
    const size_t row = parameter.count / parameter.shape.size[0];
    for (size_t i = 0; i < parameter.count; i++) {
        const bool anew = unit && unit[i / row];
        if (anew)
            ck_assert_msg(network->state[0][offset + i] == 0, "the state of %s[%zu] stays", name, i);
        else
            ck_assert_msg(parameter.values[i] == before[offset + i] &&
                              network->state[0][offset + i] == state[offset + i],
                          "%s[%zu] has changed", name, i);
        if (anew && parameter.shape.rank > 1)
            ck_assert_msg(parameter.values[i] != before[offset + i], "%s[%zu] stays", name, i);
        if (anew && parameter.shape.rank == 1)
            ck_assert_msg(parameter.values[i] == 0, "%s[%zu] is %g", name, i, (double)parameter.values[i]);
    }
}

static hg_real *copy(const hg_real *values, size_t count)
{
    hg_real *to = malloc(count * sizeof *to);
    ck_assert_ptr_nonnull(to);
    memcpy(to, values, count * sizeof *to);
    return to;
}

/* Drowns units 1 and 3 of `bias`, revives the activation's `row`, and looks at what changed. */
static void check_revival(fixture *f, const char *layer, size_t row, const char *const touched[])
{
    hg_network *network = f->network;
    char bias[64];
    snprintf(bias, sizeof bias, "%s.bias", layer);
    const hg_parameter drowned = find(network, bias);
    drowned.values[1] = drowned.values[3] = DROWNED;
    const hg_activation_report report = look(network, &f->samples.bytes, row);
    ck_assert_uint_ge(report.dead, 2);
    bool dead[64] = { false };
    size_t count = 0;
    for (size_t u = 0; u < report.units; u++)
        count += dead[u] = report.unit[u] & HG_UNIT_DEAD;
    hg_real *before = copy(network->values, network->total), *state = copy(network->state[0], network->learnable);
    size_t revived = 0;
    hg_error error = { .message = "" };
    ck_assert_msg(hg_network_revive(network, &report, 7, &revived, &error) == HG_OK, "%s", error.message);
    ck_assert_uint_eq(revived, count);
    for (size_t i = 0; i < network->parameter_count; i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        const bool *rows = NULL;
        for (size_t k = 0; touched[k]; k++)
            rows = strcmp(parameter.name, touched[k]) == 0 ? dead : rows;
        if (parameter.gradients)
            assert_rows(network, before, state, parameter.name, rows);
        else
            ck_assert_mem_eq(parameter.values, before + (parameter.values - network->values),
                             parameter.count * sizeof *before);
    }
    const hg_activation_report after = look(network, &f->samples.bytes, row);
    ck_assert_uint_eq(after.revived, count);
    ck_assert_uint_eq(after.dead, 0);
    free(before);
    free(state);
}

#define END hg_fully_connected(SMALL_CLASSES, .name = "end"), hg_softmax(), hg_classification()
#define INPUT hg_image_input(SMALL_SIDE, SMALL_SIDE)
#define TOUCHED(...) ((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(a_convolution_s_filters_start_anew)
{
    fixture f = OPEN(INPUT, hg_conv2d(3, 5), hg_relu(), hg_max_pool2d(2), END);
    check_revival(&f, "conv2d_1", 0, TOUCHED("conv2d_1.weight", "conv2d_1.bias"));
    close_fixture(&f);
}
END_TEST

START_TEST(a_fully_connected_layer_s_units_start_anew)
{
    fixture f = OPEN(INPUT, hg_fully_connected(20), hg_threshold_relu(HG_FLOOR), END);
    check_revival(&f, "fully_connected_1", 0,
                  TOUCHED("fully_connected_1.weight", "fully_connected_1.bias", "threshold_relu_1.threshold"));
    close_fixture(&f);
}
END_TEST

START_TEST(pooling_may_stand_in_between)
{
    fixture f = OPEN(INPUT, hg_conv2d(3, 5), hg_max_pool2d(2), hg_relu(), END);
    check_revival(&f, "conv2d_1", 0, TOUCHED("conv2d_1.weight", "conv2d_1.bias"));
    close_fixture(&f);
}
END_TEST

START_TEST(a_shared_threshold_stays)
{
    fixture f = OPEN(INPUT, hg_conv2d(3, 5), hg_threshold_relu(HG_SHIFT, .shared = true), END);
    check_revival(&f, "conv2d_1", 0, TOUCHED("conv2d_1.weight", "conv2d_1.bias"));
    close_fixture(&f);
}
END_TEST

/* Channels 0 to 3 of the concat are a's, 4 to 8 b's. */
START_TEST(concat_is_followed_to_the_right_input)
{
    fixture f = OPEN(INPUT, hg_conv2d(3, 4, .name = "a"), hg_conv2d(3, 5, .name = "b", .inputs = { "image_input_1" }),
                     hg_concat(.inputs = { "a", "b" }), hg_relu(), END);
    const hg_parameter a = find(f.network, "a.bias"), b = find(f.network, "b.bias");
    for (size_t i = 0; i < 4; i++)
        a.values[i] = 20;
    for (size_t i = 0; i < 5; i++)
        b.values[i] = 20;
    a.values[3] = b.values[0] = b.values[4] = DROWNED;
    const hg_activation_report report = look(f.network, &f.samples.bytes, 0);
    size_t revived;
    ck_assert_int_eq(hg_network_revive(f.network, &report, 1, &revived, NULL), HG_OK);
    ck_assert_uint_eq(revived, 3);
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq((double)a.values[i], i == 3 ? 0 : 20);
    for (size_t i = 0; i < 5; i++)
        ck_assert_double_eq((double)b.values[i], i == 0 || i == 4 ? 0 : 20);
    close_fixture(&f);
}
END_TEST

/* Nothing changes, and the message names who stands in the way. */
static void assert_unclear(fixture *f, const char *bias, size_t row, const char *said)
{
    const hg_parameter drowned = find(f->network, bias);
    for (size_t i = 0; i < drowned.count; i++)
        drowned.values[i] = DROWNED;
    const hg_activation_report report = look(f->network, &f->samples.bytes, row);
    ck_assert_uint_gt(report.dead, 0);
    hg_real *before = copy(f->network->values, f->network->total);
    size_t revived = 99;
    hg_error error = { .message = "" };
    ck_assert_int_eq(hg_network_revive(f->network, &report, 1, &revived, &error), HG_BAD_NETWORK);
    ck_assert_msg(strstr(error.message, said) != NULL, "\"%s\" is not in: %s", said, error.message);
    ck_assert_uint_eq(revived, 99);
    ck_assert_mem_eq(f->network->values, before, f->network->total * sizeof *before);
    free(before);
    close_fixture(f);
}

START_TEST(what_is_not_clear_is_left_alone)
{
    fixture f = OPEN(INPUT, hg_conv2d(3, 4, .name = "a"), hg_conv2d(3, 4, .name = "b", .inputs = { "image_input_1" }),
                     hg_add(.inputs = { "a", "b" }), hg_relu(.name = "r"), END);
    assert_unclear(&f, "a.bias", 0, "r: which weights make its unit 0 is not clear behind add_1;");
    f = OPEN(INPUT, hg_conv2d(3, 4, .name = "a"), hg_relu(.name = "r"), hg_add(.inputs = { "a", "r" }), END);
    assert_unclear(&f, "a.bias", 0, "not clear behind r, as several layers read a;");
}
END_TEST

START_TEST(behind_the_input_there_is_nothing_to_revive)
{
    fixture f = OPEN(INPUT, hg_relu(.name = "r"), hg_threshold_relu(HG_SHIFT, .threshold = 50, .name = "t"), END);
    const hg_activation_report report = look(f.network, &f.samples.bytes, 1);
    ck_assert_uint_eq(report.dead, 1);
    hg_error error;
    ck_assert_int_eq(hg_network_revive(f.network, &report, 1, NULL, &error), HG_BAD_NETWORK);
    ck_assert_msg(strstr(error.message, "behind image_input_1") != NULL, "%s", error.message);
    close_fixture(&f);
}
END_TEST

START_TEST(other_networks_reports_are_refused)
{
    fixture f = OPEN(INPUT, hg_conv2d(3, 5), hg_relu(), END);
    hg_activation_report report = look(f.network, &f.samples.bytes, 0);
    hg_error error;
    report.units = 6;
    ck_assert_int_eq(hg_network_revive(f.network, &report, 1, NULL, &error), HG_BAD_ARGUMENT);
    ck_assert_str_eq(error.message, "revive: the network has no activation layer relu_1 with 6 units");
    report = look(f.network, &f.samples.bytes, 0);
    report.layer = "conv2d_1";
    ck_assert_int_eq(hg_network_revive(f.network, &report, 1, NULL, &error), HG_BAD_ARGUMENT);
    close_fixture(&f);
}
END_TEST

START_TEST(what_is_drawn_depends_on_the_seed_and_the_unit_alone)
{
    hg_real rows[3][2][9];
    static const uint64_t seeds[3] = { 4, 4, 5 };
    for (int run = 0; run < 3; run++) {
        fixture f = OPEN(INPUT, hg_conv2d(3, 5), hg_relu(), END);
        const hg_parameter bias = find(f.network, "conv2d_1.bias"), weight = find(f.network, "conv2d_1.weight");
        bias.values[2] = bias.values[4] = DROWNED;
        if (run == 1)
            bias.values[0] = DROWNED;
        const hg_activation_report report = look(f.network, &f.samples.bytes, 0);
        ck_assert_int_eq(hg_network_revive(f.network, &report, seeds[run], NULL, NULL), HG_OK);
        memcpy(rows[run][0], weight.values + 2 * 9, sizeof rows[run][0]);
        memcpy(rows[run][1], weight.values + 4 * 9, sizeof rows[run][1]);
        close_fixture(&f);
    }
    ck_assert_mem_eq(rows[0], rows[1], sizeof rows[0]);
    ck_assert_mem_ne(rows[0], rows[2], sizeof rows[0]);
    ck_assert_mem_ne(rows[0][0], rows[0][1], sizeof rows[0][0]);
}
END_TEST

/* ---- from on_epoch ---- */

typedef struct hook {
    hg_network *network;
    size_t revived;
} hook;

static bool revive_all(const hg_epoch_report *report, void *context)
{
    hook *hook = context;
    for (size_t i = 0; i < report->layer_count; i++) {
        size_t revived;
        ck_assert_int_eq(hg_network_revive(hook->network, &report->layers[i], (uint64_t)report->epoch, &revived, NULL),
                         HG_OK);
        hook->revived += revived;
    }
    return true;
}

START_TEST(revived_units_learn_again_while_training)
{
    hg_real *values[2];
    for (int threads = 1; threads <= 2; threads++) {
        fixture f = OPEN(INPUT, hg_fully_connected(20), hg_relu(), END);
        ck_assert_int_eq(hg_network_set_threads(f.network, threads, NULL), HG_OK);
        const hg_parameter bias = find(f.network, "fully_connected_1.bias");
        for (size_t i = 0; i < bias.count; i++)
            bias.values[i] = DROWNED;
        hook hook = { f.network, 0 };
        const hg_train_options options = { .optimizer = hg_sgd(0.01, .momentum = 0.9),
                                           .epochs = 3,
                                           .batch = 40,
                                           .average = _i ? hg_ema(0.5) : (hg_average){ .kind = HG_AVERAGE_NONE },
                                           .on_epoch = revive_all,
                                           .context = &hook };
        ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
        ck_assert_uint_eq(hook.revived, 20);
        ck_assert_uint_eq(look(f.network, &f.samples.bytes, 0).dead, 0);
        ck_assert_double_ne((double)bias.values[0], 0);
        values[threads - 1] = copy(f.network->values, f.network->total);
        if (threads == 2)
            ck_assert_mem_eq(values[0], values[1], f.network->total * sizeof *values[0]);
        close_fixture(&f);
    }
    free(values[0]);
    free(values[1]);
}
END_TEST

Suite *revive_suite(void)
{
    Suite *suite = suite_create("revive");
    TCase *tests = tcase_create("revive");
    tcase_add_test(tests, a_convolution_s_filters_start_anew);
    tcase_add_test(tests, a_fully_connected_layer_s_units_start_anew);
    tcase_add_test(tests, pooling_may_stand_in_between);
    tcase_add_test(tests, a_shared_threshold_stays);
    tcase_add_test(tests, concat_is_followed_to_the_right_input);
    tcase_add_test(tests, what_is_not_clear_is_left_alone);
    tcase_add_test(tests, behind_the_input_there_is_nothing_to_revive);
    tcase_add_test(tests, other_networks_reports_are_refused);
    tcase_add_test(tests, what_is_drawn_depends_on_the_seed_and_the_unit_alone);
    tcase_add_loop_test(tests, revived_units_learn_again_while_training, 0, 2); /* without and with an average */
    suite_add_tcase(suite, tests);
    return suite;
}
