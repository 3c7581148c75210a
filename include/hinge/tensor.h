/* Numbers in memory: allocation, shapes, tensors, matrix product, NumPy's files, random numbers. */
#ifndef HINGE_TENSOR_H
#define HINGE_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hinge/error.h>

HG_BEGIN_DECLARATIONS

/* The number type of activations and parameters. It is float; the tests build
 * the whole library once more with -DHINGE_DOUBLE to check gradients closely. */
#ifdef HINGE_DOUBLE
typedef double hg_real;
#else
typedef float hg_real;
#endif

enum {
    HG_MAX_RANK = 4,
    HG_ALIGNMENT = 64 /* bytes: every buffer of the library starts on a cache line */
};

/* ---- memory ---- */

/* Where the library's memory comes from. `allocate` returns `size` bytes aligned
 * to HG_ALIGNMENT, or NULL; `release` takes such a pointer or NULL. */
typedef struct hg_allocator {
    void *(*allocate)(size_t size, void *context);
    void (*release)(void *memory, void *context);
    void *context;
} hg_allocator;

/* Replaces the allocator for the whole process; NULL brings back the library's
 * own. Call it before anything is allocated, or when everything is released. */
HG_API void hg_set_allocator(const hg_allocator *allocator);

/* count * size bytes, aligned and zeroed; NULL if there is no memory or the
 * product overflows. Release with hg_release (NULL is fine). */
HG_API void *hg_allocate(size_t count, size_t size);
HG_API void hg_release(void *memory);

/* ---- tensors ---- */

/* Up to four dimensions, the last one varying fastest. */
typedef struct hg_tensor_shape {
    int rank; /* 0 (a scalar) to HG_MAX_RANK */
    size_t size[HG_MAX_RANK];
} hg_tensor_shape;

typedef struct hg_tensor {
    hg_tensor_shape shape;
    hg_real *data;
    bool owned; /* hg_tensor_destroy releases data only if so */
} hg_tensor;

/* A shape from its sizes: hg_shape_of(2, 20, 25) is a 20 x 25 matrix's. Each size is an int. */
HG_API hg_tensor_shape hg_shape_of(int rank, ...);

/* The number of elements in *count; HG_BAD_ARGUMENT if the rank is out of range
 * or the product, in bytes of hg_real, overflows size_t. */
HG_API hg_status hg_shape_count(const hg_tensor_shape *shape, size_t *count, hg_error *error);

/* A tensor of zeros that owns its data. */
HG_API hg_status hg_tensor_create(hg_tensor *tensor, hg_tensor_shape shape, hg_error *error);

/* A tensor over memory of the caller's, who keeps it alive and releases it. */
HG_API hg_status hg_tensor_borrow(hg_tensor *tensor, hg_tensor_shape shape, hg_real *data, hg_error *error);

/* Releases the data if the tensor owns it, and leaves a tensor without data. */
HG_API void hg_tensor_destroy(hg_tensor *tensor);

/* c = alpha a b + beta c by the BLAS, with a: [m, k], b: [k, n], c: [m, n]
 * (a or b read as its transpose where asked). All three have rank 2. */
HG_API hg_status hg_gemm(bool transpose_a, bool transpose_b, double alpha, const hg_tensor *a, const hg_tensor *b,
                         double beta, hg_tensor *c, hg_error *error);

/* ---- NumPy's files (.npy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) ---- */

/* A tensor from one array that numpy.save wrote, format 1.0, 2.0 or 3.0, which need not be trusted: floats
 * (f2, f4, f8), whole numbers (i1 to i8, u1 to u8) and b1, in either order of bytes, each rounded to the nearest
 * hg_real. An array in Fortran's order is brought into C's. Numbers that are infinite or NaN stay so. *tensor
 * owns its data; on failure it is as it was. HG_IO if the file cannot be read; HG_BAD_FILE if it is damaged, cut
 * off or too long, of another type (complex numbers, texts, records, objects), of more than HG_MAX_RANK dimensions, or
 * has a number too large for hg_real. */
HG_API hg_status hg_tensor_read_npy(hg_tensor *tensor, const char *path, hg_error *error);

/* Writes the tensor for numpy.load, as format 1.0 in C's order: "<f4" ("<f8" where hg_real is double). The file
 * appears whole or not at all: on failure an older one is still there. */
HG_API hg_status hg_tensor_write_npy(const hg_tensor *tensor, const char *path, hg_error *error);

/* ---- random numbers ---- */

/* Random numbers are a pure function of a key and a counter (Philox 4x32-10;
 * Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): nothing to
 * share between threads, and any of them can be made again at any time. */
typedef enum hg_purpose {
    HG_FOR_START, /* starting weights */
    HG_FOR_SHUFFLE,
    HG_FOR_NOISE, /* inside layers, while training */
    HG_FOR_AUGMENTATION,
    HG_FOR_SYNTHESIS,
    HG_FOR_USER
} hg_purpose;

typedef struct hg_random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    unsigned used; /* numbers of the block already handed out */
} hg_random;

/* A stream for (seed, purpose, a, b): a and b are for instance epoch and sample.
 * Different arguments give independent streams. */
HG_API hg_random hg_random_stream(uint64_t seed, hg_purpose purpose, uint32_t a, uint32_t b);

HG_API uint32_t hg_random_bits(hg_random *random);                  /* all 32 bits random */
HG_API double hg_random_uniform(hg_random *random);                 /* in [0, 1) */
HG_API double hg_random_normal(hg_random *random);                  /* mean 0, deviation 1 */
HG_API uint32_t hg_random_below(hg_random *random, uint32_t bound); /* in [0, bound), no bias; bound >= 1 */

HG_END_DECLARATIONS

#endif
