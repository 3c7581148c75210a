/* IDX files: what they should be, and every way in which they can be damaged. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <hinge/datasets.h>

Suite *idx_suite(void);

enum { PATH_LENGTH = 512, IMAGES = 3, HEIGHT = 2, WIDTH = 4, IMAGE_HEADER = 16, LABEL_HEADER = 8, CLASSES = 10 };
enum { IMAGE_BYTES = IMAGE_HEADER + IMAGES * HEIGHT * WIDTH, LABEL_BYTES = LABEL_HEADER + IMAGES };

static char folder[PATH_LENGTH], images_path[PATH_LENGTH + 32], labels_path[PATH_LENGTH + 32];
static unsigned char images[IMAGE_BYTES], labels[LABEL_BYTES];
static hg_error error;

static const unsigned char image_header[IMAGE_HEADER] = {
    0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, HEIGHT, 0, 0, 0, WIDTH
};
static const unsigned char label_header[LABEL_HEADER] = { 0, 0, 8, 1, 0, 0, 0, IMAGES };

static void write_plain(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_gz(const char *path, const void *bytes, size_t size)
{
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static size_t read_plain(const char *path, unsigned char *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    return size;
}

/* Three sound images, pixels 0, 1, 2, ..., with labels 7, 0, 9. */
static void set_up(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/hinge-idx-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(images_path, sizeof images_path, "%s/images", folder);
    snprintf(labels_path, sizeof labels_path, "%s/labels", folder);
    memcpy(images, image_header, sizeof image_header);
    for (int i = IMAGE_HEADER; i < IMAGE_BYTES; i++)
        images[i] = (unsigned char)(i - IMAGE_HEADER);
    memcpy(labels, label_header, sizeof label_header);
    memcpy(labels + LABEL_HEADER, (const unsigned char[]){ 7, 0, 9 }, IMAGES);
    write_plain(images_path, images, sizeof images);
    write_plain(labels_path, labels, sizeof labels);
    memset(&error, 0, sizeof error);
}

static void tear_down(void)
{
    static const char *const names[] = { "images", "labels", "t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",
                                         "t10k-labels-idx1-ubyte.gz" };
    for (size_t i = 0; i < HG_COUNT(names); i++) {
        char path[PATH_LENGTH + 32];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static void expect_failure_with(int classes, hg_status status, const char *part)
{
    memset(&error, 0, sizeof error);
    hg_dataset *dataset = hg_idx_open(images_path, labels_path, classes, &error);
    ck_assert_msg(!dataset, "opened, though: %s", part);
    ck_assert_msg(strstr(error.message, part), "\"%s\" does not say \"%s\"", error.message, part);
    ck_assert_int_eq(error.status, status);
    ck_assert_ptr_null(hg_idx_open(images_path, labels_path, classes, NULL));
}

static void expect_failure(hg_status status, const char *part)
{
    expect_failure_with(CLASSES, status, part);
}

static void expect_success(void)
{
    hg_dataset *dataset = hg_idx_open(images_path, labels_path, CLASSES, &error);
    ck_assert_msg(dataset, "%s", error.message);
    ck_assert_uint_eq(dataset->count, IMAGES);
    ck_assert_int_eq(dataset->shape.channels, 1);
    ck_assert_int_eq(dataset->shape.height, HEIGHT);
    ck_assert_int_eq(dataset->shape.width, WIDTH);
    ck_assert_int_eq(dataset->classes, CLASSES);
    ck_assert_mem_eq(dataset->pixels, images + IMAGE_HEADER, IMAGE_BYTES - IMAGE_HEADER);
    ck_assert_mem_eq(dataset->labels, labels + LABEL_HEADER, IMAGES);
    hg_dataset_destroy(dataset);
}

/* ---- memory that can run out ---- */

static int allocations_left, allocations_live;

static void *failing_allocate(size_t size, void *context)
{
    (void)context;
    if (allocations_left-- <= 0)
        return NULL;
    allocations_live++;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void counting_release(void *memory, void *context)
{
    (void)context;
    allocations_live--;
    free(memory);
}

static const hg_allocator failing = { failing_allocate, counting_release, NULL };

/* ---- sound files ---- */

START_TEST(reads_plain_files)
{
    expect_success();
}
END_TEST

START_TEST(reads_gzipped_files)
{
    write_gz(images_path, images, sizeof images);
    write_gz(labels_path, labels, sizeof labels);
    expect_success();
}
END_TEST

START_TEST(reads_one_image_as_numbers)
{
    hg_dataset *dataset = hg_idx_open(images_path, labels_path, CLASSES, &error);
    float image[HEIGHT * WIDTH + 1] = { [HEIGHT * WIDTH] = -1 };
    int label = -1;
    ck_assert_int_eq(dataset->read(dataset, 2, image, &label, &error), HG_OK);
    ck_assert_int_eq(label, 9);
    for (int i = 0; i < HEIGHT * WIDTH; i++)
        ck_assert_float_eq_tol(image[i], (float)(2 * HEIGHT * WIDTH + i) / 255.0F, 1e-7F);
    ck_assert_float_eq(image[HEIGHT * WIDTH], -1);

    ck_assert_int_eq(dataset->read(dataset, IMAGES, image, &label, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "image 3 of a data set of 3"));
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
    write_gz(images_path, many, IMAGE_HEADER + BYTES);
    write_plain(labels_path, many_labels, LABEL_HEADER + MANY);
    allocations_left = INT_MAX;
    hg_set_allocator(&failing);
    hg_dataset *dataset = hg_idx_open(images_path, labels_path, CLASSES, &error);
    ck_assert_msg(dataset, "%s", error.message);
    ck_assert_uint_eq(dataset->count, MANY);
    ck_assert(memcmp(dataset->pixels, many + IMAGE_HEADER, BYTES) == 0);
    hg_dataset_destroy(dataset);
    hg_set_allocator(NULL);
    ck_assert_int_eq(allocations_live, 0);
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
    remove(images_path);
    expect_failure(HG_IO, "/images: cannot open the images: No such file");
}
END_TEST

START_TEST(missing_labels_are_named)
{
    remove(labels_path);
    expect_failure(HG_IO, "/labels: cannot open the labels: No such file");
}
END_TEST

START_TEST(folder_is_not_a_file)
{
    remove(images_path);
    ck_assert_int_eq(mkdir(images_path, 0700), 0);
    expect_failure(HG_IO, "/images: a folder where an IDX file of images is expected");
    rmdir(images_path);
}
END_TEST

START_TEST(empty_files_are_refused)
{
    write_plain(images_path, "", 0);
    expect_failure(HG_BAD_FILE, "/images: the file is empty");
    write_gz(images_path, "", 0);
    expect_failure(HG_BAD_FILE, "/images: the file is empty");
    write_plain(images_path, images, sizeof images);
    write_plain(labels_path, "", 0);
    expect_failure(HG_BAD_FILE, "/labels: the file is empty");
}
END_TEST

/* ---- files that end too early or too late ---- */

START_TEST(images_cut_off_anywhere_are_refused)
{
    for (size_t size = 1; size < IMAGE_BYTES; size++) {
        char part[64];
        if (size < IMAGE_HEADER)
            snprintf(part, sizeof part, "within the header, after %zu of its 16 bytes", size);
        else
            snprintf(part, sizeof part, "cut off after %zu of the 24 bytes", size - IMAGE_HEADER);
        write_plain(images_path, images, size);
        expect_failure(HG_BAD_FILE, part);
        write_gz(images_path, images, size);
        expect_failure(HG_BAD_FILE, part);
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
        write_plain(labels_path, labels, size);
        expect_failure(HG_BAD_FILE, part);
    }
}
END_TEST

START_TEST(gz_cut_off_anywhere_is_refused)
{
    unsigned char packed[256];
    write_gz(images_path, images, sizeof images);
    const size_t whole = read_plain(images_path, packed, sizeof packed);
    ck_assert_uint_gt(whole, 2);
    for (size_t size = 2; size < whole; size++) {
        write_plain(images_path, packed, size);
        expect_failure(HG_BAD_FILE, "/images: the gzip data is cut off");
    }
}
END_TEST

START_TEST(bytes_after_the_end_are_refused)
{
    unsigned char longer[IMAGE_BYTES + 1] = { 0 };
    memcpy(longer, images, sizeof images);
    write_plain(images_path, longer, sizeof longer);
    expect_failure(HG_BAD_FILE, "/images: goes on after the 24 bytes");
    write_plain(images_path, images, sizeof images);
    memcpy(longer, labels, sizeof labels);
    write_plain(labels_path, longer, sizeof labels + 1);
    expect_failure(HG_BAD_FILE, "/labels: goes on after the 3 bytes");
}
END_TEST

START_TEST(gz_that_inflates_past_its_header_is_refused)
{
    enum { BOMB = 50 << 20 };
    unsigned char *bomb = calloc(BOMB, 1);
    memcpy(bomb, images, sizeof images);
    write_gz(images_path, bomb, BOMB);
    free(bomb);
    expect_failure(HG_BAD_FILE, "/images: goes on after the 24 bytes");
}
END_TEST

/* The last eight bytes of a .gz are its checksum and its size. */
START_TEST(gz_with_a_wrong_checksum_is_refused)
{
    unsigned char packed[256];
    write_gz(images_path, images, sizeof images);
    const size_t whole = read_plain(images_path, packed, sizeof packed);
    for (size_t i = whole - 8; i < whole; i++) {
        packed[i] ^= 1;
        write_plain(images_path, packed, whole);
        expect_failure(HG_BAD_FILE, i < whole - 4 ? "/images: incorrect data check; the gzip data is damaged"
                                                  : "/images: incorrect length check; the gzip data is damaged");
        packed[i] ^= 1;
    }
}
END_TEST

START_TEST(gz_with_damaged_data_is_refused)
{
    unsigned char packed[256];
    write_gz(images_path, images, sizeof images);
    const size_t whole = read_plain(images_path, packed, sizeof packed);
    for (size_t i = 10; i < whole - 8; i++) {
        packed[i] ^= 0xFF;
        write_plain(images_path, packed, whole);
        ck_assert_ptr_null(hg_idx_open(images_path, labels_path, CLASSES, &error));
        ck_assert_int_eq(error.status, HG_BAD_FILE);
        packed[i] ^= 0xFF;
    }
}
END_TEST

/* ---- headers that lie ---- */

START_TEST(every_wrong_magic_byte_is_named)
{
    for (int i = 0; i < 4; i++) {
        char part[96];
        images[i] ^= 0x10;
        snprintf(part, sizeof part, "magic is 0x%02x%02x%02x%02x, expected 0x00000803 (unsigned bytes of rank 3)",
                 images[0], images[1], images[2], images[3]);
        write_plain(images_path, images, sizeof images);
        expect_failure(HG_BAD_FILE, part);
        images[i] ^= 0x10;
    }
    write_plain(images_path, images, sizeof images);
    labels[3] = 2;
    write_plain(labels_path, labels, sizeof labels);
    expect_failure(HG_BAD_FILE, "magic is 0x00000802, expected 0x00000801 (unsigned bytes of rank 1)");
}
END_TEST

START_TEST(swapped_files_are_recognised)
{
    write_plain(images_path, labels, sizeof labels);
    expect_failure(HG_BAD_FILE, "/images: a file of labels (magic 0x00000801) where images (0x00000803)");
    expect_failure(HG_BAD_FILE, "are the two paths swapped?");
    write_plain(images_path, images, sizeof images);
    write_plain(labels_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "/labels: a file of images (magic 0x00000803) where labels (0x00000801)");
}
END_TEST

START_TEST(no_images_or_labels_are_refused)
{
    images[7] = 0;
    write_plain(images_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "/images: holds 0 images");
    write_plain(images_path, image_header, sizeof image_header);
    labels[7] = 0;
    write_plain(labels_path, labels, sizeof labels);
    expect_failure(HG_BAD_FILE, "/images: cut off after 0 of the 24 bytes");
    images[7] = IMAGES;
    write_plain(images_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "/labels: holds 0 labels");
}
END_TEST

START_TEST(images_without_pixels_are_refused)
{
    images[11] = 0;
    write_plain(images_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "images of 0 x 4 pixels hold nothing");
    images[11] = HEIGHT;
    images[15] = 0;
    write_plain(images_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "images of 2 x 0 pixels hold nothing");
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
    memset(images + 4, 0xFF, 12);
    write_plain(images_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "4294967295 images of 4294967295 x 4294967295 pixels are more than memory can hold");
    /* 65536 x 65536 is 0 in 32 bits */
    memcpy(images + 4, (const unsigned char[]){ 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0 }, 12);
    write_plain(images_path, images, sizeof images);
    expect_failure(HG_BAD_FILE, "1 images of 65536 x 65536 pixels are more than memory can hold");
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
    memcpy(images + 4, (const unsigned char[]){ 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0x40, 0, 0, 0, 0x40, 0 }, 12);
    write_plain(images_path, images, sizeof images);
    largest_allocation = 0;
    hg_set_allocator(&watching);
    expect_failure(HG_BAD_FILE, "cut off after 24 of the 576460752034988032 bytes");
    hg_set_allocator(NULL);
    ck_assert_uint_gt(largest_allocation, 0);
    ck_assert_uint_lt(largest_allocation, 4 << 20);
}
END_TEST

/* ---- two files that do not belong together ---- */

START_TEST(counts_that_disagree_are_named)
{
    labels[7] = IMAGES - 1;
    write_plain(labels_path, labels, sizeof labels - 1);
    expect_failure(HG_BAD_DATA, "/images holds 3 images but ");
    expect_failure(HG_BAD_DATA, "/labels holds 2 labels");
}
END_TEST

START_TEST(label_out_of_range_is_named)
{
    expect_failure_with(9, HG_BAD_DATA, "/labels: label 2 is 9, but with 9 classes labels are 0 to 8");
    labels[LABEL_HEADER + 1] = 255;
    write_plain(labels_path, labels, sizeof labels);
    expect_failure(HG_BAD_DATA, "/labels: label 1 is 255, but with 10 classes labels are 0 to 9");
}
END_TEST

START_TEST(no_classes_are_refused)
{
    expect_failure_with(0, HG_BAD_ARGUMENT, "0 classes; at least 1 is needed");
    expect_failure_with(-5, HG_BAD_ARGUMENT, "-5 classes");
}
END_TEST

/* ---- no memory ---- */

START_TEST(every_failing_allocation_is_reported)
{
    hg_set_allocator(&failing);
    hg_dataset *dataset = NULL;
    int allowed = 0;
    for (; !dataset && allowed < 100; allowed++) {
        allocations_left = allowed;
        dataset = hg_idx_open(images_path, labels_path, CLASSES, &error);
        if (!dataset) {
            ck_assert_int_eq(error.status, HG_NO_MEMORY);
            ck_assert_ptr_nonnull(strstr(error.message, "no memory for"));
            ck_assert_int_eq(allocations_live, 0);
        }
    }
    ck_assert_ptr_nonnull(dataset);
    ck_assert_int_gt(allowed, 3);
    hg_dataset_destroy(dataset);
    ck_assert_int_eq(allocations_live, 0);
    hg_set_allocator(NULL);
}
END_TEST

/* ---- MNIST's folder ---- */

static void write_test_part(const char *images_name, const char *labels_name)
{
    char path[PATH_LENGTH + 32];
    snprintf(path, sizeof path, "%s/%s", folder, images_name);
    write_gz(path, images, sizeof images);
    snprintf(path, sizeof path, "%s/%s", folder, labels_name);
    write_gz(path, labels, sizeof labels);
}

START_TEST(folder_may_hold_plain_and_gz)
{
    write_test_part("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz");
    hg_dataset *dataset = hg_mnist_open(folder, HG_MNIST_TEST, &error);
    ck_assert_msg(dataset, "%s", error.message);
    ck_assert_uint_eq(dataset->count, IMAGES);
    ck_assert_int_eq(dataset->classes, 10);
    hg_dataset_destroy(dataset);
}
END_TEST

START_TEST(folder_without_the_files_is_named)
{
    ck_assert_ptr_null(hg_mnist_open(folder, HG_MNIST_TRAINING, &error));
    ck_assert_int_eq(error.status, HG_IO);
    ck_assert_ptr_nonnull(strstr(error.message, folder));
    ck_assert_ptr_nonnull(strstr(error.message, "no train-images-idx3-ubyte and no train-images-idx3-ubyte.gz in"));
    ck_assert_ptr_nonnull(strstr(error.message, "fetch the four files from https://"));
    ck_assert_ptr_null(hg_mnist_open("/nowhere/at/all", HG_MNIST_TEST, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "/nowhere/at/all: no t10k-images-idx3-ubyte and"));
}
END_TEST

START_TEST(folder_without_the_labels_is_named)
{
    write_test_part("t10k-images-idx3-ubyte.gz", "labels");
    ck_assert_ptr_null(hg_mnist_open(folder, HG_MNIST_TEST, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "no t10k-labels-idx1-ubyte and no t10k-labels-idx1-ubyte.gz in"));
}
END_TEST

static void expect_mnist(const char *data, hg_mnist_part part, size_t count, const unsigned char first_labels[5],
                         unsigned first_sum)
{
    enum { SIDE = 28, MNIST_CLASSES = 10 };
    hg_dataset *dataset = hg_mnist_open(data, part, &error);
    ck_assert_msg(dataset, "%s", error.message);
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
    char mnist[PATH_LENGTH];
    snprintf(mnist, sizeof mnist, "%s/mnist", data);
    expect_mnist(mnist, HG_MNIST_TRAINING, 60000, (const unsigned char[]){ 5, 0, 4, 1, 9 }, 27525);
    expect_mnist(mnist, HG_MNIST_TEST, 10000, (const unsigned char[]){ 7, 2, 1, 0, 4 }, 18454);
}
END_TEST

static TCase *test_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return tests;
}

Suite *idx_suite(void)
{
    Suite *suite = suite_create("idx");

    TCase *sound = test_case(suite, "sound");
    tcase_add_test(sound, reads_plain_files);
    tcase_add_test(sound, reads_gzipped_files);
    tcase_add_test(sound, reads_one_image_as_numbers);
    tcase_add_test(sound, reads_many_images);
    tcase_add_test(sound, destroying_nothing_is_fine);

    TCase *missing = test_case(suite, "missing");
    tcase_add_test(missing, missing_images_are_named);
    tcase_add_test(missing, missing_labels_are_named);
    tcase_add_test(missing, folder_is_not_a_file);
    tcase_add_test(missing, empty_files_are_refused);
    tcase_add_test(missing, every_failing_allocation_is_reported);

    TCase *length = test_case(suite, "length");
    tcase_add_test(length, images_cut_off_anywhere_are_refused);
    tcase_add_test(length, labels_cut_off_anywhere_are_refused);
    tcase_add_test(length, gz_cut_off_anywhere_is_refused);
    tcase_add_test(length, bytes_after_the_end_are_refused);
    tcase_add_test(length, gz_that_inflates_past_its_header_is_refused);
    tcase_add_test(length, gz_with_a_wrong_checksum_is_refused);
    tcase_add_test(length, gz_with_damaged_data_is_refused);

    TCase *header = test_case(suite, "header");
    tcase_add_test(header, every_wrong_magic_byte_is_named);
    tcase_add_test(header, swapped_files_are_recognised);
    tcase_add_test(header, no_images_or_labels_are_refused);
    tcase_add_test(header, images_without_pixels_are_refused);
    tcase_add_test(header, absurd_sizes_are_refused);
    tcase_add_test(header, memory_follows_the_file_not_its_header);

    TCase *pair = test_case(suite, "pair");
    tcase_add_test(pair, counts_that_disagree_are_named);
    tcase_add_test(pair, label_out_of_range_is_named);
    tcase_add_test(pair, no_classes_are_refused);

    TCase *mnist = test_case(suite, "mnist");
    tcase_add_test(mnist, folder_may_hold_plain_and_gz);
    tcase_add_test(mnist, folder_without_the_files_is_named);
    tcase_add_test(mnist, folder_without_the_labels_is_named);
    tcase_add_test(mnist, mnist_is_what_it_is);
    return suite;
}
