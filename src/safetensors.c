/* Reading safetensors: the header at once, each tensor when it is asked for. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/json.h"
#include "src/numbers.h"
#include "src/safetensors.h"

static hg_status parse_header(safetensors *file, const char *text, size_t length, hg_error *error)
{
    size_t stopped;
    if (text[0] != '{')
        return hg_fail(error, HG_BAD_FILE, "%s: its header does not begin with {: is this a safetensors file?",
                       file->path);
    file->header = json_parse(text, length, &stopped);
    if (!file->header)
        return hg_fail(error, HG_BAD_FILE, "%s: its header is not JSON at byte %zu of %zu, or nests over %d deep",
                       file->path, stopped, length, CJSON_NESTING_LIMIT);
    return safetensors_list(file, error);
}

static hg_status read_header(safetensors *file, hg_error *error)
{
    const uint64_t size = file->bytes.size;
    unsigned char bytes[SAFETENSORS_LENGTH_BYTES];
    if (size < sizeof bytes)
        return hg_fail(error, HG_BAD_FILE, "%s: has %" PRIu64 " bytes; a safetensors file begins with %zu of length",
                       file->path, size, sizeof bytes);
    hg_status status = read_file_at(&file->bytes, 0, bytes, sizeof bytes, error);
    if (status)
        return status;
    const uint64_t length = numbers_load(bytes, sizeof bytes);
    if (length > SAFETENSORS_MAX_HEADER)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: says that its header has %" PRIu64
                       " bytes, over the limit of %d: is this a safetensors file?",
                       file->path, length, SAFETENSORS_MAX_HEADER);
    if (length > size - sizeof bytes)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: says that its header has %" PRIu64 " bytes, but only %" PRIu64
                       " follow: the file may be cut off",
                       file->path, length, size - sizeof bytes);
    file->data_begin = sizeof bytes + length;
    file->data_size = size - file->data_begin;

    char *text = hg_allocate((size_t)length + 1, 1);
    if (!text)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for its header of %" PRIu64 " bytes", file->path, length);
    status = read_file_at(&file->bytes, sizeof bytes, text, (size_t)length, error);
    if (!status)
        status = parse_header(file, text, (size_t)length, error);
    hg_release(text);
    return status;
}

hg_status safetensors_open(safetensors *file, const char *path, hg_error *error)
{
    *file = (safetensors){ .path = path };
    hg_status status = read_file_open(&file->bytes, path, error);
    if (status)
        return status;
    status = read_header(file, error);
    if (status)
        safetensors_close(file);
    return status;
}

void safetensors_close(safetensors *file)
{
    read_file_close(&file->bytes);
    cJSON_Delete(file->header);
    hg_release(file->tensors);
    *file = (safetensors){ .path = NULL };
}

const char *safetensors_metadata(const safetensors *file, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(file->metadata, key));
}

static int compare_name(const void *key, const void *tensor)
{
    return strcmp(key, ((const safetensors_tensor *)tensor)->name);
}

const safetensors_tensor *safetensors_find(const safetensors *file, const char *name)
{
    return bsearch(name, file->tensors, file->count, sizeof *file->tensors, compare_name);
}

hg_status safetensors_read(const safetensors *file, const safetensors_tensor *tensor, hg_real *values, hg_error *error)
{
    unsigned char bytes[NUMBERS_CHUNK_BYTES];
    const size_t size = tensor->dtype->size, chunk = NUMBERS_CHUNK_BYTES / size;
    for (size_t first = 0; first < tensor->count; first += chunk) {
        const size_t rest = tensor->count - first, count = rest < chunk ? rest : chunk;
        const hg_status status =
            read_file_at(&file->bytes, file->data_begin + tensor->begin + first * size, bytes, count * size, error);
        if (status)
            return status;
        for (size_t i = 0; i < count; i++) {
            const double value = tensor->dtype->decode(numbers_load(bytes + i * size, size));
            values[first + i] = (hg_real)value;
            if (!isfinite(values[first + i]))
                return hg_fail(error, HG_BAD_FILE,
                               "%s: tensor \"%.100s\": element %zu is %g; weights must be finite %d-bit numbers",
                               file->path, tensor->name, first + i, value, (int)sizeof(hg_real) * NUMBERS_BITS);
        }
    }
    return HG_OK;
}
