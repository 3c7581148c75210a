/* Augmentation beside bilinear sampling by its definition, and what is drawn for it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/augment.h"

Suite *augment_suite(void);

static const hg_shape shapes[] = { { 1, 28, 28 }, { 3, 9, 14 }, { 2, 1, 1 }, { 1, 1, 17 }, { 1, 6, 1 }, { 4, 5, 3 } };

static size_t pixels_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static float *random_image(hg_shape shape, uint32_t number)
{
    float *image = calloc(pixels_of(shape), sizeof *image);
    ck_assert_ptr_nonnull(image);
    hg_random random = hg_random_stream(1, HG_FOR_USER, number, 0);
    for (size_t i = 0; i < pixels_of(shape); i++)
        image[i] = (float)hg_random_uniform(&random);
    return image;
}

static float pixel(const float *image, hg_shape shape, int channel, int row, int column, float background)
{
    if (row < 0 || row >= shape.height || column < 0 || column >= shape.width)
        return background;
    return image[(channel * shape.height + row) * shape.width + column];
}

/* By definition. */
static double bilinear(const float *image, hg_shape shape, int channel, double y, double x, float background)
{
    const double row = floor(y), column = floor(x);
    double sum = 0;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            sum += (i ? y - row : 1 - (y - row)) * (k ? x - column : 1 - (x - column)) *
                   (double)pixel(image, shape, channel, (int)row + i, (int)column + k, background);
    return sum;
}

/* The warped image, in memory of exactly its size. */
static float *warped(const augment_drawn *drawn, hg_shape shape, const float *image, float background)
{
    const warp_map map = augment_map(drawn, shape);
    float *out = calloc(pixels_of(shape), sizeof *out), *scratch = calloc(warp_scratch(shape), sizeof *scratch);
    ck_assert(out && scratch);
    warp_image(&map, NULL, NULL, background, shape, image, scratch, out);
    free(scratch);
    return out;
}

/* ---- exact moves ---- */

static void assert_moved(augment_drawn drawn, hg_shape shape, int (*row_of)(hg_shape, int, int),
                         int (*column_of)(hg_shape, int, int), float tolerance)
{
    float *image = random_image(shape, 1), *out = warped(&drawn, shape, image, 0.25F);
    for (int channel = 0; channel < shape.channels; channel++)
        for (int row = 0; row < shape.height; row++)
            for (int column = 0; column < shape.width; column++)
                ck_assert_float_le(fabsf(pixel(out, shape, channel, row, column, 0) -
                                         pixel(image, shape, channel, row_of(shape, row, column),
                                               column_of(shape, row, column), 0.25F)),
                                   tolerance);
    free(image);
    free(out);
}

static int moved_down, moved_right;
static int row_above(hg_shape shape, int row, int column)
{
    (void)shape;
    (void)column;
    return row - moved_down;
}
static int column_before(hg_shape shape, int row, int column)
{
    (void)shape;
    (void)row;
    return column - moved_right;
}
static int last_column_minus(hg_shape shape, int row, int column)
{
    (void)row;
    return shape.width - 1 - column;
}
static int last_row_minus(hg_shape shape, int row, int column)
{
    (void)column;
    return shape.height - 1 - row;
}
static int row_is_column(hg_shape shape, int row, int column)
{
    (void)shape;
    (void)row;
    return column;
}
static int column_is_last_minus_row(hg_shape shape, int row, int column)
{
    (void)column;
    return shape.width - 1 - row;
}

START_TEST(whole_shifts_are_exact)
{
    for (moved_down = -4; moved_down <= 4; moved_down++)
        for (moved_right = -4; moved_right <= 4; moved_right++)
            assert_moved((augment_drawn){ .shift_x = moved_right, .shift_y = moved_down, .scale = 1 }, shapes[_i],
                         row_above, column_before, 0);
}
END_TEST

START_TEST(half_turns_and_mirrors_are_exact)
{
    const float rounding = 1e-5F;
    moved_down = 0;
    assert_moved((augment_drawn){ .rotation = 180, .scale = 1 }, shapes[_i], last_row_minus, last_column_minus,
                 rounding);
    assert_moved((augment_drawn){ .flip = true, .scale = 1 }, shapes[_i], row_above, last_column_minus, 0);
}
END_TEST

/* Counterclockwise: what comes to the left was above. */
START_TEST(quarter_turns_are_exact)
{
    const float rounding = 1e-5F;
    for (int side = 1; side < 30; side += 4)
        assert_moved((augment_drawn){ .rotation = 90, .scale = 1 }, (hg_shape){ 2, side, side }, row_is_column,
                     column_is_last_minus_row, rounding);
}
END_TEST

/* ---- all moves beside the definition ---- */

static augment_drawn random_move(uint32_t number)
{
    const hg_augmentation wild = { .shift = 9, .rotation = 180, .scale = 0.7, .shear = 0.9, .flip = true };
    hg_random random = hg_random_stream(3, HG_FOR_USER, number, 1);
    return augment_draw(&wild, &random);
}

/* Where a pixel of the result comes from: the moves undone one after the other. */
static void undo(const augment_drawn *drawn, hg_shape shape, int row, int column, double *y, double *x)
{
    const double angle = drawn->rotation * 3.14159265358979323846 / 180;
    const double right = column - (shape.width - 1) / 2.0 - drawn->shift_x;
    const double down = row - (shape.height - 1) / 2.0 - drawn->shift_y;
    *x = cos(angle) * right - sin(angle) * down;
    *y = sin(angle) * right + cos(angle) * down;
    *x -= drawn->shear * *y;
    *x /= drawn->flip ? -drawn->scale : drawn->scale;
    *y /= drawn->scale;
    *x += (shape.width - 1) / 2.0;
    *y += (shape.height - 1) / 2.0;
}

START_TEST(moves_are_bilinear_sampling)
{
    enum { MOVES = 60 };
    const float background = 0.3F, tolerance = 5e-5F;
    const hg_shape shape = shapes[_i];
    for (uint32_t number = 0; number < MOVES; number++) {
        const augment_drawn drawn = random_move(number);
        float *image = random_image(shape, number), *out = warped(&drawn, shape, image, background);
        for (int channel = 0; channel < shape.channels; channel++)
            for (int row = 0; row < shape.height; row++)
                for (int column = 0; column < shape.width; column++) {
                    double y, x;
                    undo(&drawn, shape, row, column, &y, &x);
                    ck_assert_float_eq_tol(pixel(out, shape, channel, row, column, 0),
                                           (float)bilinear(image, shape, channel, y, x, background), tolerance);
                }
        free(image);
        free(out);
    }
}
END_TEST

/* ---- what is drawn ---- */

static const hg_augmentation everything = { .shift = 2, .rotation = 20, .scale = 0.2, .shear = 0.3, .flip = true };

static augment_drawn drawn_for(const hg_augmentation *options, uint32_t index)
{
    hg_random random = hg_random_stream(7, HG_FOR_AUGMENTATION, 1, index);
    return augment_draw(options, &random);
}

START_TEST(draws_are_uniform_and_independent)
{
    enum { DRAWS = 20000, KINDS = 5 };
    const double most[KINDS] = { 2, 2, 20, 0.2, 0.3 };
    double sum[KINDS] = { 0 }, product[KINDS][KINDS] = { { 0 } }, low[KINDS] = { 0 }, high[KINDS] = { 0 };
    int flips = 0;
    for (uint32_t index = 0; index < DRAWS; index++) {
        const augment_drawn drawn = drawn_for(&everything, index);
        const double value[KINDS] = { drawn.shift_x, drawn.shift_y, drawn.rotation, drawn.scale - 1, drawn.shear };
        flips += drawn.flip;
        for (int i = 0; i < KINDS; i++) {
            sum[i] += value[i] / most[i];
            low[i] = fmin(low[i], value[i] / most[i]);
            high[i] = fmax(high[i], value[i] / most[i]);
            for (int k = 0; k < KINDS; k++)
                product[i][k] += value[i] / most[i] * value[k] / most[k];
        }
    }
    const double tolerance = 0.015; /* above three deviations of these means */
    ck_assert_double_eq_tol((double)flips / DRAWS, 0.5, tolerance);
    for (int i = 0; i < KINDS; i++) {
        ck_assert_double_eq_tol(sum[i] / DRAWS, 0, tolerance);
        ck_assert(low[i] >= -1 - 1e-12 && low[i] < -0.99 && high[i] <= 1 + 1e-12 && high[i] > 0.99);
        for (int k = 0; k < KINDS; k++)
            ck_assert_double_eq_tol(product[i][k] / DRAWS, i == k ? 1.0 / 3 : 0, tolerance);
    }
}
END_TEST

START_TEST(one_option_does_not_change_another_s_draw)
{
    const hg_augmentation sheared = { .shear = 0.3 };
    for (uint32_t index = 0; index < 100; index++) {
        const augment_drawn all = drawn_for(&everything, index), one = drawn_for(&sheared, index);
        ck_assert_double_eq(all.shear, one.shear);
        ck_assert(one.shift_x == 0 && one.shift_y == 0 && one.rotation == 0 && one.scale == 1 && !one.flip);
    }
}
END_TEST

/* ---- the whole function ---- */

static void augment(const hg_augmentation *options, hg_shape shape, const float *image, uint64_t seed, uint32_t epoch,
                    uint32_t index, float *out)
{
    hg_error error;
    if (hg_augment(options, shape, image, seed, epoch, index, out, &error))
        ck_abort_msg("%s", error.message);
}

START_TEST(nothing_asked_for_changes_nothing)
{
    const hg_augmentation nothing = { .smoothness = 3, .background = 0.5 };
    const hg_shape shape = shapes[_i];
    float *image = random_image(shape, 1), *out = random_image(shape, 2);
    image[pixels_of(shape) / 2] = NAN;
    augment(&nothing, shape, image, 1, 1, 1, out);
    ck_assert_mem_eq(image, out, pixels_of(shape) * sizeof *image);
    free(image);
    free(out);
}
END_TEST

static const hg_augmentation strong = { .shift = 3,
                                        .rotation = 30,
                                        .scale = 0.3,
                                        .shear = 0.3,
                                        .elastic = 1.5,
                                        .smoothness = 2,
                                        .noise = 0.1,
                                        .background = 0.5,
                                        .flip = true };

START_TEST(each_image_has_its_own_numbers)
{
    const hg_shape shape = shapes[0];
    const size_t bytes = pixels_of(shape) * sizeof(float);
    float *image = random_image(shape, 1), *first = random_image(shape, 2), *other = random_image(shape, 3);
    augment(&strong, shape, image, 5, 6, 7, first);
    augment(&strong, shape, image, 5, 6, 7, other);
    ck_assert_mem_eq(first, other, bytes);
    augment(&strong, shape, image, 4, 6, 7, other);
    ck_assert_mem_ne(first, other, bytes);
    augment(&strong, shape, image, 5, 5, 7, other);
    ck_assert_mem_ne(first, other, bytes);
    augment(&strong, shape, image, 5, 6, 8, other);
    ck_assert_mem_ne(first, other, bytes);
    augment(&strong, shape, image, 5, 6, 7, image);
    ck_assert_mem_eq(first, image, bytes);
    free(image);
    free(first);
    free(other);
}
END_TEST

/* The same path through every channel: each comes out as an image of its own would. */
START_TEST(channels_are_treated_alike)
{
    hg_augmentation options = strong;
    options.noise = 0;
    const size_t of_several[] = { 1, 5 };
    for (size_t s = 0; s < HG_COUNT(of_several); s++) {
        const hg_shape shape = shapes[of_several[s]], one = { 1, shape.height, shape.width };
        float *image = random_image(shape, 1), *out = random_image(shape, 2), *alone = random_image(one, 3);
        augment(&options, shape, image, 1, 2, 3, out);
        for (int channel = 0; channel < shape.channels; channel++) {
            const size_t first = (size_t)channel * pixels_of(one);
            augment(&options, one, image + first, 1, 2, 3, alone);
            ck_assert_mem_eq(alone, out + first, pixels_of(one) * sizeof *alone);
        }
        free(image);
        free(out);
        free(alone);
    }
}
END_TEST

/* Nothing but the background comes in from outside, and nothing wraps around. */
START_TEST(outside_lies_the_background)
{
    const hg_shape shape = { 1, 12, 10 };
    const hg_augmentation options = { .shift = 12, .rotation = 180, .scale = 0.9, .elastic = 5, .background = 0.75 };
    float *image = calloc(pixels_of(shape), sizeof *image), *out = random_image(shape, 1);
    for (size_t i = 0; i < pixels_of(shape); i++)
        image[i] = 0.75F;
    for (uint32_t index = 0; index < 200; index++) {
        augment(&options, shape, image, 1, 1, index, out);
        ck_assert_mem_eq(image, out, pixels_of(shape) * sizeof *out);
    }
    free(image);
    free(out);
}
END_TEST

/* Every number that augmenter_run may use, and no other: for the sanitizers, and for the guards here. */
START_TEST(memory_is_used_as_declared)
{
    enum { IMAGES = 300 };
    const hg_shape shape = shapes[_i];
    const double side = shape.height > shape.width ? shape.height : shape.width;
    hg_augmentation options = { .shift = side, .rotation = 180, .scale = 0.9, .shear = 2, .noise = 1 };
    for (int bent = 0; bent < 3; bent++) {
        augmenter augmenter;
        options.elastic = bent > 0 ? side : 0;
        options.smoothness = bent > 1 ? 1 : 0;
        ck_assert_int_eq(augmenter_set_up(&augmenter, &options, shape, 1, NULL), HG_OK);
        const size_t pixels = pixels_of(shape), numbers = augmenter.scratch;
        float *image = random_image(shape, 1), *out = calloc(pixels + 1, sizeof *out),
              *scratch = calloc(numbers + 1, sizeof *scratch);
        out[pixels] = scratch[numbers] = 77;
        for (uint32_t index = 0; index < IMAGES; index++) {
            augmenter_run(&augmenter, 1, index, image, scratch, out);
            for (size_t i = 0; i < pixels; i++)
                ck_assert(isfinite(out[i]));
        }
        ck_assert(out[pixels] == 77 && scratch[numbers] == 77);
        free(image);
        free(out);
        free(scratch);
    }
}
END_TEST

START_TEST(noise_is_nearly_normal_and_uncorrelated)
{
    const hg_shape shape = { 3, 101, 103 };
    const double deviation = 0.2, count = (double)pixels_of(shape);
    float *image = calloc(pixels_of(shape), sizeof *image);
    augment(&(hg_augmentation){ .noise = deviation }, shape, image, 1, 1, 1, image);
    double sum = 0, square = 0, fourth = 0, neighbours[8] = { 0 };
    for (size_t i = 0; i < pixels_of(shape); i++) {
        const double z = (double)image[i] / deviation;
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
        for (size_t k = 0; k < HG_COUNT(neighbours) && i > k; k++)
            neighbours[k] += z * (double)image[i - k - 1] / deviation;
    }
    const double tolerance = 0.025; /* above four deviations of these means */
    ck_assert_double_eq_tol(sum / count, 0, tolerance);
    ck_assert_double_eq_tol(square / count, 1, tolerance);
    ck_assert_double_eq_tol(fourth / count, 2.7, 4 * tolerance);
    for (size_t k = 0; k < HG_COUNT(neighbours); k++)
        ck_assert_double_eq_tol(neighbours[k] / count, 0, tolerance);
    free(image);
}
END_TEST

/* ---- errors ---- */

static const struct {
    hg_augmentation options;
    const char *said;
} mistakes[] = {
    { { .shift = -1 }, "augmentation: shift is -1 pixels: give 0 to 14" },
    { { .shift = 14.5 }, "shift is 14.5 pixels" },
    { { .shift = NAN }, "shift is nan" },
    { { .rotation = 181 }, "rotation is 181 degrees: give 0 to 180" },
    { { .rotation = -5 }, "rotation is -5" },
    { { .rotation = INFINITY }, "rotation is inf" },
    { { .scale = 1 }, "scale is 1: give 0 to 0.9" },
    { { .scale = -0.1 }, "scale is -0.1" },
    { { .shear = 3 }, "shear is 3: give 0 to 2" },
    { { .elastic = -2 }, "elastic is -2 pixels" },
    { { .elastic = 1e30 }, "elastic is 1e+30" },
    { { .elastic = 1, .smoothness = 0.5 }, "smoothness is 0.5 pixels: give 1 to 1e+06" },
    { { .elastic = 1, .smoothness = NAN }, "smoothness is nan" },
    { { .noise = 1.5 }, "noise is 1.5: give 0 to 1" },
    { { .noise = -INFINITY }, "noise is -inf" },
    { { .background = 2 }, "background is 2: give 0 to 1" },
};

START_TEST(fields_out_of_range_are_named)
{
    const hg_shape shape = { 1, 9, 14 };
    float *image = random_image(shape, 1), *out = random_image(shape, 2), *before = random_image(shape, 2);
    hg_error error;
    ck_assert_int_eq(hg_augment(&mistakes[_i].options, shape, image, 1, 1, 1, out, &error), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(error.message, mistakes[_i].said), "%s", error.message);
    ck_assert_mem_eq(out, before, pixels_of(shape) * sizeof *out);
    free(image);
    free(out);
    free(before);
}
END_TEST

START_TEST(shapes_that_cannot_be)
{
    const hg_shape bad[] = { { 0, 2, 2 }, { 1, 0, 2 }, { 1, 2, -1 }, { 1, 65536, 65536 }, { 1, 2147483647, 1 } };
    float number = 77;
    hg_error error;
    for (size_t i = 0; i < HG_COUNT(bad); i++) {
        ck_assert_int_eq(hg_augment(&strong, bad[i], &number, 1, 1, 1, &number, &error), HG_BAD_ARGUMENT);
        ck_assert_msg(strstr(error.message, i < 3 ? "at least 1 x 1 x 1" : "too large"), "%s", error.message);
    }
    ck_assert_float_eq(number, 77);
}
END_TEST

Suite *augment_suite(void)
{
    const int all = (int)HG_COUNT(shapes);
    Suite *suite = suite_create("augment");
    TCase *moves = tcase_create("moves");
    tcase_add_loop_test(moves, whole_shifts_are_exact, 0, all);
    tcase_add_loop_test(moves, half_turns_and_mirrors_are_exact, 0, all);
    tcase_add_test(moves, quarter_turns_are_exact);
    tcase_add_loop_test(moves, moves_are_bilinear_sampling, 0, all);
    tcase_add_test(moves, draws_are_uniform_and_independent);
    tcase_add_test(moves, one_option_does_not_change_another_s_draw);
    suite_add_tcase(suite, moves);
    TCase *whole = tcase_create("whole");
    tcase_add_loop_test(whole, nothing_asked_for_changes_nothing, 0, all);
    tcase_add_test(whole, each_image_has_its_own_numbers);
    tcase_add_test(whole, channels_are_treated_alike);
    tcase_add_test(whole, outside_lies_the_background);
    tcase_add_loop_test(whole, memory_is_used_as_declared, 0, all);
    tcase_add_test(whole, noise_is_nearly_normal_and_uncorrelated);
    tcase_add_loop_test(whole, fields_out_of_range_are_named, 0, (int)HG_COUNT(mistakes));
    tcase_add_test(whole, shapes_that_cannot_be);
    suite_add_tcase(suite, whole);
    return suite;
}
