/* Safetensors files made by hand at model_path, and reading them back. */
#include <float.h>
#include <string.h>

#include "tensor_files.h"

void tensor_file_write_parts(uint64_t length, const char *header, const void *data, size_t data_size)
{
    unsigned char bytes[TENSOR_FILE_SIZE] = { 0 };
    const size_t header_size = strlen(header);
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + LENGTH, header, header_size);
    if (data)
        memcpy(bytes + LENGTH + header_size, data, data_size);
    scratch_write(model_path, bytes, LENGTH + header_size + data_size);
}

void tensor_file_check_rejected(hg_status wanted, const char *part)
{
    safetensors file;
    model_error.message[0] = '\0';
    model_file_check_message(safetensors_open(&file, model_path, &model_error), wanted, part);
}

hg_status tensor_file_read_all(void)
{
    safetensors file;
    hg_status status = safetensors_open(&file, model_path, &model_error);
    if (status)
        return status;
    for (size_t i = 0; i < file.count && !status; i++) {
        hg_real *values = hg_allocate(file.tensors[i].count, sizeof *values);
        status = values ? safetensors_read(&file, &file.tensors[i], values, &model_error) : HG_NO_MEMORY;
        hg_release(values);
    }
    safetensors_close(&file);
    return status;
}

hg_real tensor_file_scalar[1] = { (hg_real)-0.0 };
hg_real tensor_file_image[6] = { 0, 1, (hg_real)0.1, (hg_real)1e-42, -FLT_MAX, (hg_real)1 / 3 };

hg_status tensor_file_write_example(void)
{
    hg_parameter parameters[] = {
        { .name = "z \"quoted\"",
          .shape = { 4, { 1, 2, 1, 3 } },
          .count = HG_COUNT(tensor_file_image),
          .values = tensor_file_image },
        { .name = "a", .shape = { 0, { 0 } }, .count = 1, .values = tensor_file_scalar },
    };
    const safetensors_note metadata[] = { { "format", "pt" }, { "text", "{\"a\":\n1}" } };
    return safetensors_write(model_path, parameters, HG_COUNT(parameters), metadata, HG_COUNT(metadata), &model_error);
}
