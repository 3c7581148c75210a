/* hg_check_gradients: right layers pass, each kind of mistake is found and named. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hinge/hinge.h>

#include "layer_cases.h"
#include "samples.h"

Suite *check_gradients_suite(void);

/* ---- the library's own layers are right ---- */

enum { SEEDS = 2 };
static const double NEAR = 1e-3 /* a tenth of what is allowed */;

/* By itself classification reads probabilities; input layers and GATE's surrogate are not derivatives to check. */
static bool can_be_checked(const layer_case *row)
{
    return !row->merged && !row->surrogate && !(row->layer.type->traits & HG_IS_INPUT);
}

START_TEST(the_library_s_layers_pass)
{
    const layer_case *row = &layer_cases[_i];
    if (!can_be_checked(row))
        return;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        hg_gradient_check_options options = { .seed = seed };
        if (row->layer.type->traits & HG_IS_OUTPUT) {
            options.lower = 0.125;
            options.upper = 1;
        }
        hg_error error = { .message = "" };
        hg_gradient_report report = { 0 };
        const hg_status status = hg_check_gradients(row->layer, row->input, row->input_count ? row->input_count : 1,
                                                    &options, &report, &error);
        ck_assert_msg(status == HG_OK, "%s, seed %d: %s", row->name, (int)seed, error.message);
        ck_assert_uint_gt(report.compared, 0);
        ck_assert_double_lt(report.error, NEAR);
        ck_assert_int_eq(report.coupled, row->coupled);
    }
}
END_TEST

/* ---- layers with one mistake each ----
 * y = w[channel] tanh(x) + x / 4;  dy/dx = w (1 - tanh^2) + 1/4;  dy/dw = tanh(x) */

typedef enum mistake {
    NO_MISTAKE,
    SLOPE_OFF,
    TERM_MISSING,
    SIGN,
    INDEX_SWAPPED,
    PARAMETER_INDEX,
    PARAMETER_HALF,
    LAST_SAMPLE_LEFT_OUT,
    OVERWRITES_PARAMETER,
    ADDS_TO_INPUT,
    ONE_INPUT_UNWRITTEN,
    ONE_OUTPUT_UNWRITTEN,
    EMPTY_LANES_UNWRITTEN,
    OUTPUT_UNWRITTEN_WHEN_EVALUATING,
    GRADIENT_IN_EMPTY_LANE,
    OUTPUT_TOO_LONG,
    INPUT_GRADIENT_TOO_LONG,
    SAVED_TOO_LONG,
    PARAMETER_GRADIENT_TOO_LONG,
    READS_PAST_INPUT,
    FORGETFUL,
    READS_OUTPUT,
    NEVER_SAVED,
    NOT_IN_PLACE_GRADIENT,
    NEEDS_INPUT_GRADIENT,
    JUMPS,
    BAD_SHAPE,
    COUPLED_TO_EMPTY_LANES,
    COUPLED_WITHOUT_GRADIENT,
    OTHER_CASE /* a wrong branch for |x| > 1.75 */
} mistake;

typedef struct wrong_options {
    HG_OPTIONS_BEGIN;
    int mistake;
    HG_OPTIONS_END;
} wrong_options;

static mistake mistake_of(const hg_pass *pass)
{
    return (mistake)((const wrong_options *)pass->options)->mistake;
}

static hg_status wrong_setup(hg_layer_setup *setup, hg_error *error)
{
    const wrong_options *options = setup->options;
    (void)error;
    setup->output = setup->input[0];
    if (options->mistake == BAD_SHAPE)
        setup->output.width = 0;
    setup->saved = HG_LANES * sizeof(hg_real);
    hg_setup_parameter(setup, "scale", hg_shape_of(1, setup->input[0].channels))->start_value = 1;
    return HG_OK;
}

static size_t rows_of(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    return (size_t)(shape.channels * shape.height * shape.width);
}

static void wrong_forward(const hg_pass *pass)
{
    static hg_real drift;
    const mistake mistake = mistake_of(pass);
    const size_t rows = rows_of(pass), plane = rows / (size_t)pass->output_shape.channels;
    const size_t lanes = mistake == EMPTY_LANES_UNWRITTEN ? pass->count : HG_LANES;
    drift += mistake == FORGETFUL ? (hg_real)0.01 : 0;
    for (size_t row = 0; row < rows; row++)
        for (size_t lane = 0; lane < lanes; lane++) {
            const size_t i = row * HG_LANES + lane;
            const hg_real x = pass->input[0][i];
            pass->output[i] = pass->parameter[0][row / plane] * (hg_real)tanh((double)x) + x / 4 + drift;
            if (mistake == JUMPS && (int)floor((double)x * 3000) % 2)
                pass->output[i] += (hg_real)0.01;
        }
    if (mistake == ONE_OUTPUT_UNWRITTEN || (mistake == OUTPUT_UNWRITTEN_WHEN_EVALUATING && !pass->training))
        pass->output[3] = (hg_real)NAN;
    if (mistake == OUTPUT_TOO_LONG)
        pass->output[rows * HG_LANES] = 1;
    if (mistake == SAVED_TOO_LONG)
        ((hg_real *)pass->saved)[HG_LANES] = 1;
    if (mistake == COUPLED_TO_EMPTY_LANES)
        pass->output[0] += pass->input[0][HG_LANES - 1];
    if (mistake == COUPLED_WITHOUT_GRADIENT)
        pass->output[0] += pass->count > 1 ? pass->input[0][1] : 0;
    if (mistake == READS_PAST_INPUT)
        pass->output[0] += pass->input[0][rows * HG_LANES];
}

static hg_real wrong_slope(mistake mistake, hg_real x, hg_real scale)
{
    const hg_real y = (hg_real)tanh((double)x), slope = scale * (1 - y * y) + (hg_real)0.25;
    switch (mistake) {
    case SLOPE_OFF:
        return slope * (hg_real)1.05;
    case TERM_MISSING:
        return slope - (hg_real)0.25;
    case SIGN:
        return -slope;
    case OTHER_CASE:
        return fabs((double)x) > 1.75 ? 1 : slope;
    default:
        return slope;
    }
}

static void wrong_input_backward(const hg_pass *pass)
{
    const mistake mistake = mistake_of(pass);
    const size_t rows = rows_of(pass), plane = rows / (size_t)pass->output_shape.channels;
    hg_real *gradient = pass->input_gradient[0];
    for (size_t i = 0; i < rows * HG_LANES; i++) {
        const size_t row = mistake == INDEX_SWAPPED ? rows - 1 - i / HG_LANES : i / HG_LANES;
        const size_t from = row * HG_LANES + i % HG_LANES;
        const hg_real x = mistake == READS_OUTPUT ? pass->output[from] : pass->input[0][from];
        const hg_real scale = mistake == NEVER_SAVED ? *(const hg_real *)pass->saved : pass->parameter[0][row / plane];
        const hg_real g = pass->output_gradient[from] * wrong_slope(mistake, x, scale);
        if (mistake == ADDS_TO_INPUT)
            gradient[i] += g;
        else if (mistake != ONE_INPUT_UNWRITTEN || i != 5 * HG_LANES)
            gradient[i] = g;
    }
    if (mistake == NOT_IN_PLACE_GRADIENT && gradient == pass->output_gradient)
        gradient[0] = 7;
    if (mistake == GRADIENT_IN_EMPTY_LANE && pass->count < HG_LANES)
        gradient[pass->count] = (hg_real)0.5;
    if (mistake == INPUT_GRADIENT_TOO_LONG)
        gradient[rows * HG_LANES] = 0;
}

static void wrong_parameter_backward(const hg_pass *pass)
{
    const mistake mistake = mistake_of(pass);
    const size_t channels = (size_t)pass->output_shape.channels, plane = rows_of(pass) / channels * HG_LANES;
    for (size_t c = 0; c < channels; c++) {
        hg_real sum = 0;
        for (size_t i = c * plane; i < (c + 1) * plane; i++) {
            const bool left_out = mistake == LAST_SAMPLE_LEFT_OUT && i % HG_LANES == pass->count - 1;
            sum += left_out ? 0 : pass->output_gradient[i] * (hg_real)tanh((double)pass->input[0][i]);
        }
        if (mistake == PARAMETER_HALF)
            sum /= 2;
        if (mistake == NEEDS_INPUT_GRADIENT && !pass->input_gradient[0])
            sum = 0;
        hg_real *gradient = &pass->parameter_gradient[0][mistake == PARAMETER_INDEX ? channels - 1 - c : c];
        *gradient = mistake == OVERWRITES_PARAMETER ? sum : *gradient + sum;
    }
    if (mistake == PARAMETER_GRADIENT_TOO_LONG)
        pass->parameter_gradient[0][channels] += 0;
}

static void wrong_backward(const hg_pass *pass)
{
    wrong_parameter_backward(pass);
    if (pass->input_gradient[0])
        wrong_input_backward(pass);
}

#define WRONG_TYPE(its_traits)                                                                                         \
    {                                                                                                                  \
        HG_TYPE("wrong", wrong_options), .min_inputs = 1, .max_inputs = 1, .traits = its_traits, .setup = wrong_setup, \
                                         .forward = wrong_forward, .backward = wrong_backward                          \
    }
static const hg_layer_type wrong_type = WRONG_TYPE(HG_IN_PLACE_GRADIENT), wrong_in_place_type = WRONG_TYPE(HG_IN_PLACE);
#define wrong(...) HG_LAYER(wrong_type, wrong_options, __VA_ARGS__)
#define wrong_in_place(...) HG_LAYER(wrong_in_place_type, wrong_options, __VA_ARGS__)

static const struct {
    mistake mistake;
    hg_status status;
    const char *said;
} mistakes[] = {
    { NO_MISTAKE, HG_OK, "" },
    { SLOPE_OFF, HG_BAD_LAYER, "by differences of its forward" },
    { TERM_MISSING, HG_BAD_LAYER, "the gradient of input 1, unit " },
    { SIGN, HG_BAD_LAYER, "200 % off" },
    { INDEX_SWAPPED, HG_BAD_LAYER, "the gradient of input 1" },
    { PARAMETER_INDEX, HG_BAD_LAYER, "the gradient of scale[" },
    { PARAMETER_HALF, HG_BAD_LAYER, "the gradient of scale[" },
    { LAST_SAMPLE_LEFT_OUT, HG_BAD_LAYER, "the gradient of scale[" },
    { OVERWRITES_PARAMETER, HG_BAD_LAYER, "parameter gradients are added to" },
    { ADDS_TO_INPUT, HG_BAD_LAYER, "it must be overwritten" },
    { ONE_INPUT_UNWRITTEN, HG_BAD_LAYER, "the gradient of input 1, unit 5, lane 0" },
    { ONE_OUTPUT_UNWRITTEN, HG_BAD_LAYER, "the output of unit 0, lane 3" },
    { EMPTY_LANES_UNWRITTEN, HG_BAD_LAYER, "the output of unit 0, lane 5 of 5 samples" },
    { OUTPUT_UNWRITTEN_WHEN_EVALUATING, HG_BAD_LAYER, "when not training" },
    { GRADIENT_IN_EMPTY_LANE, HG_BAD_LAYER, "in lane 5, which holds no sample" },
    { OUTPUT_TOO_LONG, HG_BAD_LAYER, "past the end of its output (" },
    { INPUT_GRADIENT_TOO_LONG, HG_BAD_LAYER, "past the end of its input gradient" },
    { SAVED_TOO_LONG, HG_BAD_LAYER, "past the end of its saved (64 bytes)" },
    { PARAMETER_GRADIENT_TOO_LONG, HG_BAD_LAYER, "past the end of its parameter gradient" },
    { READS_PAST_INPUT, HG_BAD_LAYER, "the output of unit 0, lane 0" },
    { FORGETFUL, HG_BAD_LAYER, "other outputs for the same inputs" },
    { READS_OUTPUT, HG_BAD_LAYER, "computed only from what the traits say" },
    { NEVER_SAVED, HG_BAD_LAYER, "it must be overwritten" },
    { NOT_IN_PLACE_GRADIENT, HG_BAD_LAYER, "when it works in place" },
    { NEEDS_INPUT_GRADIENT, HG_BAD_LAYER, "when nobody asks for the inputs' gradients" },
    { JUMPS, HG_BAD_ARGUMENT, "can be judged" },
    { BAD_SHAPE, HG_BAD_LAYER, "an output of 4 x 0 x 3" },
    { COUPLED_TO_EMPTY_LANES, HG_BAD_LAYER, "depend on lane 15 of a shard of 5 samples" },
    { COUPLED_WITHOUT_GRADIENT, HG_BAD_LAYER,
      "the gradient of input 1, unit 0 (channel 0, row 0, column 0), sample 1" },
    { OTHER_CASE, HG_BAD_LAYER, "the gradient of input 1" },
};

static const hg_shape image = { 3, 4, 5 };

START_TEST(each_mistake_is_found)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        hg_error error = { .message = "" };
        hg_gradient_report report = { 0 };
        const hg_gradient_check_options options = { .seed = seed };
        const hg_status status =
            hg_check_gradients(wrong(.mistake = (int)mistakes[_i].mistake), &image, 1, &options, &report, &error);
        ck_assert_msg(status == mistakes[_i].status, "mistake %d: status %d: %s", mistakes[_i].mistake, status,
                      error.message);
        ck_assert_msg(strstr(error.message, mistakes[_i].said) != NULL, "\"%s\" is not in: %s", mistakes[_i].said,
                      error.message);
        ck_assert_msg(status == HG_OK || strncmp(error.message, "wrong: ", 7) == 0, "%s", error.message);
        if (status == HG_OK) {
            ck_assert_uint_eq(report.compared + report.skipped, 3 * 4 * 5 * 21 + 3);
            ck_assert_double_lt(report.error, NEAR);
        }
    }
}
END_TEST

START_TEST(a_layer_that_claims_to_work_in_place_must)
{
    hg_error error = { .message = "" };
    ck_assert_int_eq(hg_check_gradients(wrong_in_place(.mistake = NO_MISTAKE), &image, 1, NULL, NULL, &error),
                     HG_BAD_LAYER);
    ck_assert_msg(strstr(error.message, "traits") != NULL, "%s", error.message);
}
END_TEST

START_TEST(the_report_names_the_worst_element)
{
    hg_gradient_report report;
    ck_assert_int_eq(hg_check_gradients(wrong(.mistake = SLOPE_OFF), &image, 1, NULL, &report, NULL), HG_BAD_LAYER);
    ck_assert_str_eq(report.tensor, "input 1");
    ck_assert_uint_lt(report.element, 3 * 4 * 5);
    ck_assert_uint_lt(report.sample, 21);
    ck_assert_double_eq_tol(report.error, 0.05, 0.005);
    ck_assert_double_eq_tol(report.analytic / report.numeric, 1.05, 0.002);
    ck_assert_int_eq(hg_check_gradients(wrong(.mistake = PARAMETER_HALF), &image, 1, NULL, &report, NULL),
                     HG_BAD_LAYER);
    ck_assert_str_eq(report.tensor, "scale");
    ck_assert_double_eq_tol(report.analytic / report.numeric, 0.5, 0.01);
    const hg_gradient_check_options loose = { .tolerance = 0.08 };
    ck_assert_int_eq(hg_check_gradients(wrong(.mistake = SLOPE_OFF), &image, 1, &loose, NULL, NULL), HG_OK);
}
END_TEST

/* ---- misuse ---- */

START_TEST(misuse_is_named)
{
    hg_error error;
    const hg_shape flat = { 3, 0, 5 };
    const struct {
        hg_layer layer;
        const hg_shape *shape;
        size_t count;
        hg_gradient_check_options options;
        const char *said;
    } cases[] = {
        { { NULL, NULL }, &image, 1, { .seed = 0 }, "no type or no options" },
        { { &hg_relu_type, &(size_t){ 3 } }, &image, 1, { .seed = 0 }, "relu: its options have 3 bytes" },
        { hg_image_input(4, 4), &image, 1, { .seed = 0 }, "image_input: input layers" },
        { hg_relu(), &image, 0, { .seed = 0 }, "relu: 0 input shapes, where it takes 1 to 1" },
        { hg_relu(), &flat, 1, { .seed = 0 }, "relu: input 1 is 0 x 5 x 3" },
        { hg_relu(), &image, 1, { .lower = 2, .upper = 1 }, "relu: inputs from [2, 1]" },
        { hg_relu(), &image, 1, { .lower = 2, .upper = 2 }, "relu: inputs from [2, 2]" },
        { hg_relu(), &image, 1, { .upper = INFINITY }, "relu: inputs from [0, inf]" },
        { hg_relu(), &image, 1, { .tolerance = -1 }, "relu: tolerance -1" },
        { hg_conv2d(9, 2), &image, 1, { .seed = 0 }, "conv2d: " },
        { hg_leaky_relu(7), &image, 1, { .seed = 0 }, "leaky_relu: " },
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        ck_assert_int_ne(
            hg_check_gradients(cases[i].layer, cases[i].shape, cases[i].count, &cases[i].options, NULL, &error), HG_OK);
        ck_assert_msg(strstr(error.message, cases[i].said) != NULL, "\"%s\" is not in: %s", cases[i].said,
                      error.message);
    }
    hg_layer_type empty = wrong_type;
    empty.backward = NULL;
    ck_assert_int_eq(hg_check_gradients(HG_LAYER(empty, wrong_options, 0), &image, 1, NULL, NULL, &error),
                     HG_BAD_LAYER);
    ck_assert_str_eq(error.message, "wrong: its type has no backward");
}
END_TEST

START_TEST(no_memory_is_said_and_nothing_leaks)
{
    failing_allocator_install();
    hg_status status = HG_NO_MEMORY;
    long allowed = 0;
    for (; status == HG_NO_MEMORY; allowed++) {
        failing_allocator_allow(allowed);
        status = hg_check_gradients(hg_conv2d(2, 2), &image, 1, NULL, NULL, NULL);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
    }
    failing_allocator_remove();
    ck_assert_int_eq(status, HG_OK);
    ck_assert_int_gt(allowed, 20);
}
END_TEST

Suite *check_gradients_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("check_gradients");
    TCase *right = tcase_create("right layers");
    tcase_set_timeout(right, SECONDS);
    tcase_add_loop_test(right, the_library_s_layers_pass, 0, layer_case_count);
    suite_add_tcase(suite, right);
    TCase *wrong = tcase_create("wrong layers");
    tcase_set_timeout(wrong, SECONDS);
    tcase_add_loop_test(wrong, each_mistake_is_found, 0, HG_COUNT(mistakes));
    tcase_add_test(wrong, a_layer_that_claims_to_work_in_place_must);
    tcase_add_test(wrong, the_report_names_the_worst_element);
    tcase_add_test(wrong, misuse_is_named);
    tcase_add_test(wrong, no_memory_is_said_and_nothing_leaks);
    suite_add_tcase(suite, wrong);
    return suite;
}
