/* src/schedule.c: factors, and what training makes of them. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *schedule_suite(void);

enum { COUNT = 100, BATCH = 16, BATCHES = 7, EPOCHS = 4 };
static const double TOLERANCE = 1e-12;

static void assert_factor(hg_schedule schedule, double place, double epochs, double expected)
{
    ck_assert_double_eq_tol(hg_schedule_factor(schedule, place, epochs), expected, TOLERANCE);
}

START_TEST(shapes_follow_their_formulas)
{
    const double places[] = { 0, 0.25, 1, 2.5, 4.999, 5, 9, 10 };
    for (size_t i = 0; i < HG_COUNT(places); i++) {
        const double e = places[i];
        assert_factor(hg_constant(), e, 10, 1);
        assert_factor((hg_schedule){ 0 }, e, 10, 1);
        assert_factor(hg_stepwise(0.5, .every = 2.5), e, 10, pow(0.5, floor(e / 2.5)));
        assert_factor(hg_exponential(0.7), e, 10, pow(0.7, e));
        assert_factor(hg_cosine(), e, 10, (1 + cos(acos(-1) * e / 10)) / 2);
        assert_factor(hg_cosine(0.1), e, 10, 0.1 + 0.9 * (1 + cos(acos(-1) * e / 10)) / 2);
    }
    assert_factor(hg_cosine(), 5, 10, 0.5);
    assert_factor(hg_cosine(0.2), 10, 10, 0.2);
}
END_TEST

START_TEST(zero_means_the_default)
{
    assert_factor(hg_stepwise(), 2.9, 9, 1);
    assert_factor(hg_stepwise(), 3.1, 9, 0.1);
    assert_factor(hg_stepwise(), 6.1, 9, 0.01);
    assert_factor(hg_stepwise(.every = 2), 2.1, 9, 0.1);
    assert_factor(hg_exponential(), 2, 9, 0.81);
    assert_factor(hg_cosine(), 9, 9, 0);
}
END_TEST

START_TEST(a_warm_up_comes_first_and_shifts_the_rest)
{
    const hg_schedule schedules[] = { hg_constant(.warmup = 1.5), hg_stepwise(0.5, .every = 3, .warmup = 1.5),
                                      hg_exponential(0.7, .warmup = 1.5), hg_cosine(0.1, .warmup = 1.5) };
    for (size_t i = 0; i < HG_COUNT(schedules); i++) {
        hg_schedule cold = schedules[i];
        cold.warmup = 0;
        assert_factor(schedules[i], 0, 10, 0);
        assert_factor(schedules[i], 0.5, 10, 1.0 / 3);
        assert_factor(schedules[i], 1.5, 10, 1);
        assert_factor(schedules[i], 6, 10, hg_schedule_factor(cold, 4.5, 8.5));
        assert_factor(schedules[i], 10, 10, hg_schedule_factor(cold, 8.5, 8.5));
    }
}
END_TEST

START_TEST(behind_the_end_it_stays)
{
    assert_factor(hg_cosine(0.1), 11, 10, 0.1);
    assert_factor(hg_exponential(0.5), 4, 2, 0.25);
    assert_factor(hg_cosine(.warmup = 2), 3, 2, 1);
}
END_TEST

/* ---- in training ---- */

typedef struct rates {
    double step[EPOCHS * BATCHES], epoch[EPOCHS];
    size_t steps, epochs;
} rates;

static bool note_step(const hg_step_report *report, void *context)
{
    rates *rates = context;
    rates->step[rates->steps++] = report->learning_rate;
    return true;
}

static bool note_epoch(const hg_epoch_report *report, void *context)
{
    rates *rates = context;
    rates->epoch[rates->epochs++] = report->learning_rate;
    return true;
}

static rates rates_of(hg_schedule schedule, uint64_t steps)
{
    rates rates = { .steps = 0 };
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 2);
    const hg_train_options options = { .optimizer = hg_sgd(0.25),
                                       .schedule = schedule,
                                       .epochs = EPOCHS,
                                       .batch = BATCH,
                                       .steps = steps,
                                       .on_step = note_step,
                                       .on_epoch = note_epoch,
                                       .context = &rates };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    hg_network_destroy(network);
    samples_close(&samples);
    return rates;
}

START_TEST(reports_say_the_rate_of_each_step)
{
    const hg_schedule schedules[] = { hg_constant(), hg_constant(.warmup = 0.5), hg_cosine(0.01, .warmup = 1),
                                      hg_stepwise() };
    for (size_t i = 0; i < HG_COUNT(schedules); i++) {
        const rates rates = rates_of(schedules[i], 0);
        ck_assert_uint_eq(rates.steps, EPOCHS * BATCHES);
        for (size_t s = 0; s < rates.steps; s++)
            ck_assert_double_eq_tol(
                rates.step[s], 0.25 * hg_schedule_factor(schedules[i], ((double)s + 0.5) / BATCHES, EPOCHS), TOLERANCE);
        for (size_t e = 0; e < EPOCHS; e++)
            ck_assert_double_eq(rates.epoch[e], rates.step[(e + 1) * BATCHES - 1]);
    }
}
END_TEST

START_TEST(a_limit_of_steps_is_the_end_of_the_schedule)
{
    enum { STEPS = 2 * BATCHES };
    const rates rates = rates_of(hg_cosine(), STEPS);
    ck_assert_uint_eq(rates.steps, STEPS);
    ck_assert_double_eq_tol(rates.step[STEPS / 2] + rates.step[STEPS / 2 - 1], 0.25, TOLERANCE);
    ck_assert_double_lt(rates.step[STEPS - 1], 0.01 * 0.25);
    ck_assert_double_gt(rates.step[STEPS - 1], 0);
}
END_TEST

/* The steps of training are those of a loop of one's own that asks for the factor. */
START_TEST(training_steps_at_the_scheduled_rate)
{
    enum { STEPS = 5 };
    const hg_schedule schedule = hg_cosine(.warmup = 0.3);
    samples samples;
    samples_open(&samples, STEPS * BATCH, small_shape, SMALL_CLASSES, 1);
    hg_network *trained = small_network(hg_relu(), 2), *own = small_network(hg_relu(), 2);
    const hg_train_options options = {
        .optimizer = hg_adamw(0.05), .schedule = schedule, .epochs = 1, .batch = BATCH, .no_shuffle = true
    };
    ck_assert_int_eq(hg_network_train(trained, &samples.bytes, &options, NULL), HG_OK);
    ck_assert_int_eq(hg_network_normalize(own, &samples.bytes, NULL), HG_OK);
    hg_real *images, probabilities[BATCH * SMALL_CLASSES];
    int *labels;
    double loss;
    samples_copy(&samples, &images, &labels);
    for (int step = 0; step < STEPS; step++) {
        const double factor = hg_schedule_factor(schedule, (step + 0.5) / STEPS, 1);
        hg_network_zero_gradients(own);
        ck_assert_int_eq(
            hg_network_forward(own, images + step * BATCH * SMALL_SIDE * SMALL_SIDE, BATCH, probabilities, NULL),
            HG_OK);
        ck_assert_int_eq(hg_network_backward_labels(own, labels + step * BATCH, &loss, NULL), HG_OK);
        ck_assert_int_eq(hg_network_step(own, hg_adamw(0.05 * factor), NULL), HG_OK);
    }
    assert_same_parameters(trained, own);
    free(images);
    free(labels);
    hg_network_destroy(trained);
    hg_network_destroy(own);
    samples_close(&samples);
}
END_TEST

/* ---- nonsense ---- */

static void refuse(hg_schedule schedule, const char *message)
{
    hg_error error = { .message = "" };
    samples samples;
    samples_open(&samples, 3, small_shape, SMALL_CLASSES, 2);
    hg_network *network = small_network(hg_relu(), 1);
    const hg_train_options options = { .schedule = schedule, .epochs = 10 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(error.message, message), "\"%s\" is not in: %s", message, error.message);
    ck_assert_int_eq(hg_schedule_check(schedule, 10, NULL), HG_BAD_ARGUMENT);
    hg_network_destroy(network);
    samples_close(&samples);
}

START_TEST(nonsense_is_refused)
{
    refuse(hg_constant(.warmup = 10.5),
           "schedule constant: a warm-up of 10.5 epochs; with 10 epochs of training it lasts 0 to 10");
    refuse(hg_cosine(.warmup = -1), "schedule cosine: a warm-up of -1 epochs");
    refuse(hg_cosine(.warmup = NAN), "a warm-up of nan epochs");
    refuse(hg_cosine(1.5), "schedule cosine: factor 1.5: the share of the rate at the end lies in [0, 1]");
    refuse(hg_cosine(NAN), "factor nan");
    refuse(hg_exponential(-0.9), "schedule exponential: factor -0.9: it must be finite and above 0");
    refuse(hg_stepwise(INFINITY), "schedule stepwise: factor inf");
    refuse(hg_stepwise(.every = -2), "schedule stepwise: every -2 epochs: it must be finite and above 0");
    refuse(hg_stepwise(.every = NAN), "every nan");
    refuse(hg_cosine(.every = 2), "schedule cosine: every 2 epochs: only hg_stepwise takes .every");
    refuse(hg_constant(0.5), "schedule constant: factor 0.5: it has none");
    refuse((hg_schedule){ .kind = (hg_schedule_kind)7 }, "schedule: there is no kind 7");
}
END_TEST

Suite *schedule_suite(void)
{
    Suite *suite = suite_create("schedule");
    TCase *schedules = tcase_create("schedules");
    tcase_add_test(schedules, shapes_follow_their_formulas);
    tcase_add_test(schedules, zero_means_the_default);
    tcase_add_test(schedules, a_warm_up_comes_first_and_shifts_the_rest);
    tcase_add_test(schedules, behind_the_end_it_stays);
    tcase_add_test(schedules, reports_say_the_rate_of_each_step);
    tcase_add_test(schedules, a_limit_of_steps_is_the_end_of_the_schedule);
    tcase_add_test(schedules, training_steps_at_the_scheduled_rate);
    tcase_add_test(schedules, nonsense_is_refused);
    suite_add_tcase(suite, schedules);
    return suite;
}
