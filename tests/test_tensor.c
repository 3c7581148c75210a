/* src/tensor.c, src/allocate.c and src/error.c: shapes, memory, matrix products, messages. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hinge/tensor.h>

Suite *tensor_suite(void);

/* ---- an allocator that fails when told to, and counts what is out ---- */

typedef struct counting_allocator {
    int allocations_left, outstanding;
    size_t last_size;
} counting_allocator;

static void *counting_allocate(size_t size, void *context)
{
    counting_allocator *counting = context;
    counting->last_size = size;
    if (counting->allocations_left-- <= 0)
        return NULL;
    counting->outstanding++;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void counting_release(void *memory, void *context)
{
    counting_allocator *counting = context;
    counting->outstanding--;
    free(memory);
}

static counting_allocator counting;

static void install_counting_allocator(int allocations)
{
    counting = (counting_allocator){ .allocations_left = allocations };
    hg_set_allocator(&(hg_allocator){ counting_allocate, counting_release, &counting });
}

static void restore_allocator(void)
{
    hg_set_allocator(NULL);
}

/* ---- memory ---- */

START_TEST(memory_is_aligned_and_zeroed)
{
    for (size_t size = 0; size < 300; size++) {
        unsigned char *memory = hg_allocate(size, 1);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % HG_ALIGNMENT, 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(memory[i], 0);
        memset(memory, 0xff, size);
        hg_release(memory);
    }
}
END_TEST

START_TEST(memory_product_overflow_gives_null)
{
    ck_assert_ptr_null(hg_allocate(SIZE_MAX, 2));
    ck_assert_ptr_null(hg_allocate((size_t)1 << 33, (size_t)1 << 33));
    ck_assert_ptr_null(hg_allocate(SIZE_MAX, 1));
    ck_assert_ptr_null(hg_allocate(SIZE_MAX - HG_ALIGNMENT + 1, 1));
}
END_TEST

START_TEST(release_takes_null)
{
    install_counting_allocator(0);
    hg_release(NULL);
    ck_assert_int_eq(counting.outstanding, 0);
}
END_TEST

START_TEST(allocator_is_asked_for_whole_lines)
{
    install_counting_allocator(1);
    void *memory = hg_allocate(HG_ALIGNMENT + 1, 1);
    ck_assert_uint_eq(counting.last_size, 2 * HG_ALIGNMENT);
    ck_assert_int_eq(counting.outstanding, 1);
    hg_release(memory);
    ck_assert_int_eq(counting.outstanding, 0);
}
END_TEST

/* ---- shapes ---- */

START_TEST(shape_count_is_the_product)
{
    size_t count = 0;
    hg_tensor_shape shape = hg_shape_of(4, 2, 3, 5, 7);
    ck_assert_int_eq(hg_shape_count(&shape, &count, NULL), HG_OK);
    ck_assert_uint_eq(count, 2 * 3 * 5 * 7);
    shape = hg_shape_of(0);
    ck_assert_int_eq(hg_shape_count(&shape, &count, NULL), HG_OK);
    ck_assert_uint_eq(count, 1);
    shape = hg_shape_of(2, 3, 0);
    ck_assert_int_eq(hg_shape_count(&shape, &count, NULL), HG_OK);
    ck_assert_uint_eq(count, 0);
}
END_TEST

static void assert_bad_shape(hg_tensor_shape shape, const char *words)
{
    size_t count = 77;
    hg_error error = { 0 };
    ck_assert_int_eq(hg_shape_count(&shape, &count, &error), HG_BAD_ARGUMENT);
    ck_assert_int_eq(error.status, HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, words));
    ck_assert_uint_eq(count, 77);
    hg_real sentinel = 0;
    const hg_tensor before = { hg_shape_of(1, 1), &sentinel, false };
    hg_tensor tensor = before;
    ck_assert_int_eq(hg_tensor_create(&tensor, shape, NULL), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_tensor_borrow(&tensor, shape, NULL, NULL), HG_BAD_ARGUMENT);
    ck_assert_mem_eq(&tensor, &before, sizeof tensor);
}

START_TEST(bad_shapes_are_refused_and_nothing_is_touched)
{
    assert_bad_shape((hg_tensor_shape){ .rank = -1 }, "rank -1");
    assert_bad_shape((hg_tensor_shape){ .rank = HG_MAX_RANK + 1 }, "rank 5");
    assert_bad_shape((hg_tensor_shape){ 2, { SIZE_MAX, 2 } }, "overflows");
    assert_bad_shape((hg_tensor_shape){ 4, { 65536, 65536, 65536, 65536 } }, "dimension 4");
    /* the product fits, the bytes do not */
    assert_bad_shape((hg_tensor_shape){ 1, { SIZE_MAX / sizeof(hg_real) + 1 } }, "does not fit");
}
END_TEST

/* ---- owned and borrowed ---- */

START_TEST(created_tensor_owns_zeros)
{
    install_counting_allocator(1);
    hg_tensor tensor;
    ck_assert_int_eq(hg_tensor_create(&tensor, hg_shape_of(2, 3, 5), NULL), HG_OK);
    ck_assert(tensor.owned);
    ck_assert_int_eq(tensor.shape.rank, 2);
    ck_assert_uint_eq((uintptr_t)tensor.data % HG_ALIGNMENT, 0);
    for (int i = 0; i < 3 * 5; i++)
        ck_assert(tensor.data[i] == 0);
    hg_tensor_destroy(&tensor);
    ck_assert_int_eq(counting.outstanding, 0);
    ck_assert_ptr_null(tensor.data);
    hg_tensor_destroy(&tensor);
    ck_assert_int_eq(counting.outstanding, 0);
}
END_TEST

START_TEST(borrowed_tensor_leaves_its_memory_alone)
{
    install_counting_allocator(0);
    hg_real data[6] = { 1, 2, 3, 4, 5, 6 };
    hg_tensor tensor;
    ck_assert_int_eq(hg_tensor_borrow(&tensor, hg_shape_of(2, 2, 3), data, NULL), HG_OK);
    ck_assert(!tensor.owned);
    ck_assert_ptr_eq(tensor.data, data);
    hg_tensor_destroy(&tensor);
    ck_assert_int_eq(counting.outstanding, 0);
    ck_assert(data[5] == 6);
}
END_TEST

START_TEST(failing_allocator_gives_no_memory_and_untouched_tensor)
{
    install_counting_allocator(0);
    const hg_tensor before = { hg_shape_of(1, 1), NULL, false };
    hg_tensor tensor = before;
    hg_error error = { 0 };
    ck_assert_int_eq(hg_tensor_create(&tensor, hg_shape_of(1, 12), &error), HG_NO_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, "12 numbers"));
    ck_assert_mem_eq(&tensor, &before, sizeof tensor);
}
END_TEST

/* ---- matrix products ---- */

enum { M = 3, N = 4, K = 5 };

/* Small whole numbers, so that every order of summation gives the same. */
static void fill(hg_tensor *tensor, int rows, int columns, int seed)
{
    ck_assert_int_eq(hg_tensor_create(tensor, hg_shape_of(2, rows, columns), NULL), HG_OK);
    for (int i = 0; i < rows * columns; i++)
        tensor->data[i] = (hg_real)((i * 7 + seed) % 11 - 5);
}

static double at(const hg_tensor *tensor, bool transposed, size_t row, size_t column)
{
    const size_t columns = tensor->shape.size[1];
    return (double)tensor->data[transposed ? column * columns + row : row * columns + column];
}

START_TEST(gemm_matches_naive_loops)
{
    const bool transpose_a = _i & 1, transpose_b = _i & 2;
    static const double factors[][2] = { { 1, 0 }, { 2, 0 }, { 1, 1 }, { -0.5, 3 }, { 0, 2 } };
    const double alpha = factors[_i / 4][0], beta = factors[_i / 4][1];
    hg_tensor a, b, c, before;
    fill(&a, transpose_a ? K : M, transpose_a ? M : K, 1);
    fill(&b, transpose_b ? N : K, transpose_b ? K : N, 2);
    fill(&c, M, N, 3);
    fill(&before, M, N, 3);
    ck_assert_int_eq(hg_gemm(transpose_a, transpose_b, alpha, &a, &b, beta, &c, NULL), HG_OK);
    for (size_t row = 0; row < M; row++)
        for (size_t column = 0; column < N; column++) {
            double sum = 0;
            for (size_t k = 0; k < K; k++)
                sum += at(&a, transpose_a, row, k) * at(&b, transpose_b, k, column);
            ck_assert_double_eq(at(&c, false, row, column), alpha * sum + beta * at(&before, false, row, column));
        }
    hg_tensor_destroy(&a);
    hg_tensor_destroy(&b);
    hg_tensor_destroy(&c);
    hg_tensor_destroy(&before);
}
END_TEST

START_TEST(gemm_with_beta_zero_overwrites_nan)
{
    hg_real a[1] = { 2 }, b[1] = { 3 }, c[1] = { (hg_real)__builtin_nan("") };
    hg_tensor ta, tb, tc;
    hg_tensor_borrow(&ta, hg_shape_of(2, 1, 1), a, NULL);
    hg_tensor_borrow(&tb, hg_shape_of(2, 1, 1), b, NULL);
    hg_tensor_borrow(&tc, hg_shape_of(2, 1, 1), c, NULL);
    ck_assert_int_eq(hg_gemm(false, false, 1, &ta, &tb, 0, &tc, NULL), HG_OK);
    ck_assert(c[0] == 6);
}
END_TEST

/* An empty sum is zero: c becomes beta c. */
START_TEST(gemm_takes_empty_matrices)
{
    hg_real c[2] = { 1, 2 };
    hg_tensor a, b, tc, empty;
    hg_tensor_borrow(&a, hg_shape_of(2, 1, 0), NULL, NULL);
    hg_tensor_borrow(&b, hg_shape_of(2, 0, 2), NULL, NULL);
    hg_tensor_borrow(&tc, hg_shape_of(2, 1, 2), c, NULL);
    ck_assert_int_eq(hg_gemm(false, false, 1, &a, &b, 3, &tc, NULL), HG_OK);
    ck_assert(c[0] == 3 && c[1] == 6);
    hg_tensor_borrow(&b, hg_shape_of(2, 0, 0), NULL, NULL);
    hg_tensor_borrow(&empty, hg_shape_of(2, 1, 0), NULL, NULL);
    ck_assert_int_eq(hg_gemm(false, false, 1, &a, &b, 0, &empty, NULL), HG_OK);
}
END_TEST

START_TEST(gemm_refuses_shapes_that_do_not_fit)
{
    hg_tensor a, b, c, vector;
    fill(&a, M, K, 1);
    fill(&b, K, N, 2);
    fill(&c, M, N, 3);
    ck_assert_int_eq(hg_tensor_create(&vector, hg_shape_of(1, N), NULL), HG_OK);
    hg_error error = { 0 };
    ck_assert_int_eq(hg_gemm(true, false, 1, &a, &b, 0, &c, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "5 x 3 times 5 x 4"));
    ck_assert_int_eq(hg_gemm(false, false, 1, &a, &b, 0, &a, &error), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_gemm(false, false, 1, &a, &vector, 0, &c, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "rank"));
    hg_tensor_destroy(&a);
    hg_tensor_destroy(&b);
    hg_tensor_destroy(&c);
    hg_tensor_destroy(&vector);
}
END_TEST

/* ---- errors ---- */

START_TEST(fail_fills_in_the_error_and_returns_the_status)
{
    hg_error error = { 0 };
    ck_assert_int_eq(hg_fail(&error, HG_IO, "%s: line %d", "file", 3), HG_IO);
    ck_assert_int_eq(error.status, HG_IO);
    ck_assert_str_eq(error.message, "file: line 3");
    ck_assert_int_eq(hg_fail(NULL, HG_BAD_DATA, "nobody listens"), HG_BAD_DATA);
}
END_TEST

START_TEST(long_messages_are_cut_and_ended)
{
    hg_error error;
    memset(&error, 'x', sizeof error);
    hg_fail(&error, HG_IO, "%*s", 2 * HG_ERROR_LENGTH, "far right");
    ck_assert_uint_eq(strlen(error.message), HG_ERROR_LENGTH - 1);
}
END_TEST

START_TEST(every_status_has_its_text)
{
#define HAS_TEXT(code, meaning) ck_assert_str_eq(hg_status_text(code), meaning);
    HG_STATUS_TABLE(HAS_TEXT)
#undef HAS_TEXT
    ck_assert_ptr_nonnull(hg_status_text((hg_status)1000));
}
END_TEST

Suite *tensor_suite(void)
{
    Suite *suite = suite_create("tensor");
    TCase *memory = tcase_create("memory and shapes");
    tcase_add_checked_fixture(memory, NULL, restore_allocator);
    tcase_add_test(memory, memory_is_aligned_and_zeroed);
    tcase_add_test(memory, memory_product_overflow_gives_null);
    tcase_add_test(memory, release_takes_null);
    tcase_add_test(memory, allocator_is_asked_for_whole_lines);
    tcase_add_test(memory, shape_count_is_the_product);
    tcase_add_test(memory, bad_shapes_are_refused_and_nothing_is_touched);
    tcase_add_test(memory, created_tensor_owns_zeros);
    tcase_add_test(memory, borrowed_tensor_leaves_its_memory_alone);
    tcase_add_test(memory, failing_allocator_gives_no_memory_and_untouched_tensor);
    suite_add_tcase(suite, memory);
    TCase *gemm = tcase_create("gemm");
    tcase_add_loop_test(gemm, gemm_matches_naive_loops, 0, 4 * 5);
    tcase_add_test(gemm, gemm_with_beta_zero_overwrites_nan);
    tcase_add_test(gemm, gemm_takes_empty_matrices);
    tcase_add_test(gemm, gemm_refuses_shapes_that_do_not_fit);
    suite_add_tcase(suite, gemm);
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, fail_fills_in_the_error_and_returns_the_status);
    tcase_add_test(errors, long_messages_are_cut_and_ended);
    tcase_add_test(errors, every_status_has_its_text);
    suite_add_tcase(suite, errors);
    return suite;
}
