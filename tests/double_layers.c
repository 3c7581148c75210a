/* Every row of layer_cases.c in double: the gradients that a layer writes against
 * central differences of its own forward. */
#include <check.h>

#include "gradient_check.h"

Suite *double_layers_suite(void);

static const double TOLERANCE = 1e-7;

static void check_gradients(const layer_case *row, size_t level, size_t samples)
{
    layer_harness h;
    layer_case_open(&h, row, &(case_run){ .level = level, .samples = samples, .jitter = true });
    gradient_check(row, &h, 1, OF_LAYER, TOLERANCE);
    layer_harness_close(&h);
}

START_TEST(gradients_match_central_differences)
{
    const layer_case *row = &layer_cases[_i];
    if (!gradient_exists(row))
        return;
    for (size_t level = 0; level < case_levels(); level++)
        for (int i = 0; i < SAMPLE_COUNTS; i++)
            check_gradients(row, level, sample_counts[i]);
}
END_TEST

Suite *double_layers_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("layers in double");
    TCase *gradients = tcase_create("gradients");
    tcase_set_timeout(gradients, SECONDS);
    tcase_add_loop_test(gradients, gradients_match_central_differences, 0, layer_case_count);
    suite_add_tcase(suite, gradients);
    return suite;
}
