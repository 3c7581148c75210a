/* Numbers as the bits and bytes that files hold, whatever the machine's own order of bytes. */
#ifndef HINGE_NUMBERS_H
#define HINGE_NUMBERS_H

#include <hinge/tensor.h>

#include "src/write_file.h"

enum { NUMBERS_BITS = 8 /* of a byte */, NUMBERS_CHUNK_BYTES = 16384 /* a good length to read at a time */ };

/* `size` bytes, up to 8, lowest first. */
uint64_t numbers_load(const unsigned char *bytes, size_t size);
void numbers_store(unsigned char *bytes, size_t size, uint64_t bits);

/* IEEE 754's binary16, binary32 and binary64, and bfloat16: the upper half of a binary32. */
double numbers_f16(uint64_t bits);
double numbers_bf16(uint64_t bits);
double numbers_f32(uint64_t bits);
double numbers_f64(uint64_t bits);

/* The numbers as they are in memory, lowest byte first. */
hg_status numbers_append(write_file *file, const hg_real *values, size_t count, hg_error *error);

#endif
