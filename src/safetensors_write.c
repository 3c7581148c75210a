/* Writing safetensors, in the order and with the padding of the reference
 * implementation: tensors of one type by name. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/json.h"
#include "src/numbers.h"
#include "src/safetensors.h"
#include "src/write_file.h"

#ifdef HINGE_DOUBLE
#define REAL_DTYPE "F64"
#else
#define REAL_DTYPE "F32"
#endif

const char *safetensors_shape_text(const hg_tensor_shape *shape, char text[SAFETENSORS_SHAPE_LENGTH])
{
    size_t length = 0;
    text[length++] = '[';
    for (int i = 0; i < shape->rank; i++)
        length +=
            (size_t)snprintf(text + length, SAFETENSORS_SHAPE_LENGTH - length, i ? ", %zu" : "%zu", shape->size[i]);
    text[length++] = ']';
    text[length] = '\0';
    return text;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const hg_parameter *)a)->name, ((const hg_parameter *)b)->name);
}

static hg_status check_finite(const char *path, const hg_parameter *parameter, hg_error *error)
{
    for (size_t i = 0; i < parameter->count; i++)
        if (!isfinite(parameter->values[i]))
            return hg_fail(error, HG_NOT_FINITE,
                           "%s: not written: element %zu of %s is %g; train with a smaller learning rate", path, i,
                           parameter->name, (double)parameter->values[i]);
    return HG_OK;
}

static void append_header(json_text *json, const hg_parameter *parameters, size_t count,
                          const safetensors_note *metadata, size_t metadata_count)
{
    json_append(json, "{\"" SAFETENSORS_METADATA "\":{");
    for (size_t i = 0; i < metadata_count; i++) {
        json_append(json, i ? "," : "");
        json_append_string(json, metadata[i].key);
        json_append(json, ":");
        json_append_string(json, metadata[i].value);
    }
    json_append(json, "}");
    uint64_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        const hg_tensor_shape *shape = &parameters[i].shape;
        const uint64_t end = begin + (uint64_t)parameters[i].count * sizeof(hg_real);
        json_append(json, ",");
        json_append_string(json, parameters[i].name);
        json_append(json, ":{\"dtype\":\"" REAL_DTYPE "\",\"shape\":[");
        for (int k = 0; k < shape->rank; k++)
            json_append(json, k ? ",%zu" : "%zu", shape->size[k]);
        json_append(json, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin, end);
        begin = end;
    }
    json_append(json, "}");
    while (!json->failed && json->length % SAFETENSORS_ALIGNMENT)
        json_append(json, " ");
}

static hg_status write_all(const char *path, const json_text *header, const hg_parameter *parameters, size_t count,
                           hg_error *error)
{
    write_file file;
    hg_status status = write_file_open(&file, path, error);
    if (status)
        return status;
    unsigned char length[SAFETENSORS_LENGTH_BYTES];
    numbers_store(length, sizeof length, header->length);
    status = write_file_append(&file, length, sizeof length, error);
    if (!status)
        status = write_file_append(&file, header->text, header->length, error);
    for (size_t i = 0; i < count && !status; i++)
        status = numbers_append(&file, parameters[i].values, parameters[i].count, error);
    if (!status)
        return write_file_commit(&file, error);
    write_file_abandon(&file);
    return status;
}

hg_status safetensors_write(const char *path, hg_parameter *parameters, size_t count, const safetensors_note *metadata,
                            size_t metadata_count, hg_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const hg_status status = check_finite(path, &parameters[i], error);
        if (status)
            return status;
    }
    if (count > 0)
        qsort(parameters, count, sizeof *parameters, compare_names);
    json_text header = { 0 };
    append_header(&header, parameters, count, metadata, metadata_count);
    hg_status status;
    if (header.failed)
        status = hg_fail(error, HG_NO_MEMORY, "%s: no memory for its header", path);
    else if (header.length > SAFETENSORS_MAX_HEADER)
        status = hg_fail(error, HG_BAD_NETWORK, "%s: a header of %zu bytes; the format allows %d: use fewer layers",
                         path, header.length, SAFETENSORS_MAX_HEADER);
    else
        status = write_all(path, &header, parameters, count, error);
    hg_release(header.text);
    return status;
}
