/* Two small IDX files, images and labels, sound until a test damages them. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "idx_files.h"

enum { SLOWEST_TEST = 60 };

unsigned char idx_images[IMAGE_BYTES], idx_labels[LABEL_BYTES];
char idx_images_path[SCRATCH_PATH_LENGTH], idx_labels_path[SCRATCH_PATH_LENGTH];
hg_error idx_error;

static const unsigned char image_header[IMAGE_HEADER] = {
    0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, HEIGHT, 0, 0, 0, WIDTH
};
static const unsigned char label_header[LABEL_HEADER] = { 0, 0, 8, 1, 0, 0, 0, IMAGES };

void idx_write_gz(const char *path, const void *bytes, size_t size)
{
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static void write_files(void)
{
    scratch_path(idx_images_path, "images");
    scratch_path(idx_labels_path, "labels");
    memcpy(idx_images, image_header, sizeof image_header);
    for (int i = IMAGE_HEADER; i < IMAGE_BYTES; i++)
        idx_images[i] = (unsigned char)(i - IMAGE_HEADER);
    memcpy(idx_labels, label_header, sizeof label_header);
    memcpy(idx_labels + LABEL_HEADER, (const unsigned char[]){ 7, 0, 9 }, IMAGES);
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    scratch_write(idx_labels_path, idx_labels, sizeof idx_labels);
    memset(&idx_error, 0, sizeof idx_error);
}

static void remove_files(void)
{
    remove(idx_images_path);
    remove(idx_labels_path);
}

TCase *idx_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    scratch_add(tests);
    tcase_add_checked_fixture(tests, write_files, remove_files);
    tcase_set_timeout(tests, SLOWEST_TEST);
    suite_add_tcase(suite, tests);
    return tests;
}

void idx_expect_failure_with(int classes, hg_status status, const char *part)
{
    memset(&idx_error, 0, sizeof idx_error);
    hg_dataset *dataset = hg_idx_open(idx_images_path, idx_labels_path, classes, &idx_error);
    ck_assert_msg(!dataset, "opened, though: %s", part);
    ck_assert_msg(strstr(idx_error.message, part), "\"%s\" does not say \"%s\"", idx_error.message, part);
    ck_assert_int_eq(idx_error.status, status);
    ck_assert_ptr_null(hg_idx_open(idx_images_path, idx_labels_path, classes, NULL));
}

void idx_expect_failure(hg_status status, const char *part)
{
    idx_expect_failure_with(CLASSES, status, part);
}
