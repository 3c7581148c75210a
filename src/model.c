/* Networks to model files and back. */
#include <string.h>

#include <hinge/hinge.h>

#include "src/architecture.h"
#include "src/model.h"
#include "src/notes.h"

#define VERSION_KEY "hinge.version"

enum { NUMBERS_TO_SPARE = 1 << 20 };

/* ---- saving ---- */

/* What a file has beside the network. */
typedef struct addition {
    const hg_parameter *tensors;
    size_t tensor_count;
    safetensors_note note; /* key NULL: none */
} addition;

static hg_status write_model(hg_network *network, const char *path, const char *layers, const addition *addition,
                             hg_error *error)
{
    const safetensors_note own[] = {
        { "format", "pt" }, /* loaders for PyTorch ask for it */
        { MODEL_LAYERS_KEY, layers },
        { VERSION_KEY, HG_VERSION },
        addition->note,
    };
    const size_t own_count = HG_COUNT(own) - !addition->note.key, notes = own_count + network->notes.count;
    const size_t parameter_count = hg_network_parameter_count(network),
                 count = parameter_count + addition->tensor_count;
    hg_parameter *parameters = hg_allocate(count, sizeof *parameters);
    safetensors_note *metadata = hg_allocate(notes, sizeof *metadata);
    hg_status status = HG_OK;
    if (!parameters || !metadata)
        status = hg_fail(error, HG_NO_MEMORY, "%s: no memory for a list of %zu parameters", path, count);
    for (size_t i = 0; i < count && !status; i++)
        parameters[i] = i < parameter_count ? hg_network_parameter(network, i) : addition->tensors[i - parameter_count];
    for (size_t i = 0; i < notes && !status; i++)
        metadata[i] = i < own_count ? own[i] : network->notes.list[i - own_count];
    if (!status)
        status = safetensors_write(path, parameters, count, metadata, notes, error);
    hg_release(parameters);
    hg_release(metadata);
    return status;
}

static hg_status save(const hg_network *network, const char *path, const addition *addition, hg_error *error)
{
    json_text layers = { 0 };
    hg_error cause;
    hg_status status = architecture_write(network, &layers, &cause);
    if (status)
        hg_fail(error, status, "%s: not written: %s", path, cause.message);
    else /* the parameters are only read */
        status = write_model((hg_network *)network, path, layers.text, addition, error);
    hg_release(layers.text);
    return status;
}

hg_status model_write(const hg_network *network, const char *path, const hg_parameter *tensors, size_t tensor_count,
                      safetensors_note note, hg_error *error)
{
    return save(network, path, &(addition){ tensors, tensor_count, note }, error);
}

hg_status hg_network_save(const hg_network *network, const char *path, hg_error *error)
{
    return save(network, path, &(addition){ .tensors = NULL }, error);
}

/* ---- loading ----
 * A file that PyTorch made has no frozen tensors: hg_network_load_weights lets them be. */

static hg_status missing_tensor(const safetensors *file, const hg_parameter *wanted, hg_error *error)
{
    char shape[SAFETENSORS_SHAPE_LENGTH], first[SAFETENSORS_SHAPE_LENGTH];
    safetensors_shape_text(&wanted->shape, shape);
    if (file->count == 0)
        return hg_fail(error, HG_BAD_FILE, "%s: has no tensor \"%s\" %s: it has none at all", file->path, wanted->name,
                       shape);
    return hg_fail(error, HG_BAD_FILE,
                   "%s: has no tensor \"%s\" %s; its %zu tensors begin with \"%.100s\" %s: rename them", file->path,
                   wanted->name, shape, file->count, file->tensors[0].name,
                   safetensors_shape_text(&file->tensors[0].shape, first));
}

static bool same_shape(const hg_tensor_shape *a, const hg_tensor_shape *b)
{
    return a->rank == b->rank && memcmp(a->size, b->size, (size_t)a->rank * sizeof a->size[0]) == 0;
}

static hg_status check_shape(const safetensors *file, const safetensors_tensor *tensor, const hg_parameter *wanted,
                             hg_error *error)
{
    char held[SAFETENSORS_SHAPE_LENGTH], shape[SAFETENSORS_SHAPE_LENGTH];
    return same_shape(&tensor->shape, &wanted->shape)
               ? HG_OK
               : hg_fail(error, HG_BAD_FILE, "%s: tensor \"%s\" has the shape %s; the network wants %s", file->path,
                         wanted->name, safetensors_shape_text(&tensor->shape, held),
                         safetensors_shape_text(&wanted->shape, shape));
}

hg_status model_tensor(const safetensors *file, const hg_parameter *wanted, const safetensors_tensor **found,
                       hg_error *error)
{
    *found = safetensors_find(file, wanted->name);
    return *found ? check_shape(file, *found, wanted, error) : missing_tensor(file, wanted, error);
}

/* Every parameter is in the file in its shape; the frozen ones may all be missing
 * unless `whole`. *numbers: of all of them; *frozen: how many frozen tensors there are. */
static hg_status check_parameters(hg_network *network, const safetensors *file, bool whole, size_t *numbers,
                                  size_t *frozen, hg_error *error)
{
    hg_parameter left_out = { 0 };
    *numbers = *frozen = 0;
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter wanted = hg_network_parameter(network, i);
        const safetensors_tensor *tensor = safetensors_find(file, wanted.name);
        const bool is_frozen = network->parameters[i].spec.frozen;
        if (!tensor && !is_frozen)
            return missing_tensor(file, &wanted, error);
        if (!tensor) {
            left_out = wanted;
            continue;
        }
        const hg_status status = check_shape(file, tensor, &wanted, error);
        if (status)
            return status;
        *numbers += wanted.count;
        *frozen += is_frozen;
    }
    /* half a normalization would be a wrong one */
    return left_out.name && (whole || *frozen) ? missing_tensor(file, &left_out, error) : HG_OK;
}

static hg_status check_tensors(hg_network *network, const safetensors *file, hg_error *error)
{
    hg_parameter found;
    for (size_t i = 0; i < file->count; i++)
        if (!hg_network_find_parameter(network, file->tensors[i].name, &found) &&
            strncmp(file->tensors[i].name, MODEL_FOREIGN_PREFIX, strlen(MODEL_FOREIGN_PREFIX)) != 0)
            return hg_fail(error, HG_BAD_FILE,
                           "%s: tensor \"%.100s\" is no parameter of the network; take it out, or add its layer",
                           file->path, file->tensors[i].name);
    return HG_OK;
}

/* Reads all tensors into one staging buffer, one behind the other in the network's
 * order, and only when they are all good into the network. */
static hg_status copy_values(hg_network *network, const safetensors *file, size_t numbers, hg_error *error)
{
    hg_real *staging = hg_allocate(numbers, sizeof *staging), *next = staging;
    if (!staging)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for its %zu numbers", file->path, numbers);
    const size_t count = hg_network_parameter_count(network);
    hg_status status = HG_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const safetensors_tensor *tensor = safetensors_find(file, hg_network_parameter(network, i).name);
        if (!tensor)
            continue;
        status = safetensors_read(file, tensor, next, error);
        next += tensor->count;
    }
    next = staging;
    for (size_t i = 0; i < count && !status; i++) {
        const hg_parameter wanted = hg_network_parameter(network, i);
        if (!safetensors_find(file, wanted.name))
            continue;
        memcpy(wanted.values, next, wanted.count * sizeof *next);
        next += wanted.count;
    }
    hg_release(staging);
    return status;
}

static hg_status load_values(hg_network *network, const safetensors *file, bool whole, hg_error *error)
{
    size_t numbers, frozen;
    hg_status status = check_parameters(network, file, whole, &numbers, &frozen, error);
    if (!status)
        status = check_tensors(network, file, error);
    if (!status)
        status = copy_values(network, file, numbers, error);
    if (!status && (whole || frozen))
        network_mark_normalized(network);
    return status;
}

hg_status model_read(hg_network *network, const safetensors *file, hg_error *error)
{
    return load_values(network, file, true, error);
}

hg_status hg_network_load_weights(hg_network *network, const char *path, hg_error *error)
{
    safetensors file;
    hg_status status = safetensors_open(&file, path, error);
    if (status)
        return status;
    status = load_values(network, &file, false, error);
    safetensors_close(&file);
    return status;
}

static hg_network *create_network(const safetensors *file, hg_error *error)
{
    const char *text = safetensors_metadata(file, MODEL_LAYERS_KEY);
    const char *version = safetensors_metadata(file, VERSION_KEY);
    if (!text) {
        hg_fail(error, HG_BAD_FILE,
                "%s: describes no network (\"" MODEL_LAYERS_KEY
                "\" is missing in its metadata); make the network, then use "
                "hg_network_load_weights",
                file->path);
        return NULL;
    }
    hg_error cause = { 0 };
    architecture read = { 0 };
    hg_network *network = NULL;
    /* a small file must not make a large network; of what fits nearly, the tensor that is missing is named */
    size_t numbers = NUMBERS_TO_SPARE;
    for (size_t i = 0; i < file->count; i++)
        numbers += file->tensors[i].count;
    if (!architecture_read(&read, text, &cause))
        network = network_create_within(read.layers, read.count, numbers, &cause);
    if (!network)
        hg_fail(error, cause.status, "%s (of hinge %.20s; this is %s): %s", file->path, version ? version : "unknown",
                HG_VERSION, cause.message);
    architecture_release(&read);
    return network;
}

static hg_status load_notes(hg_network *network, const safetensors *file, hg_error *error)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, file->metadata)
    {
        hg_error cause;
        if (note->string[0] == '\0' || notes_reserved(note->string))
            continue;
        if (hg_network_set_note(network, note->string, note->valuestring, &cause))
            return hg_fail(error, cause.status == HG_NO_MEMORY ? HG_NO_MEMORY : HG_BAD_FILE, "%s: %s", file->path,
                           cause.message);
    }
    return HG_OK;
}

hg_network *hg_network_load(const char *path, hg_error *error)
{
    safetensors file;
    if (safetensors_open(&file, path, error))
        return NULL;
    hg_network *network = create_network(&file, error);
    if (network && (load_values(network, &file, true, error) || load_notes(network, &file, error))) {
        hg_network_destroy(network);
        network = NULL;
    }
    safetensors_close(&file);
    return network;
}
