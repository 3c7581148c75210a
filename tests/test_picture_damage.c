/* Every way in which picture files can be damaged: cut off, flipped bytes, bytes too
 * many, and sizes that lie. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <check.h>

#include "picture_files.h"

Suite *picture_damage_suite(void);

enum { WIDTH = 13, HEIGHT = 9, MOST_MEMORY = 4 << 20 };

static picture_bytes file;
static hg_error error;

static void make_whole(picture_ending ending)
{
    unsigned char pixels[HEIGHT * WIDTH * 3];
    const int channels = ending == ENDS_PGM ? 1 : 3;
    picture_paint(pixels, WIDTH, HEIGHT, channels);
    picture_make(&file, ending, WIDTH, HEIGHT, channels, pixels);
}

/* In memory of exactly its size, so that sanitizers see a byte read too many. */
static hg_status decode(size_t size)
{
    hg_picture picture = { 0 };
    unsigned char *exact = malloc(size ? size : 1);
    memcpy(exact, file.bytes, size);
    error.message[0] = '\0';
    const hg_status status = hg_picture_decode(&picture, "file", exact, size, 0, &error);
    free(exact);
    ck_assert((status == HG_OK) == (picture.pixels != NULL));
    ck_assert((status == HG_OK) == (error.message[0] == '\0'));
    hg_picture_release(&picture);
    return status;
}

static void expect(const char *part)
{
    ck_assert_msg(decode(file.size) == HG_BAD_FILE && strstr(error.message, part), "no \"%s\" in: %s", part,
                  error.message);
    ck_assert(strncmp(error.message, "file: ", 6) == 0);
}

START_TEST(files_cut_off_anywhere_are_refused)
{
    make_whole((picture_ending)_i);
    ck_assert_int_eq(decode(file.size), HG_OK);
    for (size_t size = 0; size < file.size; size++)
        ck_assert_msg(decode(size) == HG_BAD_FILE, "%zu of %zu bytes: %s", size, file.size, error.message);
}
END_TEST

START_TEST(a_flipped_bit_of_a_png_is_refused)
{
    make_whole(ENDS_PNG);
    for (size_t bit = 0; bit < file.size * 8; bit++) {
        file.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        ck_assert_msg(decode(file.size) == HG_BAD_FILE, "bit %zu", bit);
        file.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}
END_TEST

START_TEST(flipped_bytes_end_in_a_picture_or_a_message)
{
    make_whole((picture_ending)_i);
    for (size_t i = 0; i < file.size; i++) {
        const unsigned char kept = file.bytes[i];
        for (int value = 0; value < 256; value += 5) {
            file.bytes[i] = (unsigned char)value;
            const hg_status status = decode(file.size);
            ck_assert_msg(status == HG_OK || status == HG_BAD_FILE || status == HG_NO_MEMORY, "%s", error.message);
        }
        file.bytes[i] = kept;
    }
}
END_TEST

START_TEST(bytes_too_many_are_refused_where_none_may_follow)
{
    static const picture_ending endings[] = { ENDS_PNG, ENDS_PGM, ENDS_PPM };
    for (size_t i = 0; i < HG_COUNT(endings); i++) {
        make_whole(endings[i]);
        file.bytes[file.size++] = 'x';
        expect("1 bytes too many");
    }
    make_whole(ENDS_JPG);
    memset(file.bytes + file.size, 'x', 100);
    file.size += 100;
    ck_assert_int_eq(decode(file.size), HG_OK);
}
END_TEST

START_TEST(other_files_are_named)
{
    static const char *const texts[] = { "GIF89a", "<svg>", "P7", "P4 8 1\nx", "RIFFxxxxWEBP", "II*", "x" };
    for (size_t i = 0; i < HG_COUNT(texts); i++) {
        file.size = strlen(texts[i]);
        memcpy(file.bytes, texts[i], file.size);
        expect("not a PNG, JPEG, BMP, PGM or PPM picture");
    }
    file.size = 0;
    expect("the file is empty");
}
END_TEST

/* ---- sizes that lie ---- */

static size_t largest_allocation;

static void *watching_allocate(size_t size, void *context)
{
    (void)context;
    if (size > largest_allocation)
        largest_allocation = size;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void free_memory(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static void expect_in_little_memory(const char *part)
{
    static const hg_allocator watching = { watching_allocate, free_memory, NULL };
    largest_allocation = 0;
    hg_set_allocator(&watching);
    expect(part);
    hg_set_allocator(NULL);
    ck_assert_uint_lt(largest_allocation, MOST_MEMORY);
}

/* Where the frame header of the made JPEG has its height. */
static unsigned char *jpeg_height(void)
{
    for (size_t i = 2; i + 9 < file.size; i++)
        if (file.bytes[i] == 0xFF && file.bytes[i + 1] == 0xC0)
            return file.bytes + i + 5;
    ck_abort();
}

static void set_jpeg_size(unsigned height, unsigned width)
{
    unsigned char *place = jpeg_height();
    picture_put_word(place, height << 16 | width);
}

static void set_bmp_size(uint32_t width, uint32_t height)
{
    for (int i = 0; i < 4; i++) {
        file.bytes[18 + i] = (unsigned char)(width >> 8 * i);
        file.bytes[22 + i] = (unsigned char)(height >> 8 * i);
    }
}

START_TEST(huge_sizes_take_no_memory)
{
    static const struct {
        uint32_t width, height;
        const char *said;
    } sizes[] = { { 0x7FFFFFFF, 0x7FFFFFFF, "" },
                  { 65535, 65535, "up to 67108864 are read: make it smaller" },
                  { 8192, 8192, "cannot hold" },
                  { 67108864, 1, "cannot hold" } };
    for (size_t i = 0; i < HG_COUNT(sizes); i++) {
        picture_make_png(&file, (png_header){ sizes[i].width, sizes[i].height, 8, 6, 0 }, NULL, 0, "abc", 3);
        expect_in_little_memory(sizes[i].said);
        file.size = (size_t)snprintf((char *)file.bytes, PICTURE_CAPACITY, "P6 %u %u 255\nabc", sizes[i].width,
                                     sizes[i].height);
        expect_in_little_memory(i > 1 ? "cut off" : "make it smaller");
        make_whole(ENDS_BMP);
        set_bmp_size(sizes[i].width, sizes[i].height);
        expect_in_little_memory(i > 1 ? "cut off" : "");
        make_whole(ENDS_BMP);
        set_bmp_size(sizes[i].width, 0U - sizes[i].height);
        expect_in_little_memory(i > 1 ? "cut off" : "");
    }
    make_whole(ENDS_JPG);
    set_jpeg_size(65535, 65535);
    expect_in_little_memory("make it smaller");
    set_jpeg_size(8192, 8192);
    expect_in_little_memory("cannot hold");
    file.size = (size_t)snprintf((char *)file.bytes, PICTURE_CAPACITY, "P5 99999999999999999999 1 255\n");
    expect_in_little_memory("width at byte 3 is above 2147483647");
}
END_TEST

START_TEST(sizes_of_zero_are_refused)
{
    for (int i = 0; i < 2; i++) {
        picture_make_png(&file, (png_header){ i ? 3 : 0, i ? 0 : 3, 8, 0, 0 }, NULL, 0, "", 0);
        expect("");
        make_whole(ENDS_BMP);
        set_bmp_size(i ? 3 : 0, i ? 0 : 3);
        expect("shows nothing");
        make_whole(ENDS_JPG);
        set_jpeg_size(i ? 3 : 0, i ? 0 : 3);
        expect("");
        file.size = (size_t)snprintf((char *)file.bytes, PICTURE_CAPACITY, "P5 %d %d 255\n", i ? 3 : 0, i ? 0 : 3);
        expect("shows nothing");
    }
    make_whole(ENDS_BMP);
    set_bmp_size(1, 0x80000000);
    expect("");
}
END_TEST

/* 200 MB of zeros behind an honest header of 13 x 9 pixels. */
START_TEST(a_png_that_unpacks_past_its_size_takes_no_memory)
{
    enum { BOMB = 200 << 20 };
    unsigned char *bomb = calloc(BOMB, 1);
    picture_make_png(&file, (png_header){ WIDTH, HEIGHT, 8, 0, 0 }, NULL, 0, bomb, BOMB);
    free(bomb);
    static const hg_allocator watching = { watching_allocate, free_memory, NULL };
    largest_allocation = 0;
    hg_set_allocator(&watching);
    const hg_status status = decode(file.size);
    hg_set_allocator(NULL);
    ck_assert_int_ne(status, HG_OK);
    ck_assert_uint_lt(largest_allocation, MOST_MEMORY);
}
END_TEST

START_TEST(lies_of_pnm_headers_are_named)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "P5", "in front of its width" },
        { "P5 x", "no number for its width at byte 3" },
        { "P5 3", "in front of its height" },
        { "P5 -3 2", "no number for its width" },
        { "P5 2 2 0\nabcd", "its white is 0" },
        { "P5 2 2 65536\nabcd", "white at byte 7 is above 65535" },
        { "P5 2 1 15\nab", "a pixel of 97, where white is 15" },
        { "P2 2 1 15 3 16", "pixels at byte 12 is above 15" },
        { "P2 2 1 15 3 x", "no number for its pixels" },
        { "P2 2 1 15 3   ", "in front of its pixels" },
        { "P2 2 1 15 3 4 5", "1 bytes too many" },
        { "P5 # 2 2 255", "in front of its width" },
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        file.size = strlen(cases[i].text);
        memcpy(file.bytes, cases[i].text, file.size);
        expect(cases[i].said);
    }
}
END_TEST

/* A byte of the end, of a segment's length, and thousands of empty scans. */
START_TEST(lies_of_jpeg_markers_are_named)
{
    make_whole(ENDS_JPG);
    file.size -= 2;
    expect("cut off");
    make_whole(ENDS_JPG);
    file.bytes[4] = file.bytes[5] = 0;
    expect("");
    make_whole(ENDS_JPG);
    static const unsigned char scan[] = { 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0 };
    for (int i = 0; i < 1000; i++)
        memcpy(file.bytes + file.size - 2 + (size_t)i * sizeof scan, scan, sizeof scan);
    file.size += 1000 * sizeof scan;
    memcpy(file.bytes + file.size - 2, "\xff\xd9", 2);
    expect("more than 256 scans");
    make_whole(ENDS_JPG);
    *(jpeg_height() - 4) = 0xC9; /* the frame's marker: arithmetic coding */
    expect("a JPEG of a kind that is not read (C9)");
}
END_TEST

/* More codes than a byte has values, for which stb_image has no room, in front of the frame and behind it. */
START_TEST(huffman_tables_without_room_are_refused)
{
    enum { TABLE = 2 + 2 + 17 + 400 };
    unsigned char table[TABLE] = { 0xFF, 0xC4, (TABLE - 2) >> 8, (TABLE - 2) & 0xFF, 0 };
    for (int i = 0; i < 16; i++)
        table[5 + i] = 25;
    for (int behind = 0; behind < 2; behind++) {
        make_whole(ENDS_JPG);
        unsigned char *place = file.bytes + 2;
        while (behind && place[1] != 0xC0)
            place += 2 + (place[2] << 8 | place[3]);
        memmove(place + TABLE, place, file.size - (size_t)(place - file.bytes));
        memcpy(place, table, TABLE);
        file.size += TABLE;
        expect("the JPEG table at byte");
    }
}
END_TEST

Suite *picture_damage_suite(void)
{
    Suite *suite = suite_create("picture_damage");
    TCase *bytes = tcase_create("bytes");
    tcase_set_timeout(bytes, 120);
    tcase_add_loop_test(bytes, files_cut_off_anywhere_are_refused, 0, PICTURE_ENDINGS);
    tcase_add_test(bytes, a_flipped_bit_of_a_png_is_refused);
    tcase_add_loop_test(bytes, flipped_bytes_end_in_a_picture_or_a_message, 0, PICTURE_ENDINGS);
    tcase_add_test(bytes, bytes_too_many_are_refused_where_none_may_follow);
    tcase_add_test(bytes, other_files_are_named);
    suite_add_tcase(suite, bytes);
    TCase *sizes = tcase_create("sizes");
    tcase_set_timeout(sizes, 60);
    tcase_add_test(sizes, huge_sizes_take_no_memory);
    tcase_add_test(sizes, sizes_of_zero_are_refused);
    tcase_add_test(sizes, a_png_that_unpacks_past_its_size_takes_no_memory);
    tcase_add_test(sizes, lies_of_pnm_headers_are_named);
    tcase_add_test(sizes, lies_of_jpeg_markers_are_named);
    tcase_add_test(sizes, huffman_tables_without_room_are_refused);
    suite_add_tcase(suite, sizes);
    return suite;
}
