/* Every way in which IDX files can be damaged: cut off, too long, and headers that lie. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idx_files.h"

Suite *idx_damage_suite(void);

/* ---- files that end too early or too late ---- */

START_TEST(images_cut_off_anywhere_are_refused)
{
    for (size_t size = 1; size < IMAGE_BYTES; size++) {
        char part[64];
        if (size < IMAGE_HEADER)
            snprintf(part, sizeof part, "within the header, after %zu of its 16 bytes", size);
        else
            snprintf(part, sizeof part, "cut off after %zu of the 24 bytes", size - IMAGE_HEADER);
        scratch_write(idx_images_path, idx_images, size);
        idx_expect_failure(HG_BAD_FILE, part);
        idx_write_gz(idx_images_path, idx_images, size);
        idx_expect_failure(HG_BAD_FILE, part);
    }
}
END_TEST

START_TEST(labels_cut_off_anywhere_are_refused)
{
    for (size_t size = 1; size < LABEL_BYTES; size++) {
        char part[64];
        if (size < LABEL_HEADER)
            snprintf(part, sizeof part, "within the header, after %zu of its 8 bytes", size);
        else
            snprintf(part, sizeof part, "cut off after %zu of the 3 bytes", size - LABEL_HEADER);
        scratch_write(idx_labels_path, idx_labels, size);
        idx_expect_failure(HG_BAD_FILE, part);
    }
}
END_TEST

START_TEST(gz_cut_off_anywhere_is_refused)
{
    unsigned char packed[256];
    idx_write_gz(idx_images_path, idx_images, sizeof idx_images);
    const size_t whole = scratch_read(idx_images_path, packed, sizeof packed);
    ck_assert_uint_gt(whole, 2);
    for (size_t size = 2; size < whole; size++) {
        scratch_write(idx_images_path, packed, size);
        idx_expect_failure(HG_BAD_FILE, "/images: the gzip data is cut off");
    }
}
END_TEST

START_TEST(bytes_after_the_end_are_refused)
{
    unsigned char longer[IMAGE_BYTES + 1] = { 0 };
    memcpy(longer, idx_images, sizeof idx_images);
    scratch_write(idx_images_path, longer, sizeof longer);
    idx_expect_failure(HG_BAD_FILE, "/images: goes on after the 24 bytes");
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    memcpy(longer, idx_labels, sizeof idx_labels);
    scratch_write(idx_labels_path, longer, sizeof idx_labels + 1);
    idx_expect_failure(HG_BAD_FILE, "/labels: goes on after the 3 bytes");
}
END_TEST

START_TEST(gz_that_inflates_past_its_header_is_refused)
{
    enum { BOMB = 50 << 20 };
    unsigned char *bomb = calloc(BOMB, 1);
    memcpy(bomb, idx_images, sizeof idx_images);
    idx_write_gz(idx_images_path, bomb, BOMB);
    free(bomb);
    idx_expect_failure(HG_BAD_FILE, "/images: goes on after the 24 bytes");
}
END_TEST

/* The last eight bytes of a .gz are its checksum and its size. */
START_TEST(gz_with_a_wrong_checksum_is_refused)
{
    unsigned char packed[256];
    idx_write_gz(idx_images_path, idx_images, sizeof idx_images);
    const size_t whole = scratch_read(idx_images_path, packed, sizeof packed);
    for (size_t i = whole - 8; i < whole; i++) {
        packed[i] ^= 1;
        scratch_write(idx_images_path, packed, whole);
        idx_expect_failure(HG_BAD_FILE, i < whole - 4 ? "/images: incorrect data check; the gzip data is damaged"
                                                      : "/images: incorrect length check; the gzip data is damaged");
        packed[i] ^= 1;
    }
}
END_TEST

START_TEST(gz_with_damaged_data_is_refused)
{
    unsigned char packed[256];
    idx_write_gz(idx_images_path, idx_images, sizeof idx_images);
    const size_t whole = scratch_read(idx_images_path, packed, sizeof packed);
    for (size_t i = 10; i < whole - 8; i++) {
        packed[i] ^= 0xFF;
        scratch_write(idx_images_path, packed, whole);
        ck_assert_ptr_null(hg_idx_open(idx_images_path, idx_labels_path, CLASSES, &idx_error));
        ck_assert_int_eq(idx_error.status, HG_BAD_FILE);
        packed[i] ^= 0xFF;
    }
}
END_TEST

/* ---- headers that lie ---- */

START_TEST(every_wrong_magic_byte_is_named)
{
    for (int i = 0; i < 4; i++) {
        char part[96];
        idx_images[i] ^= 0x10;
        snprintf(part, sizeof part, "magic is 0x%02x%02x%02x%02x, expected 0x00000803 (unsigned bytes of rank 3)",
                 idx_images[0], idx_images[1], idx_images[2], idx_images[3]);
        scratch_write(idx_images_path, idx_images, sizeof idx_images);
        idx_expect_failure(HG_BAD_FILE, part);
        idx_images[i] ^= 0x10;
    }
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_labels[3] = 2;
    scratch_write(idx_labels_path, idx_labels, sizeof idx_labels);
    idx_expect_failure(HG_BAD_FILE, "magic is 0x00000802, expected 0x00000801 (unsigned bytes of rank 1)");
}
END_TEST

START_TEST(swapped_files_are_recognised)
{
    scratch_write(idx_images_path, idx_labels, sizeof idx_labels);
    idx_expect_failure(HG_BAD_FILE, "/images: a file of labels (magic 0x00000801) where images (0x00000803)");
    idx_expect_failure(HG_BAD_FILE, "are the two paths swapped?");
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    scratch_write(idx_labels_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE, "/labels: a file of images (magic 0x00000803) where labels (0x00000801)");
}
END_TEST

START_TEST(no_images_or_labels_are_refused)
{
    idx_images[7] = 0;
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE, "/images: holds 0 images");
    idx_images[7] = IMAGES;
    scratch_write(idx_images_path, idx_images, IMAGE_HEADER);
    idx_labels[7] = 0;
    scratch_write(idx_labels_path, idx_labels, sizeof idx_labels);
    idx_expect_failure(HG_BAD_FILE, "/images: cut off after 0 of the 24 bytes");
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE, "/labels: holds 0 labels");
}
END_TEST

START_TEST(images_without_pixels_are_refused)
{
    idx_images[11] = 0;
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE, "images of 0 x 4 pixels hold nothing");
    idx_images[11] = HEIGHT;
    idx_images[15] = 0;
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE, "images of 2 x 0 pixels hold nothing");
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
    memset(idx_images + 4, 0xFF, 12);
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE,
                       "4294967295 images of 4294967295 x 4294967295 pixels are more than memory can hold");
    /* 65536 x 65536 is 0 in 32 bits */
    memcpy(idx_images + 4, (const unsigned char[]){ 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0 }, 12);
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    idx_expect_failure(HG_BAD_FILE, "1 images of 65536 x 65536 pixels are more than memory can hold");
}
END_TEST

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

START_TEST(memory_follows_the_file_not_its_header)
{
    static const hg_allocator watching = { watching_allocate, free_memory, NULL };
    memcpy(idx_images + 4, (const unsigned char[]){ 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0x40, 0, 0, 0, 0x40, 0 }, 12);
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    largest_allocation = 0;
    hg_set_allocator(&watching);
    idx_expect_failure(HG_BAD_FILE, "cut off after 24 of the 576460752034988032 bytes");
    hg_set_allocator(NULL);
    ck_assert_uint_gt(largest_allocation, 0);
    ck_assert_uint_lt(largest_allocation, 4 << 20);
}
END_TEST

Suite *idx_damage_suite(void)
{
    Suite *suite = suite_create("idx_damage");

    TCase *length = idx_case(suite, "length");
    tcase_add_test(length, images_cut_off_anywhere_are_refused);
    tcase_add_test(length, labels_cut_off_anywhere_are_refused);
    tcase_add_test(length, gz_cut_off_anywhere_is_refused);
    tcase_add_test(length, bytes_after_the_end_are_refused);
    tcase_add_test(length, gz_that_inflates_past_its_header_is_refused);
    tcase_add_test(length, gz_with_a_wrong_checksum_is_refused);
    tcase_add_test(length, gz_with_damaged_data_is_refused);

    TCase *header = idx_case(suite, "header");
    tcase_add_test(header, every_wrong_magic_byte_is_named);
    tcase_add_test(header, swapped_files_are_recognised);
    tcase_add_test(header, no_images_or_labels_are_refused);
    tcase_add_test(header, images_without_pixels_are_refused);
    tcase_add_test(header, absurd_sizes_are_refused);
    tcase_add_test(header, memory_follows_the_file_not_its_header);
    return suite;
}
