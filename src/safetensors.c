/* Reading safetensors: the header at once, each tensor when it is asked for. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/json.h"
#include "src/safetensors.h"

enum { BITS = 8, CHUNK_BYTES = 16384 /* a multiple of every type's size */ };

static uint64_t little_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (BITS * i);
    return value;
}

static hg_status read_at(const safetensors *file, uint64_t place, void *bytes, size_t count, hg_error *error)
{
    unsigned char *rest = bytes;
    while (count > 0) {
        const ssize_t got = pread(file->descriptor, rest, count, (off_t)place);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return hg_fail(error, HG_IO, "%s: cannot be read: %s", file->path, strerror(errno));
        if (got == 0)
            return hg_fail(error, HG_BAD_FILE, "%s: became shorter while it was read: load it again", file->path);
        rest += got;
        place += (uint64_t)got;
        count -= (size_t)got;
    }
    return HG_OK;
}

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
    struct stat info;
    if (fstat(file->descriptor, &info) != 0)
        return hg_fail(error, HG_IO, "%s: cannot be read: %s", file->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return hg_fail(error, HG_IO, "%s: cannot be read: it is not a regular file", file->path);
    const uint64_t size = (uint64_t)info.st_size;
    unsigned char bytes[SAFETENSORS_LENGTH_BYTES];
    if (size < sizeof bytes)
        return hg_fail(error, HG_BAD_FILE, "%s: has %" PRIu64 " bytes; a safetensors file begins with %zu of length",
                       file->path, size, sizeof bytes);
    hg_status status = read_at(file, 0, bytes, sizeof bytes, error);
    if (status)
        return status;
    const uint64_t length = little_endian(bytes, sizeof bytes);
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
    status = read_at(file, sizeof bytes, text, (size_t)length, error);
    if (!status)
        status = parse_header(file, text, (size_t)length, error);
    hg_release(text);
    return status;
}

hg_status safetensors_open(safetensors *file, const char *path, hg_error *error)
{
    /* without O_NONBLOCK a named pipe would keep us waiting for its writer */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return hg_fail(error, HG_IO, "%s: cannot be read: %s", path, strerror(errno));
    *file = (safetensors){ .path = path, .descriptor = descriptor };
    const hg_status status = read_header(file, error);
    if (status)
        safetensors_close(file);
    return status;
}

void safetensors_close(safetensors *file)
{
    close(file->descriptor);
    cJSON_Delete(file->header);
    hg_release(file->tensors);
    *file = (safetensors){ .descriptor = -1 };
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
    unsigned char bytes[CHUNK_BYTES];
    const size_t size = tensor->dtype->size, chunk = CHUNK_BYTES / size;
    for (size_t first = 0; first < tensor->count; first += chunk) {
        const size_t rest = tensor->count - first, count = rest < chunk ? rest : chunk;
        const hg_status status =
            read_at(file, file->data_begin + tensor->begin + first * size, bytes, count * size, error);
        if (status)
            return status;
        for (size_t i = 0; i < count; i++) {
            const double value = tensor->dtype->decode(little_endian(bytes + i * size, size));
            values[first + i] = (hg_real)value;
            if (!isfinite(values[first + i]))
                return hg_fail(error, HG_BAD_FILE,
                               "%s: tensor \"%.100s\": element %zu is %g; weights must be finite %d-bit numbers",
                               file->path, tensor->name, first + i, value, (int)sizeof(hg_real) * BITS);
        }
    }
    return HG_OK;
}
