/* What is drawn for an augmentation, and what it makes of images. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/augment.h"
#include "random_image.h"

Suite *augment_suite(void);

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
    const hg_shape shape = image_shapes[_i];
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
    const hg_shape shape = image_shapes[0];
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
        const hg_shape shape = image_shapes[of_several[s]], one = { 1, shape.height, shape.width };
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
    const hg_shape shape = image_shapes[_i];
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
    Suite *suite = suite_create("augment");
    TCase *draws = tcase_create("draws");
    tcase_add_test(draws, draws_are_uniform_and_independent);
    tcase_add_test(draws, one_option_does_not_change_another_s_draw);
    suite_add_tcase(suite, draws);
    TCase *whole = tcase_create("whole");
    tcase_add_loop_test(whole, nothing_asked_for_changes_nothing, 0, IMAGE_SHAPES);
    tcase_add_test(whole, each_image_has_its_own_numbers);
    tcase_add_test(whole, channels_are_treated_alike);
    tcase_add_test(whole, outside_lies_the_background);
    tcase_add_loop_test(whole, memory_is_used_as_declared, 0, IMAGE_SHAPES);
    tcase_add_test(whole, noise_is_nearly_normal_and_uncorrelated);
    tcase_add_loop_test(whole, fields_out_of_range_are_named, 0, (int)HG_COUNT(mistakes));
    tcase_add_test(whole, shapes_that_cannot_be);
    suite_add_tcase(suite, whole);
    return suite;
}
