/* IDX files: sound ones are read; missing ones and pairs that do not belong together are named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idx_files.h"
#include "samples.h"

Suite *idx_suite(void);

static void expect_success(void)
{
    hg_dataset *dataset = hg_idx_open(idx_images_path, idx_labels_path, CLASSES, &idx_error);
    ck_assert_msg(dataset, "%s", idx_error.message);
    ck_assert_uint_eq(dataset->count, IMAGES);
    ck_assert_int_eq(dataset->shape.channels, 1);
    ck_assert_int_eq(dataset->shape.height, HEIGHT);
    ck_assert_int_eq(dataset->shape.width, WIDTH);
    ck_assert_int_eq(dataset->classes, CLASSES);
    ck_assert_mem_eq(dataset->pixels, idx_images + IMAGE_HEADER, IMAGE_BYTES - IMAGE_HEADER);
    ck_assert_mem_eq(dataset->labels, idx_labels + LABEL_HEADER, IMAGES);
    hg_dataset_destroy(dataset);
}

/* ---- sound files ---- */

START_TEST(reads_plain_files)
{
    expect_success();
}
END_TEST

START_TEST(reads_gzipped_files)
{
    idx_write_gz(idx_images_path, idx_images, sizeof idx_images);
    idx_write_gz(idx_labels_path, idx_labels, sizeof idx_labels);
    expect_success();
}
END_TEST

START_TEST(reads_one_image_as_numbers)
{
    hg_dataset *dataset = hg_idx_open(idx_images_path, idx_labels_path, CLASSES, &idx_error);
    float image[HEIGHT * WIDTH + 1] = { [HEIGHT * WIDTH] = -1 };
    int label = -1;
    ck_assert_int_eq(dataset->read(dataset, 2, image, &label, &idx_error), HG_OK);
    ck_assert_int_eq(label, 9);
    for (int i = 0; i < HEIGHT * WIDTH; i++)
        ck_assert_float_eq_tol(image[i], (float)(2 * HEIGHT * WIDTH + i) / 255.0F, 1e-7F);
    ck_assert_float_eq(image[HEIGHT * WIDTH], -1);

    ck_assert_int_eq(dataset->read(dataset, IMAGES, image, &label, &idx_error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(idx_error.message, "image 3 of a data set of 3"));
    ck_assert_int_eq(label, 9);
    hg_dataset_destroy(dataset);
}
END_TEST

/* Larger than one step in which memory grows. */
START_TEST(reads_many_images)
{
    enum { MANY = 3001, SIDE = 28, BYTES = MANY * SIDE * SIDE };
    unsigned char *many = calloc(IMAGE_HEADER + BYTES, 1), *many_labels = calloc(LABEL_HEADER + MANY, 1);
    memcpy(many, (const unsigned char[]){ 0, 0, 8, 3, 0, 0, MANY >> 8, MANY & 255, 0, 0, 0, SIDE, 0, 0, 0, SIDE },
           IMAGE_HEADER);
    memcpy(many_labels, (const unsigned char[]){ 0, 0, 8, 1, 0, 0, MANY >> 8, MANY & 255 }, LABEL_HEADER);
    for (int i = 0; i < BYTES; i++)
        many[IMAGE_HEADER + i] = (unsigned char)(i % 251);
    idx_write_gz(idx_images_path, many, IMAGE_HEADER + BYTES);
    scratch_write(idx_labels_path, many_labels, LABEL_HEADER + MANY);
    failing_allocator_install();
    hg_dataset *dataset = hg_idx_open(idx_images_path, idx_labels_path, CLASSES, &idx_error);
    ck_assert_msg(dataset, "%s", idx_error.message);
    ck_assert_uint_eq(dataset->count, MANY);
    ck_assert(memcmp(dataset->pixels, many + IMAGE_HEADER, BYTES) == 0);
    hg_dataset_destroy(dataset);
    failing_allocator_remove();
    ck_assert_int_eq(failing_allocator_outstanding(), 0);
    free(many);
    free(many_labels);
}
END_TEST

START_TEST(destroying_nothing_is_fine)
{
    hg_dataset without_destroy = { .count = 1 };
    hg_dataset_destroy(NULL);
    hg_dataset_destroy(&without_destroy);
}
END_TEST

/* ---- files that are not there or no files ---- */

START_TEST(missing_images_are_named)
{
    remove(idx_images_path);
    idx_expect_failure(HG_IO, "/images: cannot open the images: No such file");
}
END_TEST

START_TEST(missing_labels_are_named)
{
    remove(idx_labels_path);
    idx_expect_failure(HG_IO, "/labels: cannot open the labels: No such file");
}
END_TEST

START_TEST(folder_is_not_a_file)
{
    remove(idx_images_path);
    ck_assert_int_eq(mkdir(idx_images_path, 0700), 0);
    idx_expect_failure(HG_IO, "/images: a folder where an IDX file of images is expected");
    rmdir(idx_images_path);
}
END_TEST

START_TEST(empty_files_are_refused)
{
    scratch_write(idx_images_path, "", 0);
    idx_expect_failure(HG_BAD_FILE, "/images: the file is empty");
    idx_write_gz(idx_images_path, "", 0);
    idx_expect_failure(HG_BAD_FILE, "/images: the file is empty");
    scratch_write(idx_images_path, idx_images, sizeof idx_images);
    scratch_write(idx_labels_path, "", 0);
    idx_expect_failure(HG_BAD_FILE, "/labels: the file is empty");
}
END_TEST

/* ---- two files that do not belong together ---- */

START_TEST(counts_that_disagree_are_named)
{
    idx_labels[7] = IMAGES - 1;
    scratch_write(idx_labels_path, idx_labels, sizeof idx_labels - 1);
    idx_expect_failure(HG_BAD_DATA, "/images holds 3 images but ");
    idx_expect_failure(HG_BAD_DATA, "/labels holds 2 labels");
}
END_TEST

START_TEST(label_out_of_range_is_named)
{
    idx_expect_failure_with(9, HG_BAD_DATA, "/labels: label 2 is 9, but with 9 classes labels are 0 to 8");
    idx_labels[LABEL_HEADER + 1] = 255;
    scratch_write(idx_labels_path, idx_labels, sizeof idx_labels);
    idx_expect_failure(HG_BAD_DATA, "/labels: label 1 is 255, but with 10 classes labels are 0 to 9");
}
END_TEST

START_TEST(no_classes_are_refused)
{
    idx_expect_failure_with(0, HG_BAD_ARGUMENT, "0 classes; at least 1 is needed");
    idx_expect_failure_with(-5, HG_BAD_ARGUMENT, "-5 classes");
}
END_TEST

/* ---- no memory ---- */

START_TEST(every_failing_allocation_is_reported)
{
    failing_allocator_install();
    hg_dataset *dataset = NULL;
    int allowed = 0;
    for (; !dataset && allowed < 100; allowed++) {
        failing_allocator_allow(allowed);
        dataset = hg_idx_open(idx_images_path, idx_labels_path, CLASSES, &idx_error);
        if (!dataset) {
            ck_assert_int_eq(idx_error.status, HG_NO_MEMORY);
            ck_assert_ptr_nonnull(strstr(idx_error.message, "no memory for"));
            ck_assert_int_eq(failing_allocator_outstanding(), 0);
        }
    }
    ck_assert_ptr_nonnull(dataset);
    ck_assert_int_gt(allowed, 3);
    hg_dataset_destroy(dataset);
    ck_assert_int_eq(failing_allocator_outstanding(), 0);
    failing_allocator_remove();
}
END_TEST

Suite *idx_suite(void)
{
    Suite *suite = suite_create("idx");

    TCase *sound = idx_case(suite, "sound");
    tcase_add_test(sound, reads_plain_files);
    tcase_add_test(sound, reads_gzipped_files);
    tcase_add_test(sound, reads_one_image_as_numbers);
    tcase_add_test(sound, reads_many_images);
    tcase_add_test(sound, destroying_nothing_is_fine);

    TCase *missing = idx_case(suite, "missing");
    tcase_add_test(missing, missing_images_are_named);
    tcase_add_test(missing, missing_labels_are_named);
    tcase_add_test(missing, folder_is_not_a_file);
    tcase_add_test(missing, empty_files_are_refused);
    tcase_add_test(missing, every_failing_allocation_is_reported);

    TCase *pair = idx_case(suite, "pair");
    tcase_add_test(pair, counts_that_disagree_are_named);
    tcase_add_test(pair, label_out_of_range_is_named);
    tcase_add_test(pair, no_classes_are_refused);
    return suite;
}
