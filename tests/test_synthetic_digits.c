/* Drawn digits: the same for one seed whatever the threads, and much like MNIST. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hinge/datasets.h>

Suite *synthetic_digits_suite(void);

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, COUNT = 4000, SEED = 1, OTHER_SEED = 2 };

static hg_error error;

static hg_dataset *draw(size_t count, uint64_t seed, int threads)
{
    hg_dataset *dataset = hg_synthetic_digits(count, seed, threads, &error);
    ck_assert_msg(dataset, "%s", error.message);
    ck_assert_uint_eq(dataset->count, count);
    return dataset;
}

static bool begin_alike(const hg_dataset *a, const hg_dataset *b)
{
    const size_t count = a->count < b->count ? a->count : b->count;
    return memcmp(a->pixels, b->pixels, count * PIXELS) == 0 && memcmp(a->labels, b->labels, count) == 0;
}

/* ---- what they depend on ---- */

START_TEST(same_seed_makes_the_same_images)
{
    hg_dataset *a = draw(200, SEED, 1), *b = draw(200, SEED, 1);
    ck_assert(begin_alike(a, b));
    hg_dataset_destroy(a);
    hg_dataset_destroy(b);
}
END_TEST

START_TEST(threads_make_no_difference)
{
    hg_dataset *one = draw(201, SEED, 1);
    for (int threads = 0; threads <= 4; threads++) {
        hg_dataset *more = draw(201, SEED, threads);
        ck_assert_msg(begin_alike(one, more), "%d threads", threads);
        hg_dataset_destroy(more);
    }
    hg_dataset_destroy(one);
}
END_TEST

START_TEST(count_makes_no_difference)
{
    hg_dataset *few = draw(7, SEED, 2), *many = draw(200, SEED, 2);
    ck_assert(begin_alike(few, many));
    hg_dataset_destroy(few);
    hg_dataset_destroy(many);
}
END_TEST

START_TEST(seeds_and_indices_make_different_images)
{
    /* the third seed differs in its upper half only */
    hg_dataset *a = draw(200, SEED, 1), *b = draw(200, OTHER_SEED, 1), *c = draw(200, SEED + (UINT64_C(1) << 32), 1);
    for (size_t i = 0; i < a->count; i++) {
        const unsigned char *image = a->pixels + i * PIXELS;
        ck_assert_int_ne(memcmp(image, b->pixels + i * PIXELS, PIXELS), 0);
        ck_assert_int_ne(memcmp(image, c->pixels + i * PIXELS, PIXELS), 0);
        for (size_t k = 0; k < i; k++)
            ck_assert_int_ne(memcmp(image, a->pixels + k * PIXELS, PIXELS), 0);
    }
    ck_assert_int_ne(memcmp(a->labels, b->labels, a->count), 0);
    hg_dataset_destroy(a);
    hg_dataset_destroy(b);
    hg_dataset_destroy(c);
}
END_TEST

/* ---- what they look like ---- */

START_TEST(classes_are_equally_frequent)
{
    hg_dataset *dataset = draw(COUNT, SEED, 0);
    ck_assert_int_eq(dataset->classes, CLASSES);
    double share[CLASSES] = { 0 };
    size_t repeats = 0;
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_lt(dataset->labels[i], CLASSES);
        share[dataset->labels[i]] += 1.0 / COUNT;
        repeats += i && dataset->labels[i] == dataset->labels[i - 1];
    }
    for (int k = 0; k < CLASSES; k++)
        ck_assert_msg(share[k] > 0.08 && share[k] < 0.12, "class %d has a share of %g", k, share[k]);
    /* in random order, one label in ten is the one before it */
    ck_assert_double_eq_tol((double)repeats / COUNT, 0.1, 0.03);
    hg_dataset_destroy(dataset);
}
END_TEST

/* MNIST's mean is 0.131, and 0.19 of its pixels are not black. */
START_TEST(ink_is_as_much_as_in_mnist)
{
    hg_dataset *dataset = draw(COUNT, SEED, 0);
    double sum = 0, inked = 0;
    for (size_t i = 0; i < COUNT; i++) {
        unsigned char brightest = 0;
        for (size_t k = 0; k < PIXELS; k++) {
            const unsigned char pixel = dataset->pixels[i * PIXELS + k];
            sum += pixel;
            inked += pixel > 0;
            brightest = pixel > brightest ? pixel : brightest;
        }
        ck_assert_msg(brightest > 128, "image %zu is too pale: %d", i, brightest);
    }
    const double mean = sum / (COUNT * PIXELS * 255.0), inked_share = inked / (COUNT * PIXELS);
    ck_assert_msg(mean > 0.10 && mean < 0.16, "mean %g", mean);
    ck_assert_msg(inked_share > 0.15 && inked_share < 0.25, "inked %g", inked_share);
    hg_dataset_destroy(dataset);
}
END_TEST

START_TEST(no_digit_is_cut_off)
{
    hg_dataset *dataset = draw(COUNT, SEED, 0);
    size_t bright = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const unsigned char *image = dataset->pixels + i * PIXELS;
        for (int k = 0; k < SIDE; k++) {
            const unsigned char border[] = { image[k], image[(SIDE - 1) * SIDE + k], image[k * SIDE],
                                             image[k * SIDE + SIDE - 1] };
            for (size_t b = 0; b < HG_COUNT(border); b++)
                bright += border[b] > 64;
        }
    }
    ck_assert_msg((double)bright < 0.002 * COUNT * 4 * SIDE, "%zu bright border pixels", bright);
    hg_dataset_destroy(dataset);
}
END_TEST

START_TEST(digits_stand_in_the_middle)
{
    hg_dataset *dataset = draw(COUNT, SEED, 0);
    size_t far = 0;
    for (size_t i = 0; i < COUNT; i++) {
        double mass = 0, x = 0, y = 0;
        for (int k = 0; k < PIXELS; k++) {
            const double pixel = dataset->pixels[i * PIXELS + (size_t)k];
            mass += pixel;
            x += pixel * (k % SIDE + 0.5);
            y += pixel * (k / SIDE + 0.5);
        }
        const double middle = SIDE / 2.0, dx = x / mass - middle, dy = y / mass - middle;
        far += dx * dx + dy * dy > 2 * 2;
    }
    ck_assert_msg(far < COUNT / 50, "%zu of %d digits are off the middle", far, COUNT);
    hg_dataset_destroy(dataset);
}
END_TEST

static int nearest(const unsigned char *image, float means[CLASSES][PIXELS])
{
    int best = 0;
    float best_distance = 0;
    for (int k = 0; k < CLASSES; k++) {
        float distance = 0;
        for (int i = 0; i < PIXELS; i++) {
            const float difference = (float)image[i] - means[k][i];
            distance += difference * difference;
        }
        if (k == 0 || distance < best_distance) {
            best_distance = distance;
            best = k;
        }
    }
    return best;
}

/* The nearest class mean is right for 82 % of MNIST's test images. */
START_TEST(digits_are_neither_noise_nor_trivial)
{
    static float means[CLASSES][PIXELS];
    hg_dataset *training = draw(COUNT, SEED, 0), *test = draw(COUNT / 2, OTHER_SEED, 0);
    size_t count[CLASSES] = { 0 }, right = 0;
    memset(means, 0, sizeof means);
    for (size_t i = 0; i < COUNT; i++)
        count[training->labels[i]]++;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < PIXELS; k++)
            means[training->labels[i]][k] +=
                (float)training->pixels[i * PIXELS + k] / (float)count[training->labels[i]];
    for (size_t i = 0; i < test->count; i++)
        right += nearest(test->pixels + i * PIXELS, means) == test->labels[i];
    const double accuracy = (double)right / (double)test->count;
    ck_assert_msg(accuracy > 0.7 && accuracy < 0.93, "accuracy %g", accuracy);
    hg_dataset_destroy(training);
    hg_dataset_destroy(test);
}
END_TEST

START_TEST(reads_as_numbers)
{
    hg_dataset *dataset = draw(3, SEED, 1);
    float image[PIXELS];
    int label = -1;
    ck_assert_int_eq(dataset->read(dataset, 2, image, &label, &error), HG_OK);
    ck_assert_int_eq(label, dataset->labels[2]);
    for (size_t i = 0; i < PIXELS; i++)
        ck_assert_float_eq_tol(image[i], (float)dataset->pixels[2 * PIXELS + i] / 255.0F, 1e-7F);
    hg_dataset_destroy(dataset);
}
END_TEST

/* ---- failures ---- */

static void expect_failure(size_t count, int threads, hg_status status, const char *part)
{
    ck_assert_ptr_null(hg_synthetic_digits(count, SEED, threads, &error));
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, part), "\"%s\" does not say \"%s\"", error.message, part);
    ck_assert_ptr_null(hg_synthetic_digits(count, SEED, threads, NULL));
}

START_TEST(bad_arguments_are_named)
{
    expect_failure(0, 1, HG_BAD_ARGUMENT, "0 synthetic digits: ask for 1 to 4294967295");
    expect_failure((size_t)UINT32_MAX + 1, 1, HG_BAD_ARGUMENT, "4294967296 synthetic digits: ask for");
    expect_failure(SIZE_MAX, 1, HG_BAD_ARGUMENT, "18446744073709551615 synthetic digits");
    expect_failure(1, -1, HG_BAD_ARGUMENT, "-1 threads");
}
END_TEST

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

START_TEST(every_failing_allocation_is_reported)
{
    static const hg_allocator failing = { failing_allocate, counting_release, NULL };
    hg_set_allocator(&failing);
    hg_dataset *dataset = NULL;
    int failures = 0;
    while (!dataset) {
        allocations_left = failures;
        dataset = hg_synthetic_digits(5, SEED, 1, &error);
        if (dataset)
            break;
        ck_assert_int_eq(error.status, HG_NO_MEMORY);
        ck_assert_int_eq(allocations_live, 0);
        failures++;
    }
    ck_assert_int_ge(failures, 3); /* pixels, labels, the data set itself */
    hg_dataset_destroy(dataset);
    ck_assert_int_eq(allocations_live, 0);
    hg_set_allocator(NULL);
}
END_TEST

Suite *synthetic_digits_suite(void)
{
    Suite *suite = suite_create("synthetic_digits");
    TCase *tests = tcase_create("synthetic_digits");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, same_seed_makes_the_same_images);
    tcase_add_test(tests, threads_make_no_difference);
    tcase_add_test(tests, count_makes_no_difference);
    tcase_add_test(tests, seeds_and_indices_make_different_images);
    tcase_add_test(tests, classes_are_equally_frequent);
    tcase_add_test(tests, ink_is_as_much_as_in_mnist);
    tcase_add_test(tests, no_digit_is_cut_off);
    tcase_add_test(tests, digits_stand_in_the_middle);
    tcase_add_test(tests, digits_are_neither_noise_nor_trivial);
    tcase_add_test(tests, reads_as_numbers);
    tcase_add_test(tests, bad_arguments_are_named);
    tcase_add_test(tests, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tests);
    return suite;
}
