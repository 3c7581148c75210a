/* vec_gauss beside the C library's erfc and exp, over the range of float. */
#include <check.h>

#include "src/vec_gauss.h"

Suite *vec_gauss_suite(void);

static hg_real share_of(hg_real x)
{
    vec density;
    return vec_gauss(vec_set(x), &density)[VEC - 1];
}

static hg_real density_of(hg_real x)
{
    vec density;
    vec_gauss(vec_set(x), &density);
    return density[VEC - 1];
}

START_TEST(small_shares_keep_their_digits)
{
    const double farthest = 12.9, step = 1.0 / 8192, unit = 1.0 / (1 << 23);
    for (double x = -farthest; x <= farthest; x += step) {
        const double rounded = (double)(hg_real)x, slack = unit * (4 + x * x);
        const double share = 0.5 * erfc(-rounded / sqrt(2)), density = exp(-rounded * rounded / 2) / sqrt(2 * acos(-1));
        if (!(fabs((double)share_of((hg_real)x) / share - 1) <= slack))
            ck_abort_msg("share below %.9g: %.9g, not %.9g", rounded, (double)share_of((hg_real)x), share);
        if (!(fabs((double)density_of((hg_real)x) / density - 1) <= slack))
            ck_abort_msg("density at %.9g: %.9g, not %.9g", rounded, (double)density_of((hg_real)x), density);
    }
}
END_TEST

START_TEST(ends_of_the_range)
{
    const hg_real far[] = { 20, 1000, (hg_real)3e38, INFINITY };
    for (size_t i = 0; i < HG_COUNT(far); i++) {
        ck_assert(share_of(far[i]) == 1 && share_of(-far[i]) == 0);
        ck_assert(density_of(far[i]) == 0 && density_of(-far[i]) == 0);
    }
    ck_assert_double_le(fabs((double)share_of(0) - 0.5), 1e-7);
    ck_assert(isnan(share_of(NAN)) && isnan(density_of(NAN)));
}
END_TEST

Suite *vec_gauss_suite(void)
{
    Suite *suite = suite_create("vec_gauss");
    TCase *tests = tcase_create("vec_gauss");
    tcase_add_test(tests, small_shares_keep_their_digits);
    tcase_add_test(tests, ends_of_the_range);
    suite_add_tcase(suite, tests);
    return suite;
}
