/* Moves of an image: exact ones, and all beside bilinear sampling by its definition. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "datasets/augment.h"
#include "random_image.h"

Suite *warp_suite(void);

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
            assert_moved((augment_drawn){ .shift_x = moved_right, .shift_y = moved_down, .scale = 1 }, image_shapes[_i],
                         row_above, column_before, 0);
}
END_TEST

START_TEST(half_turns_and_mirrors_are_exact)
{
    const float rounding = 1e-5F;
    moved_down = 0;
    assert_moved((augment_drawn){ .rotation = 180, .scale = 1 }, image_shapes[_i], last_row_minus, last_column_minus,
                 rounding);
    assert_moved((augment_drawn){ .flip = true, .scale = 1 }, image_shapes[_i], row_above, last_column_minus, 0);
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
    const hg_shape shape = image_shapes[_i];
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

Suite *warp_suite(void)
{
    Suite *suite = suite_create("warp");
    TCase *moves = tcase_create("moves");
    tcase_add_loop_test(moves, whole_shifts_are_exact, 0, IMAGE_SHAPES);
    tcase_add_loop_test(moves, half_turns_and_mirrors_are_exact, 0, IMAGE_SHAPES);
    tcase_add_test(moves, quarter_turns_are_exact);
    tcase_add_loop_test(moves, moves_are_bilinear_sampling, 0, IMAGE_SHAPES);
    suite_add_tcase(suite, moves);
    return suite;
}
