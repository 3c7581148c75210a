/* The safetensors format (https://huggingface.co/docs/safetensors): eight bytes with
 * the header's length, lowest first; the header, JSON that says of each tensor its
 * "dtype", "shape" and "data_offsets"; the tensors' numbers, lowest byte first, without
 * a gap. "__metadata__" in the header is an object of strings. */
#ifndef HINGE_SAFETENSORS_H
#define HINGE_SAFETENSORS_H

#include <cjson/cJSON.h>

#include <hinge/network.h>

#include "src/read_file.h"

enum {
    SAFETENSORS_LENGTH_BYTES = 8,
    SAFETENSORS_ALIGNMENT = 8, /* bytes: the header is filled up with spaces */
    SAFETENSORS_MAX_HEADER = 100000000,
    SAFETENSORS_SHAPE_LENGTH = 96 /* of "[20, 1, 5, 5]" at most, with the zero byte */
};
#define SAFETENSORS_METADATA "__metadata__"

/* ---- writing ---- */

typedef struct safetensors_note {
    const char *key, *value;
} safetensors_note;

/* Writes the values of the parameters, which it puts in order of their names, and
 * the metadata. HG_NOT_FINITE, with nothing written, if a value is not finite. */
hg_status safetensors_write(const char *path, hg_parameter *parameters, size_t count, const safetensors_note *metadata,
                            size_t metadata_count, hg_error *error);

/* ---- reading ---- */

/* A type of numbers that can be read: F16, BF16, F32 or F64. */
typedef struct safetensors_dtype {
    const char *name;
    size_t size; /* bytes */
    double (*decode)(uint64_t bits);
} safetensors_dtype;

typedef struct safetensors_tensor {
    const char *name; /* the file's, until safetensors_close */
    const safetensors_dtype *dtype;
    hg_tensor_shape shape;
    size_t count;        /* numbers */
    uint64_t begin, end; /* bytes, counted from the header's end */
} safetensors_tensor;

typedef struct safetensors {
    const char *path; /* the caller's, who keeps it until safetensors_close */
    read_file bytes;
    cJSON *header;
    const cJSON *metadata; /* NULL: none */
    uint64_t data_begin;   /* byte of the file */
    uint64_t data_size;
    safetensors_tensor *tensors; /* in order of their names */
    size_t count;
} safetensors;

/* Opens a file and checks everything but the numbers themselves. Nothing to close
 * after a failure. */
hg_status safetensors_open(safetensors *file, const char *path, hg_error *error);
void safetensors_close(safetensors *file);

/* NULL if there is no such key. */
const char *safetensors_metadata(const safetensors *file, const char *key);

/* NULL if there is no such tensor. */
const safetensors_tensor *safetensors_find(const safetensors *file, const char *name);

/* All numbers of a tensor. HG_BAD_FILE if one is not finite, or not as an hg_real. */
hg_status safetensors_read(const safetensors *file, const safetensors_tensor *tensor, hg_real *values, hg_error *error);

/* Checks the header's tensors and lists them in file->tensors; see safetensors_header.c. */
hg_status safetensors_list(safetensors *file, hg_error *error);

/* "[20, 1, 5, 5]", written to text, which it returns. */
const char *safetensors_shape_text(const hg_tensor_shape *shape, char text[SAFETENSORS_SHAPE_LENGTH]);

#endif
