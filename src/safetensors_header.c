/* What a safetensors header says of its tensors, checked: types, shapes, and that
 * their bytes lie one behind the other from the header to the file's end. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src/json.h"
#include "src/numbers.h"
#include "src/safetensors.h"

/* ---- the types of numbers ---- */

static const safetensors_dtype DTYPES[] = {
    { "F32", sizeof(float), numbers_f32 },
    { "F64", sizeof(double), numbers_f64 },
    { "F16", sizeof(uint16_t), numbers_f16 },
    { "BF16", sizeof(uint16_t), numbers_bf16 },
};

/* ---- one tensor ---- */

static hg_status list_dtype(const safetensors *file, safetensors_tensor *tensor, const cJSON *item, hg_error *error)
{
    const char *name = cJSON_GetStringValue(item);
    for (size_t i = 0; name && i < HG_COUNT(DTYPES); i++)
        if (strcmp(name, DTYPES[i].name) == 0)
            tensor->dtype = &DTYPES[i];
    if (!tensor->dtype)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: tensor \"%.100s\": its dtype is %s%.20s; F32, F64, F16 and BF16 are known", file->path,
                       tensor->name, name ? "" : "not a text", name ? name : "");
    return HG_OK;
}

static hg_status list_shape(const safetensors *file, safetensors_tensor *tensor, const cJSON *item, hg_error *error)
{
    if (!cJSON_IsArray(item))
        return hg_fail(error, HG_BAD_FILE, "%s: tensor \"%.100s\": its shape is not an array", file->path,
                       tensor->name);
    const cJSON *size;
    cJSON_ArrayForEach(size, item)
    {
        int64_t value;
        if (tensor->shape.rank == HG_MAX_RANK)
            return hg_fail(error, HG_BAD_FILE, "%s: tensor \"%.100s\": its shape has %d dimensions; up to %d are known",
                           file->path, tensor->name, cJSON_GetArraySize(item), HG_MAX_RANK);
        if (!json_whole(size, &value) || value < 0 || (uint64_t)value > SIZE_MAX)
            return hg_fail(error, HG_BAD_FILE, "%s: tensor \"%.100s\": dimension %d of its shape is not a size",
                           file->path, tensor->name, tensor->shape.rank + 1);
        tensor->shape.size[tensor->shape.rank++] = (size_t)value;
    }
    if (hg_shape_count(&tensor->shape, &tensor->count, NULL))
        return hg_fail(error, HG_BAD_FILE, "%s: tensor \"%.100s\": the product of its shape overflows", file->path,
                       tensor->name);
    return HG_OK;
}

static hg_status list_offsets(const safetensors *file, safetensors_tensor *tensor, const cJSON *item, hg_error *error)
{
    int64_t begin, end;
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2 || !json_whole(item->child, &begin) ||
        !json_whole(item->child->next, &end) || begin < 0 || end < 0)
        return hg_fail(error, HG_BAD_FILE, "%s: tensor \"%.100s\": its data_offsets are not two byte numbers from 0",
                       file->path, tensor->name);
    if (end < begin)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: tensor \"%.100s\": its data_offsets [%" PRId64 ", %" PRId64 "] go backwards", file->path,
                       tensor->name, begin, end);
    if ((uint64_t)end > file->data_size)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: tensor \"%.100s\": its data_offsets [%" PRId64 ", %" PRId64 "] reach past the %" PRIu64
                       " bytes of data: the file may be cut off",
                       file->path, tensor->name, begin, end, file->data_size);
    tensor->begin = (uint64_t)begin;
    tensor->end = (uint64_t)end;
    const uint64_t bytes = tensor->end - tensor->begin;
    if (bytes % tensor->dtype->size || bytes / tensor->dtype->size != tensor->count) {
        char shape[SAFETENSORS_SHAPE_LENGTH];
        return hg_fail(error, HG_BAD_FILE,
                       "%s: tensor \"%.100s\": %s of shape %s wants %zu numbers of %zu bytes, its data_offsets hold "
                       "%" PRIu64 " bytes",
                       file->path, tensor->name, tensor->dtype->name, safetensors_shape_text(&tensor->shape, shape),
                       tensor->count, tensor->dtype->size, bytes);
    }
    return HG_OK;
}

static hg_status list_tensor(const safetensors *file, safetensors_tensor *tensor, const cJSON *item, hg_error *error)
{
    for (const char *byte = item->string; *byte; byte++)
        if ((unsigned char)*byte < ' ')
            return hg_fail(error, HG_BAD_FILE, "%s: the name of tensor %zu holds a control character", file->path,
                           (size_t)(tensor - file->tensors) + 1);
    tensor->name = item->string;
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    if (!cJSON_IsObject(item) || !dtype || !shape || !offsets || cJSON_GetArraySize(item) != 3)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: tensor \"%.100s\": wants dtype, shape and data_offsets, each once and nothing else",
                       file->path, tensor->name);
    hg_status status = list_dtype(file, tensor, dtype, error);
    if (!status)
        status = list_shape(file, tensor, shape, error);
    return status ? status : list_offsets(file, tensor, offsets, error);
}

/* ---- all tensors ---- */

static int compare_places(const void *a, const void *b)
{
    const safetensors_tensor *left = a, *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const safetensors_tensor *)a)->name, ((const safetensors_tensor *)b)->name);
}

static hg_status check_places(const safetensors *file, hg_error *error)
{
    uint64_t filled = 0;
    for (size_t i = 0; i < file->count; i++) {
        const safetensors_tensor *t = &file->tensors[i];
        if (t->begin < filled) {
            const safetensors_tensor *before = t - 1;
            return hg_fail(error, HG_BAD_FILE,
                           "%s: tensor \"%.100s\" at bytes [%" PRIu64 ", %" PRIu64 "] overlaps \"%.100s\" at [%" PRIu64
                           ", %" PRIu64 "]",
                           file->path, t->name, t->begin, t->end, before->name, before->begin, before->end);
        }
        if (t->begin > filled)
            return hg_fail(error, HG_BAD_FILE,
                           "%s: bytes [%" PRIu64 ", %" PRIu64 "] before tensor \"%.100s\" belong to no tensor",
                           file->path, filled, t->begin, t->name);
        filled = t->end;
    }
    if (filled < file->data_size)
        return hg_fail(error, HG_BAD_FILE, "%s: %" PRIu64 " bytes too many behind the last tensor", file->path,
                       file->data_size - filled);
    return HG_OK;
}

static hg_status check_names(const safetensors *file, hg_error *error)
{
    for (size_t i = 1; i < file->count; i++)
        if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
            return hg_fail(error, HG_BAD_FILE, "%s: tensor \"%.100s\" is there twice", file->path,
                           file->tensors[i].name);
    return HG_OK;
}

static hg_status list_metadata(safetensors *file, const cJSON *item, hg_error *error)
{
    if (file->metadata)
        return hg_fail(error, HG_BAD_FILE, "%s: " SAFETENSORS_METADATA " is there twice", file->path);
    if (!cJSON_IsObject(item))
        return hg_fail(error, HG_BAD_FILE, "%s: " SAFETENSORS_METADATA " is not an object", file->path);
    file->metadata = item;
    const cJSON *note;
    cJSON_ArrayForEach(note, item) if (!cJSON_IsString(note)) return hg_fail(
        error, HG_BAD_FILE, "%s: \"%.100s\" in " SAFETENSORS_METADATA " is not a text", file->path, note->string);
    return HG_OK;
}

hg_status safetensors_list(safetensors *file, hg_error *error)
{
    const int most = cJSON_GetArraySize(file->header);
    file->tensors = hg_allocate((size_t)most, sizeof *file->tensors);
    if (!file->tensors)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for a list of %d tensors", file->path, most);
    hg_status status = HG_OK;
    const cJSON *item;
    cJSON_ArrayForEach(item, file->header)
    {
        if (strcmp(item->string, SAFETENSORS_METADATA) == 0)
            status = list_metadata(file, item, error);
        else
            status = list_tensor(file, &file->tensors[file->count++], item, error);
        if (status)
            return status;
    }
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_names);
    status = check_names(file, error);
    if (status)
        return status;
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_places);
    status = check_places(file, error);
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_names);
    return status;
}
