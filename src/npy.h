/* NumPy's format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): "\x93NUMPY", two bytes of
 * version, the header's length (two bytes in version 1, four from 2 on, lowest first), the header, which is a
 * Python dictionary of "descr", "fortran_order" and "shape" with spaces and a newline behind it, and the numbers. */
#ifndef HINGE_NPY_H
#define HINGE_NPY_H

#include <hinge/tensor.h>

#define NPY_MAGIC "\x93NUMPY"
enum {
    NPY_MAGIC_LENGTH = sizeof NPY_MAGIC - 1,
    NPY_VERSION_BYTES = 2,
    NPY_MAX_HEADER = 10000, /* NumPy's own limit */
    NPY_ALIGNMENT = 64      /* bytes: where the numbers begin */
};

/* A type of numbers: f, i, u or b and the bytes that one takes. */
typedef struct npy_type {
    char kind;
    size_t size;
    double (*decode)(uint64_t bits);
} npy_type;

typedef struct npy_header {
    const npy_type *type;
    bool highest_first; /* the order of each number's bytes */
    bool fortran_order; /* the first dimension varies fastest */
    hg_tensor_shape shape;
    size_t count; /* numbers */
} npy_header;

/* Reads the dictionary, which is not trusted. `path` is for messages. */
hg_status npy_header_read(npy_header *header, const char *path, const char *text, size_t length, hg_error *error);

#endif
