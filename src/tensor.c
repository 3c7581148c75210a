/* Shapes and tensors, and the matrix product by the BLAS. */
#include <cblas.h>
#include <limits.h>
#include <stdarg.h>

#include <hinge/tensor.h>

hg_tensor_shape hg_shape_of(int rank, ...)
{
    hg_tensor_shape shape = { .rank = rank };
    va_list sizes;
    va_start(sizes, rank);
    for (int i = 0; i < rank && i < HG_MAX_RANK; i++)
        shape.size[i] = (size_t)va_arg(sizes, int);
    va_end(sizes);
    return shape;
}

hg_status hg_shape_count(const hg_tensor_shape *shape, size_t *count, hg_error *error)
{
    if (shape->rank < 0 || shape->rank > HG_MAX_RANK)
        return hg_fail(error, HG_BAD_ARGUMENT, "a tensor of rank %d: the rank goes from 0 to %d", shape->rank,
                       HG_MAX_RANK);
    size_t product = 1, bytes;
    for (int i = 0; i < shape->rank; i++)
        if (__builtin_mul_overflow(product, shape->size[i], &product))
            return hg_fail(error, HG_BAD_ARGUMENT, "a tensor's size overflows at dimension %d of %d", i + 1,
                           shape->rank);
    if (__builtin_mul_overflow(product, sizeof(hg_real), &bytes))
        return hg_fail(error, HG_BAD_ARGUMENT, "a tensor of %zu numbers does not fit in memory", product);
    *count = product;
    return HG_OK;
}

hg_status hg_tensor_create(hg_tensor *tensor, hg_tensor_shape shape, hg_error *error)
{
    size_t count;
    const hg_status status = hg_shape_count(&shape, &count, error);
    if (status)
        return status;
    hg_real *data = hg_allocate(count, sizeof *data);
    if (!data)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a tensor of %zu numbers", count);
    *tensor = (hg_tensor){ shape, data, true };
    return HG_OK;
}

hg_status hg_tensor_borrow(hg_tensor *tensor, hg_tensor_shape shape, hg_real *data, hg_error *error)
{
    size_t count;
    const hg_status status = hg_shape_count(&shape, &count, error);
    if (status)
        return status;
    *tensor = (hg_tensor){ shape, data, false };
    return HG_OK;
}

void hg_tensor_destroy(hg_tensor *tensor)
{
    if (tensor->owned)
        hg_release(tensor->data);
    *tensor = (hg_tensor){ 0 };
}

hg_status hg_gemm(bool transpose_a, bool transpose_b, double alpha, const hg_tensor *a, const hg_tensor *b, double beta,
                  hg_tensor *c, hg_error *error)
{
    if (a->shape.rank != 2 || b->shape.rank != 2 || c->shape.rank != 2)
        return hg_fail(error, HG_BAD_ARGUMENT, "gemm: tensors of rank %d, %d and %d: all must have rank 2",
                       a->shape.rank, b->shape.rank, c->shape.rank);
    const size_t m = a->shape.size[transpose_a], k = a->shape.size[!transpose_a];
    const size_t k_of_b = b->shape.size[transpose_b], n = b->shape.size[!transpose_b];
    if (k != k_of_b || c->shape.size[0] != m || c->shape.size[1] != n)
        return hg_fail(error, HG_BAD_ARGUMENT, "gemm: %zu x %zu times %zu x %zu does not make %zu x %zu", m, k, k_of_b,
                       n, c->shape.size[0], c->shape.size[1]);
    if (m > INT_MAX || n > INT_MAX || k > INT_MAX)
        return hg_fail(error, HG_BAD_ARGUMENT, "gemm: %zu x %zu x %zu is more than the BLAS can count", m, k, n);
    if (m == 0 || n == 0)
        return HG_OK;
    const enum CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans,
                               tb = transpose_b ? CblasTrans : CblasNoTrans;
    const int lda = (int)(a->shape.size[1] ? a->shape.size[1] : 1),
              ldb = (int)(n && b->shape.size[1] ? b->shape.size[1] : 1);
#ifdef HINGE_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, alpha, a->data, lda, b->data, ldb, beta, c->data,
                (int)n);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, (float)alpha, a->data, lda, b->data, ldb, (float)beta,
                c->data, (int)n);
#endif
    return HG_OK;
}
