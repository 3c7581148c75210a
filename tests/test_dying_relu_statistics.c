/* The statistics of examples/dying_relu against numbers from tables and by hand. */
#include <check.h>
#include <math.h>

#include <hinge/hinge.h>

#include "examples/dying_relu_statistics.h"
#include "examples/dying_relu_summary.h"

Suite *dying_relu_statistics_suite(void);

static const double four[] = { 1, 2, 3, 6 };

START_TEST(mean_and_deviation_by_hand)
{
    /* squares of the distances from 3: 4 + 1 + 0 + 9 = 14, over 3 */
    ck_assert_double_eq_tol(statistics_mean(four, 4), 3, 1e-15);
    ck_assert_double_eq_tol(statistics_deviation(four, 4), sqrt(14.0 / 3), 1e-15);
    ck_assert_double_eq(statistics_mean(four, 1), 1);
    ck_assert_double_nan(statistics_deviation(four, 1));
}
END_TEST

/* Two-sided 95 %, from the usual tables. */
static const struct {
    size_t degrees;
    double t;
} table[] = {
    { 1, 12.7062 }, { 2, 4.3027 }, { 3, 3.1824 },  { 4, 2.7764 },  { 5, 2.5706 },
    { 7, 2.3646 },  { 9, 2.2622 }, { 10, 2.2281 }, { 30, 2.0423 }, { 99, 1.9842 },
};

START_TEST(student_is_the_table_s)
{
    ck_assert_double_eq_tol(statistics_student(table[_i].degrees), table[_i].t, 6e-5);
}
END_TEST

START_TEST(half_width_by_hand)
{
    ck_assert_double_eq_tol(statistics_half_width(four, 4), 3.182446 * sqrt(14.0 / 3) / 2, 1e-5);
    ck_assert_double_eq(statistics_half_width((double[]){ 5, 5, 5 }, 3), 0);
    ck_assert_double_nan(statistics_half_width(four, 1));
}
END_TEST

/* ---- what the runs of one activation have in common ---- */

enum { SLOPE = 6, SEEDS = 3, EPOCHS = 2, DEEP_GENTLE = 0 };

static experiment experiment_of_three;

/* Accuracies in per cent: relu 50, 60, 70; slope 65, 15, and 90 where it is finished. */
static void make_experiment(void)
{
    static const double accuracies[SEEDS][2] = { { 0.50, 0.65 }, { 0.60, 0.15 }, { 0.70, 0.90 } };
    ck_assert_int_eq(experiment_create(&experiment_of_three, SEEDS, EPOCHS, SLOPE, NULL), HG_OK);
    for (int seed = 0; seed < SEEDS; seed++)
        for (int i = 0; i < 2; i++) {
            run *run = &experiment_of_three.runs[(size_t)(2 * (SCENARIOS * seed + DEEP_GENTLE) + i)];
            run->state = RUN_WHOLE;
            run->test_accuracy = accuracies[seed][i];
            run->last_epoch = EPOCHS;
            for (int epoch = 0; epoch <= EPOCHS; epoch++)
                run->epochs[epoch] = (run_epoch){ .units = 100, .dead = (size_t)(10 * seed + epoch), .silent = 7 };
        }
}

static run *find_slope(int seed)
{
    for (size_t i = 0; i < experiment_of_three.count; i++) {
        run *run = &experiment_of_three.runs[i];
        if (run->scenario == DEEP_GENTLE && run->activation == SLOPE && run->seed == 101 + (uint64_t)seed)
            return run;
    }
    return NULL;
}

static void release_experiment(void)
{
    experiment_destroy(&experiment_of_three);
}

START_TEST(differences_are_paired_by_seed)
{
    const summary all = summarize(&experiment_of_three, DEEP_GENTLE, SLOPE);
    const double differences[] = { 15, -45, 20 };
    ck_assert_uint_eq(all.runs, 3);
    ck_assert_uint_eq(all.pairs, 3);
    ck_assert_uint_eq(all.failed, 1); /* 15 % */
    ck_assert_double_eq_tol(all.accuracy, 170.0 / 3, 1e-9);
    ck_assert_double_eq_tol(all.difference, -10.0 / 3, 1e-9);
    ck_assert_double_eq_tol(all.half_width, statistics_half_width(differences, 3), 1e-9);
    ck_assert_double_eq_tol(all.dead, 0.12, 1e-12); /* 2, 12 and 22 of 100 at the last epoch */
    ck_assert_double_eq_tol(all.silent, 0.07, 1e-12);
    ck_assert(!all.thresholds);
}
END_TEST

START_TEST(missing_runs_are_left_out)
{
    find_slope(2)->state = RUN_MISSING;
    const summary two = summarize(&experiment_of_three, DEEP_GENTLE, SLOPE);
    ck_assert_uint_eq(two.runs, 2);
    ck_assert_double_eq_tol(two.difference, -15, 1e-9);
    ck_assert_uint_eq(summarize(&experiment_of_three, DEEP_GENTLE + 1, SLOPE).runs, 0);
}
END_TEST

START_TEST(broken_runs_fail_and_stay_as_they_were)
{
    run *run = find_slope(0);
    run->state = RUN_NOT_FINITE;
    run->last_epoch = 1;
    const summary all = summarize(&experiment_of_three, DEEP_GENTLE, SLOPE);
    ck_assert_uint_eq(all.failed, 2);
    ck_assert_double_eq_tol(all.dead, (0.01 + 0.12 + 0.22) / 3, 1e-12);
    ck_assert_ptr_eq(run_at(run, EPOCHS), &run->epochs[1]);
}
END_TEST

START_TEST(thresholds_are_taken_over_all_runs)
{
    for (int seed = 0; seed < SEEDS; seed++) {
        run *run = find_slope(seed);
        run->epochs[0].thresholds = run->epochs[EPOCHS].thresholds = 1;
        run->epochs[0].threshold_mean = 0.25;
        run->epochs[EPOCHS].threshold_min = -seed;
        run->epochs[EPOCHS].threshold_mean = seed;
        run->epochs[EPOCHS].threshold_max = 2 * seed;
    }
    const summary all = summarize(&experiment_of_three, DEEP_GENTLE, SLOPE);
    ck_assert(all.thresholds);
    ck_assert_double_eq(all.threshold_start, 0.25);
    ck_assert_double_eq(all.threshold_min, -2);
    ck_assert_double_eq(all.threshold_mean, 1);
    ck_assert_double_eq(all.threshold_max, 4);
}
END_TEST

Suite *dying_relu_statistics_suite(void)
{
    Suite *suite = suite_create("dying_relu_statistics");
    TCase *tests = tcase_create("statistics");
    tcase_add_test(tests, mean_and_deviation_by_hand);
    tcase_add_loop_test(tests, student_is_the_table_s, 0, (int)HG_COUNT(table));
    tcase_add_test(tests, half_width_by_hand);
    suite_add_tcase(suite, tests);
    TCase *summaries = tcase_create("summaries");
    tcase_add_checked_fixture(summaries, make_experiment, release_experiment);
    tcase_add_test(summaries, differences_are_paired_by_seed);
    tcase_add_test(summaries, missing_runs_are_left_out);
    tcase_add_test(summaries, broken_runs_fail_and_stay_as_they_were);
    tcase_add_test(summaries, thresholds_are_taken_over_all_runs);
    suite_add_tcase(suite, summaries);
    return suite;
}
