/* Pictures of every kind come out as they went in: grey, colour, opacity, turned. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "picture_files.h"
#include "samples.h"
#include "scratch.h"

Suite *picture_suite(void);

enum { WIDTH = 13, HEIGHT = 9, JPEG_ERROR = 12 };

static picture_bytes file;
static hg_error error;

static hg_picture decoded(int channels)
{
    hg_picture picture = { 0 };
    ck_assert_msg(hg_picture_decode(&picture, "file", file.bytes, file.size, channels, &error) == HG_OK, "%s",
                  error.message);
    return picture;
}

static void assert_near(int a, int b, int most)
{
    ck_assert_msg(abs(a - b) <= most, "%d is not %d", a, b);
}

static void assert_shows(const hg_picture *picture, int channels, int row, int column, const unsigned char *shades,
                         int most)
{
    for (int c = 0; c < channels; c++)
        assert_near(picture->pixels[(c * picture->height + row) * picture->width + column], shades[c], most);
}

START_TEST(every_kind_keeps_its_pixels)
{
    const picture_ending ending = (picture_ending)_i;
    const int channels = ending == ENDS_PGM ? 1 : 3;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    picture_paint(pixels, WIDTH, HEIGHT, channels);
    picture_make(&file, ending, WIDTH, HEIGHT, channels, pixels);
    hg_picture picture = decoded(0);
    ck_assert_int_eq(picture.channels, channels);
    ck_assert_int_eq(picture.height, HEIGHT);
    ck_assert_int_eq(picture.width, WIDTH);
    for (int i = 0; i < HEIGHT * WIDTH; i++)
        assert_shows(&picture, channels, i / WIDTH, i % WIDTH, pixels + i * channels,
                     ending == ENDS_JPG ? JPEG_ERROR : 0);
    hg_picture_release(&picture);
    ck_assert_ptr_null(picture.pixels);
}
END_TEST

START_TEST(colour_becomes_grey_and_grey_colour)
{
    static const unsigned char colours[] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255 }, greys[] = { 7, 250 };
    picture_make(&file, ENDS_PNG, 4, 1, 3, colours);
    hg_picture picture = decoded(1);
    ck_assert_int_eq(picture.channels, 1);
    for (int i = 0; i < 4; i++)
        assert_near(picture.pixels[i], (const int[]){ 76, 150, 29, 255 }[i], 1);
    hg_picture_release(&picture);
    picture_make(&file, ENDS_PNG, 2, 1, 1, greys);
    picture = decoded(3);
    for (int c = 0; c < 3; c++)
        ck_assert_mem_eq(picture.pixels + 2 * c, greys, 2);
    hg_picture_release(&picture);
}
END_TEST

START_TEST(what_is_transparent_shows_white)
{
    static const unsigned char pixels[] = { 0, 0, 0, 0, 0, 0, 0, 255, 10, 20, 30, 128 }, grey[] = { 0, 0, 0, 255 };
    picture_make(&file, ENDS_PNG, 3, 1, 4, pixels);
    hg_picture picture = decoded(0);
    ck_assert_int_eq(picture.channels, 3);
    for (int c = 0; c < 3; c++) {
        ck_assert_int_eq(picture.pixels[3 * c], 255);
        ck_assert_int_eq(picture.pixels[3 * c + 1], 0);
        assert_near(picture.pixels[3 * c + 2], (pixels[8 + c] * 128 + 255 * 127) / 255, 1);
    }
    hg_picture_release(&picture);
    picture_make(&file, ENDS_PNG, 2, 1, 2, grey);
    picture = decoded(0);
    ck_assert_int_eq(picture.channels, 1);
    ck_assert_int_eq(picture.pixels[0], 255);
    ck_assert_int_eq(picture.pixels[1], 0);
    hg_picture_release(&picture);
}
END_TEST

START_TEST(every_depth_of_png_is_read)
{
    static const unsigned char palette[] = { 9, 8, 7, 200, 100, 50 };
    static const struct {
        png_header header;
        bool palette;
        unsigned char row[9];
        size_t size;
        unsigned char shown[2][3];
    } cases[] = {
        { { 2, 1, 1, 0, 0 }, false, { 0, 0x40 }, 2, { { 0, 0, 0 }, { 255, 255, 255 } } },
        { { 2, 1, 2, 0, 0 }, false, { 0, 0x60 }, 2, { { 85, 85, 85 }, { 170, 170, 170 } } },
        { { 2, 1, 4, 0, 0 }, false, { 0, 0x1F }, 2, { { 17, 17, 17 }, { 255, 255, 255 } } },
        { { 2, 1, 16, 0, 0 }, false, { 0, 0x12, 0x34, 0xFF, 0 }, 5, { { 0x12, 0x12, 0x12 }, { 255, 255, 255 } } },
        { { 2, 1, 1, 3, 0 }, true, { 0, 0x40 }, 2, { { 9, 8, 7 }, { 200, 100, 50 } } },
        { { 2, 1, 8, 3, 0 }, true, { 0, 1, 0 }, 3, { { 200, 100, 50 }, { 9, 8, 7 } } },
        { { 1, 2, 8, 0, 1 }, false, { 0, 5, 0, 6 }, 4, { { 5, 5, 5 }, { 6, 6, 6 } } },
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        picture_make_png(&file, cases[i].header, cases[i].palette ? palette : NULL, sizeof palette, cases[i].row,
                         cases[i].size);
        hg_picture picture = decoded(3);
        for (int p = 0; p < 2; p++)
            for (int c = 0; c < 3; c++)
                assert_near(picture.pixels[2 * c + p], cases[i].shown[p][c], 0);
        hg_picture_release(&picture);
    }
}
END_TEST

START_TEST(pgm_and_ppm_of_every_form_are_read)
{
    static const struct {
        const char *text;
        size_t size;
        int channels;
        unsigned char pixels[6];
    } cases[] = {
        { "P2 2 1 255 7 9", 14, 1, { 7, 9 } },
        { "P2\n# a\n2 # b\n1\n15\n15 0\n", 22, 1, { 255, 0 } },
        { "P3 1 1 255\n1 2 3\n", 17, 3, { 1, 2, 3 } },
        { "P5 2 1 15\n\x0F\x00", 12, 1, { 255, 0 } },
        { "P5 2 1 65535\n\xFF\xFF\x12\x34", 17, 1, { 255, 0x12 } },
        { "P5 1 1 255\n\n", 12, 1, { '\n' } },
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        file.size = cases[i].size;
        memcpy(file.bytes, cases[i].text, file.size);
        hg_picture picture = decoded(0);
        ck_assert_int_eq(picture.channels, cases[i].channels);
        ck_assert_mem_eq(picture.pixels, cases[i].pixels, (size_t)(picture.channels * picture.height * picture.width));
        hg_picture_release(&picture);
    }
}
END_TEST

/* What row and column the stored first pixel, and the last of its row, go to. */
START_TEST(photographs_are_turned_upright)
{
    static const struct {
        bool aside, bottom, right;
    } first[] = { { 0 },       { 0 },       { 0, 0, 1 }, { 0, 1, 1 }, { 0, 1, 0 },
                  { 1, 0, 0 }, { 1, 0, 1 }, { 1, 1, 1 }, { 1, 1, 0 } };
    enum { WIDE = 32, HIGH = 16 };
    static unsigned char pixels[HIGH * WIDE]; /* black but for the first block */
    for (int i = 0; i < HIGH * WIDE; i++)
        pixels[i] = i / WIDE < 8 && i % WIDE < 8 ? 255 : 0;
    for (unsigned char o = 1; o <= 8; o++)
        for (int little = 0; little < 2; little++) {
            picture_make(&file, ENDS_JPG, WIDE, HIGH, 1, pixels);
            picture_add_orientation(&file, o, little);
            hg_picture picture = decoded(1);
            ck_assert_int_eq(picture.width, first[o].aside ? HIGH : WIDE);
            ck_assert_int_eq(picture.height, first[o].aside ? WIDE : HIGH);
            for (int bottom = 0; bottom < 2; bottom++)
                for (int right = 0; right < 2; right++) {
                    const int row = bottom ? picture.height - 4 : 3, column = right ? picture.width - 4 : 3;
                    const bool white = first[o].bottom == bottom && first[o].right == right;
                    ck_assert_msg((picture.pixels[row * picture.width + column] > 128) == white,
                                  "orientation %d, bottom %d, right %d", o, bottom, right);
                }
            hg_picture_release(&picture);
        }
}
END_TEST

/* ---- files ---- */

START_TEST(files_are_read_and_named)
{
    char path[SCRATCH_PATH_LENGTH];
    unsigned char pixels[HEIGHT * WIDTH * 3];
    hg_picture picture = { 0 };
    scratch_path(path, "a.png");
    ck_assert_int_eq(hg_picture_read(&picture, path, 1, &error), HG_IO);
    ck_assert_msg(strstr(error.message, path) && strstr(error.message, "No such file"), "%s", error.message);
    ck_assert_int_eq(hg_picture_read(&picture, scratch_folder, 1, &error), HG_IO);
    ck_assert_msg(strstr(error.message, "a folder where a picture is expected") != NULL, "%s", error.message);
    ck_assert_int_eq(mkfifo(path, S_IRUSR | S_IWUSR), 0);
    ck_assert_int_eq(hg_picture_read(&picture, path, 1, &error), HG_IO);
    ck_assert_msg(strstr(error.message, "no regular file") != NULL, "%s", error.message);
    unlink(path);
    scratch_write(path, "", 0);
    ck_assert_int_eq(hg_picture_read(&picture, path, 1, &error), HG_BAD_FILE);
    ck_assert_msg(strstr(error.message, "empty") != NULL, "%s", error.message);
    ck_assert_int_eq(truncate(path, HG_PICTURE_BYTES + 1), 0);
    ck_assert_int_eq(hg_picture_read(&picture, path, 1, &error), HG_BAD_FILE);
    ck_assert_msg(strstr(error.message, "make it smaller") != NULL, "%s", error.message);
    picture_paint(pixels, WIDTH, HEIGHT, 3);
    picture_make(&file, ENDS_PNG, WIDTH, HEIGHT, 3, pixels);
    scratch_write(path, file.bytes, file.size);
    ck_assert_int_eq(hg_picture_read(&picture, path, 2, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_null(picture.pixels);
    ck_assert_int_eq(hg_picture_read(&picture, path, 3, &error), HG_OK);
    hg_picture_release(&picture);
    hg_picture_release(NULL);
    unlink(path);
}
END_TEST

START_TEST(a_lack_of_memory_is_said_and_nothing_leaks)
{
    const picture_ending ending = (picture_ending)_i;
    const int channels = ending == ENDS_PGM ? 1 : 3;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    picture_paint(pixels, WIDTH, HEIGHT, channels);
    picture_make(&file, ending, WIDTH, HEIGHT, channels, pixels);
    failing_allocator_install();
    hg_status status = HG_NO_MEMORY;
    for (long allowed = 0; status != HG_OK; allowed++) {
        hg_picture picture = { 0 };
        failing_allocator_allow(allowed);
        status = hg_picture_decode(&picture, "file", file.bytes, file.size, 1, &error);
        ck_assert_msg(status == HG_OK || status == HG_NO_MEMORY, "%ld: %s", allowed, error.message);
        hg_picture_release(&picture);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
        ck_assert_int_lt(allowed, 100);
    }
    failing_allocator_remove();
}
END_TEST

Suite *picture_suite(void)
{
    Suite *suite = suite_create("picture");
    TCase *pixels = tcase_create("pixels");
    tcase_add_loop_test(pixels, every_kind_keeps_its_pixels, 0, PICTURE_ENDINGS);
    tcase_add_test(pixels, colour_becomes_grey_and_grey_colour);
    tcase_add_test(pixels, what_is_transparent_shows_white);
    tcase_add_test(pixels, every_depth_of_png_is_read);
    tcase_add_test(pixels, pgm_and_ppm_of_every_form_are_read);
    tcase_add_test(pixels, photographs_are_turned_upright);
    suite_add_tcase(suite, pixels);
    TCase *files = tcase_create("files");
    scratch_add(files);
    tcase_add_test(files, files_are_read_and_named);
    tcase_add_loop_test(files, a_lack_of_memory_is_said_and_nothing_leaks, 0, PICTURE_ENDINGS);
    suite_add_tcase(suite, files);
    return suite;
}
