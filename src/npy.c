/* Tensors from and to NumPy's files. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/npy.h"
#include "src/numbers.h"
#include "src/read_file.h"

/* ---- reading ---- */

/* *begin: the byte at which the dictionary begins; *length: its own. */
static hg_status read_frame(const read_file *file, uint64_t *begin, size_t *length, hg_error *error)
{
    enum { SHORT = 2, LONG = 4, MOST = NPY_MAGIC_LENGTH + NPY_VERSION_BYTES + LONG, NEWEST = 3 };
    unsigned char bytes[MOST] = { 0 };
    const size_t there = file->size < MOST ? (size_t)file->size : MOST;
    const hg_status status = read_file_at(file, 0, bytes, there, error);
    if (status)
        return status;
    if (memcmp(bytes, NPY_MAGIC, NPY_MAGIC_LENGTH) != 0)
        return hg_fail(error, HG_BAD_FILE, "%s: does not begin with \\x93NUMPY: is this a .npy file?", file->path);
    const int major = bytes[NPY_MAGIC_LENGTH], minor = bytes[NPY_MAGIC_LENGTH + 1];
    if (there > NPY_MAGIC_LENGTH + 1 && (major < 1 || major > NEWEST || minor != 0))
        return hg_fail(error, HG_BAD_FILE, "%s: is of format %d.%d; 1.0, 2.0 and 3.0 are known", file->path, major,
                       minor);
    const size_t width = major == 1 ? SHORT : LONG;
    *begin = NPY_MAGIC_LENGTH + NPY_VERSION_BYTES + width;
    *length = (size_t)numbers_load(bytes + NPY_MAGIC_LENGTH + NPY_VERSION_BYTES, width);
    if (*length > NPY_MAX_HEADER)
        return hg_fail(error, HG_BAD_FILE, "%s: says that its header has %zu bytes, over the limit of %d", file->path,
                       *length, NPY_MAX_HEADER);
    if (file->size < *begin || *length > file->size - *begin)
        return hg_fail(error, HG_BAD_FILE, "%s: ends within its header: the file may be cut off", file->path);
    return HG_OK;
}

static hg_status check_size(const read_file *file, const npy_header *header, uint64_t begin, hg_error *error)
{
    const uint64_t there = file->size - begin;
    uint64_t bytes;
    if (__builtin_mul_overflow((uint64_t)header->count, (uint64_t)header->type->size, &bytes) || there < bytes)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: has %zu numbers of %zu bytes by its header, but only %" PRIu64
                       " bytes of them: the file may be cut off",
                       file->path, header->count, header->type->size, there);
    if (there > bytes)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: %" PRIu64 " bytes too many behind its %zu numbers; a file holds one array", file->path,
                       there - bytes, header->count);
    return HG_OK;
}

static double decode(const npy_header *header, const unsigned char *bytes)
{
    const size_t size = header->type->size;
    uint64_t bits = numbers_load(bytes, size);
    if (header->highest_first)
        bits = __builtin_bswap64(bits) >> NUMBERS_BITS * (sizeof bits - size);
    return header->type->decode(bits);
}

/* Where the file's next number belongs: in Fortran's order the first dimension varies fastest. */
typedef struct walk {
    size_t index[HG_MAX_RANK], stride[HG_MAX_RANK], place;
} walk;

static walk begin_walk(const npy_header *header)
{
    walk walk = { .place = 0 };
    size_t stride = 1;
    for (int k = header->shape.rank - 1; k >= 0; k--) {
        walk.stride[k] = stride;
        stride *= header->shape.size[k];
    }
    return walk;
}

static void step(walk *walk, const npy_header *header)
{
    if (!header->fortran_order) {
        walk->place++;
        return;
    }
    for (int k = 0; k < header->shape.rank; k++) {
        walk->place += walk->stride[k];
        if (++walk->index[k] < header->shape.size[k])
            return;
        walk->place -= walk->index[k] * walk->stride[k];
        walk->index[k] = 0;
    }
}

static hg_status read_numbers(const read_file *file, const npy_header *header, uint64_t begin, hg_real *values,
                              hg_error *error)
{
    unsigned char bytes[NUMBERS_CHUNK_BYTES];
    const size_t size = header->type->size, chunk = sizeof bytes / size;
    walk walk = begin_walk(header);
    for (size_t first = 0; first < header->count; first += chunk) {
        const size_t rest = header->count - first, count = rest < chunk ? rest : chunk;
        const hg_status status = read_file_at(file, begin + first * size, bytes, count * size, error);
        if (status)
            return status;
        for (size_t i = 0; i < count; i++, step(&walk, header)) {
            const double value = decode(header, bytes + i * size);
            values[walk.place] = (hg_real)value;
            if (isfinite(value) && !isfinite(values[walk.place]))
                return hg_fail(error, HG_BAD_FILE, "%s: number %zu is %g, too large for %d bits", file->path, first + i,
                               value, (int)sizeof(hg_real) * NUMBERS_BITS);
        }
    }
    return HG_OK;
}

static hg_status read_array(hg_tensor *tensor, const read_file *file, hg_error *error)
{
    char text[NPY_MAX_HEADER];
    uint64_t begin = 0;
    size_t length = 0;
    npy_header header;
    hg_status status = read_frame(file, &begin, &length, error);
    if (!status)
        status = read_file_at(file, begin, text, length, error);
    if (!status)
        status = npy_header_read(&header, file->path, text, length, error);
    if (!status)
        status = check_size(file, &header, begin + length, error);
    if (status)
        return status;
    hg_tensor read;
    if (hg_tensor_create(&read, header.shape, NULL))
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for its %zu numbers", file->path, header.count);
    status = read_numbers(file, &header, begin + length, read.data, error);
    if (status)
        hg_tensor_destroy(&read);
    else
        *tensor = read;
    return status;
}

hg_status hg_tensor_read_npy(hg_tensor *tensor, const char *path, hg_error *error)
{
    read_file file;
    hg_status status = read_file_open(&file, path, error);
    if (status)
        return status;
    status = read_array(tensor, &file, error);
    read_file_close(&file);
    return status;
}

/* ---- writing ---- */

enum { HEADER_LENGTH = 4 * NPY_ALIGNMENT, LENGTH_BYTES = 2 };

/* Everything in front of the numbers; how many bytes that is. */
static size_t make_header(const hg_tensor_shape *shape, char header[HEADER_LENGTH])
{
    enum { LENGTH_AT = NPY_MAGIC_LENGTH + NPY_VERSION_BYTES };
    size_t end = LENGTH_AT + LENGTH_BYTES;
    memcpy(header, NPY_MAGIC "\1\0", LENGTH_AT);
    end += (size_t)snprintf(header + end, HEADER_LENGTH - end, "{'descr': '<f%zu', 'fortran_order': False, 'shape': (",
                            sizeof(hg_real));
    for (int i = 0; i < shape->rank; i++)
        end += (size_t)snprintf(header + end, HEADER_LENGTH - end, i ? " %zu," : "%zu,", shape->size[i]);
    end -= shape->rank > 1; /* only a single size needs its comma */
    end += (size_t)snprintf(header + end, HEADER_LENGTH - end, "), }");
    while ((end + 1) % NPY_ALIGNMENT)
        header[end++] = ' ';
    header[end++] = '\n';
    numbers_store((unsigned char *)header + LENGTH_AT, LENGTH_BYTES, end - LENGTH_AT - LENGTH_BYTES);
    return end;
}

hg_status hg_tensor_write_npy(const hg_tensor *tensor, const char *path, hg_error *error)
{
    char header[HEADER_LENGTH];
    size_t count;
    write_file file;
    hg_status status = hg_shape_count(&tensor->shape, &count, error);
    if (!status)
        status = write_file_open(&file, path, error);
    if (status)
        return status;
    status = write_file_append(&file, header, make_header(&tensor->shape, header), error);
    if (!status)
        status = numbers_append(&file, tensor->data, count, error);
    if (!status)
        return write_file_commit(&file, error);
    write_file_abandon(&file);
    return status;
}
