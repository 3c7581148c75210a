/* optim/ and src/schedule.c go where PyTorch goes in float64. */
#include <check.h>

#include "optimizer_cases.h"

Suite *double_optimizers_suite(void);

START_TEST(optimizers_match_pytorch)
{
    optimizer_follow(_i, true, 1e-13);
}
END_TEST

Suite *double_optimizers_suite(void)
{
    Suite *suite = suite_create("optimizers in double");
    TCase *goldens = tcase_create("goldens");
    tcase_add_loop_test(goldens, optimizers_match_pytorch, 0, optimizer_golden_count());
    suite_add_tcase(suite, goldens);
    return suite;
}
