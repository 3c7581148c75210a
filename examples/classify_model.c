/* The network, and what goes with it into the model file as notes: "classes", an array
 * of names as JSON, and "validation share". */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "classify_model.h"

#define CLASSES_NOTE "classes"
#define SHARE_NOTE "validation share"

enum { MOST_BLOCKS = 5, BLOCK_LAYERS = 3, MOST_LAYERS = 2 + MOST_BLOCKS * BLOCK_LAYERS + 4 };
enum { SMALLEST_MAP = 8, FIRST_FILTERS = 16, MOST_FILTERS = 64 };

/* Blocks of a 3 x 3 convolution and a pooling by two, as long as the map has 8 pixels a
 * side; the filters double up to 64. What is left goes through dropout to the classes. */
static hg_network *create_network(hg_shape shape, int classes, hg_error *error)
{
    hg_conv2d_options convolutions[MOST_BLOCKS];
    hg_layer layers[MOST_LAYERS];
    size_t count = 0;
    const hg_layer input = hg_image_input(shape.height, shape.width, shape.channels);
    const hg_layer activation = hg_threshold_relu(), pooling = hg_max_pool2d(2);
    layers[count++] = input;
    int filters = FIRST_FILTERS, side = shape.height < shape.width ? shape.height : shape.width;
    for (int block = 0; block < MOST_BLOCKS && side >= SMALLEST_MAP; block++, side /= 2) {
        convolutions[block] =
            (hg_conv2d_options){ .size = sizeof *convolutions, .filter_size = 3, .filters = filters, .same = true };
        layers[count++] = (hg_layer){ &hg_conv2d_type, &convolutions[block] };
        layers[count++] = activation;
        layers[count++] = pooling;
        filters = filters < MOST_FILTERS ? 2 * filters : filters;
    }
    layers[count++] = hg_dropout(0.3);
    layers[count++] = hg_fully_connected(classes);
    layers[count++] = hg_softmax();
    layers[count++] = hg_classification();
    return hg_network_create(layers, count, error);
}

static hg_status no_memory(hg_error *error)
{
    return hg_fail(error, HG_NO_MEMORY, "no memory for the names of the classes");
}

static hg_status add_name(classify_model *model, const char *name, hg_error *error)
{
    model->names[model->count] = strdup(name);
    return model->names[model->count++] ? HG_OK : no_memory(error);
}

hg_status classify_model_create(classify_model *model, const hg_dataset *training, double validation_share,
                                hg_error *error)
{
    *model = (classify_model){ .validation_share = validation_share };
    model->network = create_network(training->shape, training->classes, error);
    if (!model->network)
        return HG_BAD_NETWORK;
    model->names = calloc((size_t)training->classes, sizeof *model->names);
    hg_status status = model->names ? HG_OK : no_memory(error);
    for (int i = 0; i < training->classes && status == HG_OK; i++)
        status = add_name(model, training->class_names[i], error);
    if (status != HG_OK)
        classify_model_release(model);
    return status;
}

hg_status classify_model_save(const classify_model *model, const char *path, hg_error *error)
{
    char share[32];
    cJSON *array = cJSON_CreateStringArray((const char *const *)model->names, (int)model->count);
    char *text = array ? cJSON_PrintUnformatted(array) : NULL;
    cJSON_Delete(array);
    snprintf(share, sizeof share, "%.17g", model->validation_share);
    hg_status status = text ? hg_network_set_note(model->network, CLASSES_NOTE, text, error) : no_memory(error);
    cJSON_free(text);
    if (status == HG_OK)
        status = hg_network_set_note(model->network, SHARE_NOTE, share, error);
    return status == HG_OK ? hg_network_save(model->network, path, error) : status;
}

static hg_status read_names(classify_model *model, const char *path, hg_error *error)
{
    const char *text = hg_network_note(model->network, CLASSES_NOTE);
    cJSON *array = text ? cJSON_Parse(text) : NULL;
    const int classes = hg_network_classes(model->network), names = array ? cJSON_GetArraySize(array) : 0;
    hg_status status = HG_OK;
    if (!cJSON_IsArray(array) || names != classes)
        status =
            hg_fail(error, HG_BAD_FILE, "%s: names %d of its %d classes; is it a model that \"classify train\" wrote?",
                    path, names, classes);
    else if (!(model->names = calloc((size_t)classes, sizeof *model->names)))
        status = no_memory(error);
    const cJSON *name;
    cJSON_ArrayForEach(name, array)
    {
        if (status == HG_OK)
            status = cJSON_IsString(name)
                         ? add_name(model, name->valuestring, error)
                         : hg_fail(error, HG_BAD_FILE, "%s: the name of class %zu is no text", path, model->count);
    }
    cJSON_Delete(array);
    return status;
}

hg_status classify_model_load(classify_model *model, const char *path, hg_error *error)
{
    *model = (classify_model){ .network = hg_network_load(path, error) };
    if (!model->network)
        return HG_BAD_FILE;
    const char *share = hg_network_note(model->network, SHARE_NOTE);
    const hg_shape shape = hg_network_input_shape(model->network);
    model->validation_share = share ? strtod(share, NULL) : 0;
    hg_status status = read_names(model, path, error);
    if (status == HG_OK && shape.channels != 1 && shape.channels != 3)
        status =
            hg_fail(error, HG_BAD_FILE, "%s: takes images of %d channels; pictures have 1 or 3", path, shape.channels);
    if (status != HG_OK)
        classify_model_release(model);
    return status;
}

void classify_model_release(classify_model *model)
{
    hg_network_destroy(model->network);
    for (size_t i = 0; i < model->count; i++)
        free(model->names[i]);
    free(model->names);
    *model = (classify_model){ .network = NULL };
}
