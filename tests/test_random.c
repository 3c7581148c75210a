/* src/random.c: Philox against its authors' answers, and what is made of its bits. */
#include <check.h>
#include <math.h>

#include <hinge/tensor.h>

Suite *random_suite(void);

/* The three lines "philox4x32 10" of kat_vectors in the Random123 distribution. */
static const struct {
    uint32_t counter[4], key[2], answer[4];
} known[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

enum { KNOWN_COUNT = sizeof known / sizeof known[0], BLOCK = 4, DRAWS = 200000 };

START_TEST(philox_gives_the_known_answers)
{
    hg_random random = hg_random_stream(0, HG_FOR_USER, 0, 0);
    for (int i = 0; i < BLOCK; i++)
        random.counter[i] = known[_i].counter[i];
    random.key[0] = known[_i].key[0];
    random.key[1] = known[_i].key[1];
    for (int i = 0; i < BLOCK; i++)
        ck_assert_uint_eq(hg_random_bits(&random), known[_i].answer[i]);
}
END_TEST

START_TEST(next_block_comes_from_next_counter)
{
    hg_random stream = hg_random_stream(5, HG_FOR_USER, 1, 2);
    for (int i = 0; i < BLOCK; i++)
        hg_random_bits(&stream);
    hg_random second = hg_random_stream(5, HG_FOR_USER, 1, 2);
    second.counter[0] = 1;
    for (int i = 0; i < BLOCK; i++)
        ck_assert_uint_eq(hg_random_bits(&stream), hg_random_bits(&second));
}
END_TEST

static uint32_t first_bits(uint64_t seed, hg_purpose purpose, uint32_t a, uint32_t b)
{
    hg_random random = hg_random_stream(seed, purpose, a, b);
    return hg_random_bits(&random);
}

START_TEST(every_argument_of_a_stream_matters)
{
    const uint64_t high_bit = (uint64_t)1 << 63;
    const uint32_t base = first_bits(1, HG_FOR_START, 2, 3);
    ck_assert_uint_eq(base, first_bits(1, HG_FOR_START, 2, 3));
    ck_assert_uint_ne(base, first_bits(2, HG_FOR_START, 2, 3));
    ck_assert_uint_ne(base, first_bits(1 | high_bit, HG_FOR_START, 2, 3));
    ck_assert_uint_ne(base, first_bits(1, HG_FOR_SHUFFLE, 2, 3));
    ck_assert_uint_ne(base, first_bits(1, HG_FOR_START, 3, 2));
    ck_assert_uint_ne(base, first_bits(1, HG_FOR_START, 2, 4));
}
END_TEST

START_TEST(uniform_fills_its_range_evenly)
{
    enum { BINS = 16 };
    int bins[BINS] = { 0 };
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        const double x = hg_random_uniform(&random);
        ck_assert(x >= 0 && x < 1);
        bins[(int)(x * BINS)]++;
    }
    /* five deviations of a binomial count */
    const double expected = (double)DRAWS / BINS, slack = 5 * sqrt(expected);
    for (int i = 0; i < BINS; i++)
        ck_assert_double_eq_tol(bins[i], expected, slack);
}
END_TEST

START_TEST(uniform_stays_below_one)
{
    hg_random random = { .block = { 0xffffffff }, .used = 0 };
    ck_assert_double_lt(hg_random_uniform(&random), 1);
}
END_TEST

START_TEST(normal_has_the_moments_of_a_normal)
{
    double sum[BLOCK + 1] = { 0 };
    hg_random random = hg_random_stream(2, HG_FOR_USER, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        const double x = hg_random_normal(&random);
        ck_assert(isfinite(x));
        for (int power = 1; power <= BLOCK; power++)
            sum[power] += pow(x, power);
    }
    /* five times the deviation of each mean: 1, sqrt 2, sqrt 15, sqrt 96 over sqrt DRAWS */
    const double slack = 5 / sqrt(DRAWS);
    ck_assert_double_eq_tol(sum[1] / DRAWS, 0, slack);
    ck_assert_double_eq_tol(sum[2] / DRAWS, 1, slack * sqrt(2));
    ck_assert_double_eq_tol(sum[3] / DRAWS, 0, slack * sqrt(15));
    ck_assert_double_eq_tol(sum[4] / DRAWS, 3, slack * sqrt(96));
}
END_TEST

START_TEST(normal_survives_the_smallest_uniforms)
{
    hg_random zeros = { .used = 0 };
    ck_assert(isfinite(hg_random_normal(&zeros)));
    hg_random ones = { .block = { 0xffffffff, 0xffffffff }, .used = 0 };
    ck_assert(isfinite(hg_random_normal(&ones)));
}
END_TEST

START_TEST(below_reaches_every_number_evenly)
{
    enum { BOUND = 7 };
    int counts[BOUND] = { 0 };
    hg_random random = hg_random_stream(3, HG_FOR_USER, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        const uint32_t x = hg_random_below(&random, BOUND);
        ck_assert_uint_lt(x, BOUND);
        counts[x]++;
    }
    const double expected = (double)DRAWS / BOUND, slack = 5 * sqrt(expected);
    for (int i = 0; i < BOUND; i++)
        ck_assert_double_eq_tol(counts[i], expected, slack);
}
END_TEST

/* With 3 * 2^30 a plain multiplication or remainder would favour one third of the
 * numbers by a factor of two. */
START_TEST(below_has_no_bias_at_a_large_bound)
{
    const uint32_t third = (uint32_t)1 << 30;
    int counts[3] = { 0 };
    int residues[3] = { 0 };
    hg_random random = hg_random_stream(4, HG_FOR_USER, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        const uint32_t x = hg_random_below(&random, 3 * third);
        ck_assert_uint_lt(x, 3 * third);
        counts[x / third]++;
        residues[x % 3]++;
    }
    const double expected = DRAWS / 3.0, slack = 5 * sqrt(expected);
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(counts[i], expected, slack);
        ck_assert_double_eq_tol(residues[i], expected, slack);
    }
}
END_TEST

START_TEST(below_one_is_zero)
{
    hg_random random = hg_random_stream(5, HG_FOR_USER, 0, 0);
    for (int i = 0; i < BLOCK; i++)
        ck_assert_uint_eq(hg_random_below(&random, 1), 0);
}
END_TEST

Suite *random_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *bits = tcase_create("bits");
    tcase_add_loop_test(bits, philox_gives_the_known_answers, 0, KNOWN_COUNT);
    tcase_add_test(bits, next_block_comes_from_next_counter);
    tcase_add_test(bits, every_argument_of_a_stream_matters);
    suite_add_tcase(suite, bits);
    TCase *distributions = tcase_create("distributions");
    tcase_add_test(distributions, uniform_fills_its_range_evenly);
    tcase_add_test(distributions, uniform_stays_below_one);
    tcase_add_test(distributions, normal_has_the_moments_of_a_normal);
    tcase_add_test(distributions, normal_survives_the_smallest_uniforms);
    tcase_add_test(distributions, below_reaches_every_number_evenly);
    tcase_add_test(distributions, below_has_no_bias_at_a_large_bound);
    tcase_add_test(distributions, below_one_is_zero);
    suite_add_tcase(suite, distributions);
    return suite;
}
