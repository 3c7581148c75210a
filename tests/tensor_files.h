/* Safetensors files made by hand at model_path, and reading them back. */
#ifndef TENSOR_FILES_H
#define TENSOR_FILES_H

#include "src/safetensors.h"

#include "model_file.h"

enum { TENSOR_FILE_SIZE = 8192, LENGTH = SAFETENSORS_LENGTH_BYTES };

/* A file of this header and data, whose header says it has `length` bytes. Data of NULL is zeros. */
void tensor_file_write_parts(uint64_t length, const char *header, const void *data, size_t data_size);

/* A file of the tensors `z "quoted"`, an image, and `a`, a scalar, with metadata. */
extern hg_real tensor_file_image[6], tensor_file_scalar[1];
hg_status tensor_file_write_example(void);

/* Opens the file and reads all of it; whatever the file holds, nothing worse than a failure. */
hg_status tensor_file_read_all(void);

void tensor_file_check_rejected(hg_status wanted, const char *part);

#endif
