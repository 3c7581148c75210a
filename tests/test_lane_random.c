/* Random numbers of whole rows: src/lane_random.h and lane_normal.h beside the
 * library's own stream and the C library's functions. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "src/lane_normal.h"

Suite *lane_random_suite(void);

static const double UNIT = 1.0 / (1 << 23);

static hg_pass pass_of(uint64_t seed, uint32_t epoch, uint32_t layer)
{
    hg_pass pass = { .seed = seed, .epoch = epoch, .layer = layer, .count = HG_LANES };
    for (uint32_t lane = 0; lane < HG_LANES; lane++)
        pass.sample[lane] = (lane * 2654435761U) ^ 0x80000001U;
    return pass;
}

START_TEST(bits_are_those_of_the_samples_streams)
{
    enum { BLOCKS = 5 };
    const hg_pass passes[] = { pass_of(0, 0, 0), pass_of(0xFEDCBA9876543210, 0xFFFFFFFF, 4095),
                               pass_of(0x00000000FFFFFFFF, 3, 17) };
    const hg_pass *pass = &passes[_i];
    lane_bits bits[BLOCKS];
    for (uint32_t block = 0; block < BLOCKS; block++)
        lane_random(pass, block, &bits[block]);
    for (size_t lane = 0; lane < HG_LANES; lane++) {
        hg_random stream = hg_random_stream(pass->seed, (hg_purpose)(HG_FOR_NOISE + (pass->layer << PURPOSE_BITS)),
                                            pass->epoch, pass->sample[lane]);
        for (int block = 0; block < BLOCKS; block++)
            for (int k = 0; k < RANDOM_BLOCK; k++)
                ck_assert_uint_eq(bits[block].of[k][lane], hg_random_bits(&stream));
    }
}
END_TEST

START_TEST(below_is_less_than_the_bound)
{
    const uint32_t numbers[] = { 0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF };
    for (size_t n = 0; n < HG_COUNT(numbers); n++)
        for (size_t b = 0; b < HG_COUNT(numbers); b++) {
            lane_bits bits;
            for (size_t lane = 0; lane < HG_LANES; lane++)
                bits.of[2][lane] = numbers[n];
            for (int piece = 0; piece < PIECES; piece++)
                for (int i = 0; i < VEC; i++)
                    ck_assert_int_eq(lane_below(&bits, 2, piece, numbers[b])[i], numbers[n] < numbers[b] ? -1 : 0);
        }
}
END_TEST

/* ---- normal numbers ---- */

static void normals_of(uint32_t a, uint32_t b, double normal[2])
{
    lane_bits bits;
    for (int lane = 0; lane < HG_LANES; lane++) {
        bits.of[2][lane] = a;
        bits.of[3][lane] = b;
    }
    vec two[2];
    lane_normal(&bits, 1, PIECES - 1, two);
    normal[0] = (double)two[0][VEC - 1];
    normal[1] = (double)two[1][VEC - 1];
}

static void check_normals(uint32_t a, uint32_t b)
{
    const double u = ((double)(a >> 8) + 1) * 0x1p-24, radius = sqrt(-2 * log(u));
    const double angle = 2 * acos(-1) * (b * 0x1p-32), expected[2] = { radius * cos(angle), radius * sin(angle) };
    double normal[2];
    normals_of(a, b, normal);
    for (int k = 0; k < 2; k++) /* cos and sin of pi / 2 are no zeros in double */
        if (!(fabs(normal[k] - expected[k]) <= 4 * UNIT * fabs(expected[k]) + 1e-14))
            ck_abort_msg("normal %d of %08x %08x is %.9g, not %.9g", k, a, b, normal[k], expected[k]);
}

START_TEST(normals_are_box_and_mullers)
{
    const uint32_t ends[] = { 0,          1,          0xFF,       0x100,      0x1FFFFFFF, 0x20000000, 0x20000001,
                              0x3FFFFFFF, 0x40000000, 0x5FFFFFFF, 0x60000000, 0x7FFFFFFF, 0x80000000, 0x9FFFFFFF,
                              0xA0000000, 0xC0000000, 0xDFFFFFFF, 0xE0000000, 0xFFFFFEFF, 0xFFFFFF00, 0xFFFFFFFF };
    for (size_t a = 0; a < HG_COUNT(ends); a++)
        for (size_t b = 0; b < HG_COUNT(ends); b++)
            check_normals(ends[a], ends[b]);
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (int i = 0; i < 1 << 18; i++) {
        const uint32_t a = hg_random_bits(&random), b = hg_random_bits(&random);
        check_normals(a, b);
    }
}
END_TEST

Suite *lane_random_suite(void)
{
    enum { SECONDS = 60, PASSES = 3 };
    Suite *suite = suite_create("lane_random");
    TCase *tests = tcase_create("lane_random");
    tcase_set_timeout(tests, SECONDS);
    tcase_add_loop_test(tests, bits_are_those_of_the_samples_streams, 0, PASSES);
    tcase_add_test(tests, below_is_less_than_the_bound);
    tcase_add_test(tests, normals_are_box_and_mullers);
    suite_add_tcase(suite, tests);
    return suite;
}
