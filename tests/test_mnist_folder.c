/* MNIST's folder: its four files under their known names, each plain or packed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idx_files.h"

Suite *mnist_folder_suite(void);

static void remove_test_part(void)
{
    static const char *const names[] = { "t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",
                                         "t10k-labels-idx1-ubyte.gz" };
    for (size_t i = 0; i < HG_COUNT(names); i++) {
        char path[SCRATCH_PATH_LENGTH];
        scratch_path(path, names[i]);
        remove(path);
    }
}

static void write_test_part(const char *images_name, const char *labels_name)
{
    char path[SCRATCH_PATH_LENGTH];
    scratch_path(path, images_name);
    idx_write_gz(path, idx_images, sizeof idx_images);
    scratch_path(path, labels_name);
    idx_write_gz(path, idx_labels, sizeof idx_labels);
}

START_TEST(folder_may_hold_plain_and_gz)
{
    write_test_part("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz");
    hg_dataset *dataset = hg_mnist_open(scratch_folder, HG_MNIST_TEST, &idx_error);
    ck_assert_msg(dataset, "%s", idx_error.message);
    ck_assert_uint_eq(dataset->count, IMAGES);
    ck_assert_int_eq(dataset->classes, 10);
    hg_dataset_destroy(dataset);
}
END_TEST

START_TEST(folder_without_the_files_is_named)
{
    ck_assert_ptr_null(hg_mnist_open(scratch_folder, HG_MNIST_TRAINING, &idx_error));
    ck_assert_int_eq(idx_error.status, HG_IO);
    ck_assert_ptr_nonnull(strstr(idx_error.message, scratch_folder));
    ck_assert_ptr_nonnull(strstr(idx_error.message, "no train-images-idx3-ubyte and no train-images-idx3-ubyte.gz in"));
    ck_assert_ptr_nonnull(strstr(idx_error.message, "fetch the four files from https://"));
    ck_assert_ptr_null(hg_mnist_open("/nowhere/at/all", HG_MNIST_TEST, &idx_error));
    ck_assert_ptr_nonnull(strstr(idx_error.message, "/nowhere/at/all: no t10k-images-idx3-ubyte and"));
}
END_TEST

START_TEST(folder_without_the_labels_is_named)
{
    write_test_part("t10k-images-idx3-ubyte.gz", "labels");
    ck_assert_ptr_null(hg_mnist_open(scratch_folder, HG_MNIST_TEST, &idx_error));
    ck_assert_ptr_nonnull(strstr(idx_error.message, "no t10k-labels-idx1-ubyte and no t10k-labels-idx1-ubyte.gz in"));
}
END_TEST

static void expect_mnist(const char *data, hg_mnist_part part, size_t count, const unsigned char first_labels[5],
                         unsigned first_sum)
{
    enum { SIDE = 28, MNIST_CLASSES = 10 };
    hg_dataset *dataset = hg_mnist_open(data, part, &idx_error);
    ck_assert_msg(dataset, "%s", idx_error.message);
    ck_assert_uint_eq(dataset->count, count);
    ck_assert_int_eq(dataset->shape.height, SIDE);
    ck_assert_int_eq(dataset->shape.width, SIDE);
    ck_assert_int_eq(dataset->classes, MNIST_CLASSES);
    ck_assert_mem_eq(dataset->labels, first_labels, 5);
    unsigned sum = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        sum += dataset->pixels[i];
    ck_assert_uint_eq(sum, first_sum);
    hg_dataset_destroy(dataset);
}

START_TEST(mnist_is_what_it_is)
{
    const char *data = getenv("HINGE_DATA");
    if (!data) {
        puts("SKIPPED mnist: HINGE_DATA is not set");
        fflush(stdout);
        return;
    }
    char mnist[SCRATCH_PATH_LENGTH];
    snprintf(mnist, sizeof mnist, "%s/mnist", data);
    expect_mnist(mnist, HG_MNIST_TRAINING, 60000, (const unsigned char[]){ 5, 0, 4, 1, 9 }, 27525);
    expect_mnist(mnist, HG_MNIST_TEST, 10000, (const unsigned char[]){ 7, 2, 1, 0, 4 }, 18454);
}
END_TEST

Suite *mnist_folder_suite(void)
{
    Suite *suite = suite_create("mnist_folder");
    TCase *mnist = idx_case(suite, "mnist");
    tcase_add_checked_fixture(mnist, NULL, remove_test_part);
    tcase_add_test(mnist, folder_may_hold_plain_and_gz);
    tcase_add_test(mnist, folder_without_the_files_is_named);
    tcase_add_test(mnist, folder_without_the_labels_is_named);
    tcase_add_test(mnist, mnist_is_what_it_is);
    return suite;
}
