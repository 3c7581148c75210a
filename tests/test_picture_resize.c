/* Resizing: known values, constants stay, and what the sizes must be. */
#include <math.h>
#include <string.h>

#include <check.h>

#include <hinge/hinge.h>

Suite *picture_resize_suite(void);

enum { MOST = 40 };

static float image[3 * MOST * MOST];
static hg_error error;

static void fit(int channels, int height, int width, const unsigned char *pixels, int to_height, int to_width)
{
    const hg_picture picture = { channels, height, width, (unsigned char *)pixels };
    ck_assert_msg(hg_picture_fit(&picture, (hg_shape){ channels, to_height, to_width }, image, &error) == HG_OK, "%s",
                  error.message);
}

static void assert_image(const int *bytes, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_msg(fabsf(image[i] * 255 - (float)bytes[i]) < 1e-3F, "pixel %d is %g, not %d", i,
                      (double)image[i] * 255, bytes[i]);
}

START_TEST(the_same_size_is_the_same_picture)
{
    static const unsigned char pixels[] = { 0, 50, 100, 150, 200, 255, 1, 2, 3, 4, 5, 6 };
    static const int same[] = { 0, 50, 100, 150, 200, 255, 1, 2, 3, 4, 5, 6 };
    fit(1, 3, 4, pixels, 3, 4);
    assert_image(same, 12);
    const hg_picture colours = { 3, 2, 2, (unsigned char *)pixels };
    ck_assert_int_eq(hg_picture_fit(&colours, (hg_shape){ 3, 2, 2 }, image, NULL), HG_OK);
    assert_image(same, 12);
}
END_TEST

START_TEST(smaller_is_the_mean_of_areas)
{
    static const unsigned char four[] = { 0, 100, 20, 40, 60, 80, 20, 120 }, three[] = { 30, 90, 240 };
    fit(1, 2, 4, four, 1, 2);
    assert_image((const int[]){ 60, 50 }, 2);
    /* 3 to 2: the middle pixel goes half and half, (30 + 45) / 1.5 and (45 + 240) / 1.5 */
    fit(1, 1, 3, three, 1, 2);
    assert_image((const int[]){ 50, 190 }, 2);
    fit(1, 3, 1, three, 2, 1);
    assert_image((const int[]){ 50, 190 }, 2);
}
END_TEST

START_TEST(larger_goes_straight_between_pixels)
{
    static const unsigned char two[] = { 0, 200 };
    fit(1, 1, 2, two, 1, 4);
    assert_image((const int[]){ 0, 50, 150, 200 }, 4);
    fit(1, 2, 1, two, 4, 1);
    assert_image((const int[]){ 0, 50, 150, 200 }, 4);
}
END_TEST

START_TEST(one_colour_stays_one_colour)
{
    static unsigned char pixels[3 * MOST * MOST];
    memset(pixels, 77, sizeof pixels);
    for (int from = 1; from <= MOST; from += 3)
        for (int to = 1; to <= MOST; to++) {
            fit(3, from, MOST - from + 1, pixels, to, MOST - to + 1);
            int others = 0;
            for (int i = 0; i < 3 * to * (MOST - to + 1); i++)
                others += fabsf(image[i] * 255 - 77) > 1e-3F;
            ck_assert_msg(others == 0, "%d pixels have changed from side %d to %d", others, from, to);
        }
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_refused)
{
    static unsigned char pixel[3];
    static const hg_shape shapes[] = { { 3, 1, 1 }, { 1, 0, 1 }, { 1, 1, -1 }, { 0, 1, 1 } };
    for (size_t i = 0; i < HG_COUNT(shapes); i++) {
        ck_assert_int_eq(hg_picture_fit(&(hg_picture){ 1, 1, 1, pixel }, shapes[i], image, &error), HG_BAD_ARGUMENT);
        ck_assert_msg(strstr(error.message, "a picture of 1 channels to") != NULL, "%s", error.message);
    }
}
END_TEST

Suite *picture_resize_suite(void)
{
    Suite *suite = suite_create("picture_resize");
    TCase *tests = tcase_create("picture_resize");
    tcase_add_test(tests, the_same_size_is_the_same_picture);
    tcase_add_test(tests, smaller_is_the_mean_of_areas);
    tcase_add_test(tests, larger_goes_straight_between_pixels);
    tcase_add_test(tests, one_colour_stays_one_colour);
    tcase_add_test(tests, sizes_that_do_not_fit_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
