/* A saved network as one line of JSON. cJSON writes numbers with the digits that they need to come back, and
 * those that are not finite as null. */
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "mnist_dead_units.h"
#include "mnist_inspect.h"
#include "mnist_json.h"
#include "mnist_text.h"

/* false if there is no item for lack of memory, or no room for it. */
static bool add(cJSON *object, const char *key, cJSON *item)
{
    if (item && cJSON_AddItemToObject(object, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_text(cJSON *object, const char *key, const char *text)
{
    char *copy = mnist_text_utf8_copy(text);
    const bool added = copy && cJSON_AddStringToObject(object, key, copy);
    free(copy);
    return added;
}

static bool add_number(cJSON *object, const char *key, double number)
{
    return cJSON_AddNumberToObject(object, key, number) != NULL;
}

static bool add_numbers(cJSON *object, const char *key, const double *numbers, size_t count)
{
    return add(object, key, cJSON_CreateDoubleArray(numbers, (int)count));
}

static bool add_option(cJSON *object, const hg_layer_info *layer, const hg_option *option)
{
    const void *field = (const char *)layer->options + option->offset;
    switch (option->kind) {
    case HG_OPTION_INT:
        return add_number(object, option->name, *(const int *)field);
    case HG_OPTION_REAL:
        return add_number(object, option->name, *(const double *)field);
    case HG_OPTION_BOOL:
        return cJSON_AddBoolToObject(object, option->name, *(const bool *)field) != NULL;
    case HG_OPTION_ENUM:
        return add_text(object, option->name, mnist_inspect_word(layer, option->name));
    }
    return false;
}

/* ---- the parts: each says whether all of it found memory ---- */

static bool fill_layer(cJSON *object, const hg_layer_info *layer)
{
    const double output[] = { layer->output.channels, layer->output.height, layer->output.width };
    bool filled = add_text(object, "name", layer->name) && add_text(object, "type", layer->type->name) &&
                  add_numbers(object, "output", output, HG_COUNT(output));
    cJSON *options = filled ? cJSON_AddObjectToObject(object, "options") : NULL;
    filled = options != NULL;
    for (size_t i = 0; i < layer->type->option_count && filled; i++)
        filled = add_option(options, layer, &layer->type->options[i]);
    return filled;
}

static bool fill_parameter(cJSON *object, const hg_parameter *parameter)
{
    double shape[HG_MAX_RANK];
    const mnist_range range = mnist_inspect_range(parameter);
    for (int i = 0; i < parameter->shape.rank; i++)
        shape[i] = (double)parameter->shape.size[i];
    return add_text(object, "name", parameter->name) &&
           add_numbers(object, "shape", shape, (size_t)parameter->shape.rank) &&
           cJSON_AddBoolToObject(object, "learned", parameter->gradients != NULL) &&
           add_number(object, "min", range.min) && add_number(object, "mean", range.mean) &&
           add_number(object, "max", range.max) && add_number(object, "zero_share", range.zero_share);
}

static bool fill_thresholds(cJSON *object, const hg_layer_info *layer, const hg_parameter *thresholds)
{
    const bool bounded = thresholds->lower < thresholds->upper;
    const mnist_range range = mnist_inspect_range(thresholds);
    bool filled = add_text(object, "layer", layer->name) &&
                  add_text(object, "form", mnist_inspect_word(layer, "form")) &&
                  add(object, "lower", bounded ? cJSON_CreateNumber(thresholds->lower) : cJSON_CreateNull()) &&
                  add(object, "upper", bounded ? cJSON_CreateNumber(thresholds->upper) : cJSON_CreateNull()) &&
                  add_number(object, "min", range.min) && add_number(object, "max", range.max);
    cJSON *values = filled ? cJSON_AddArrayToObject(object, "values") : NULL;
    filled = values != NULL;
    for (size_t i = 0; i < thresholds->count && filled; i++)
        filled = cJSON_AddItemToArray(values, cJSON_CreateNumber((double)thresholds->values[i]));
    return filled;
}

static bool fill_dead_units(cJSON *object, const hg_network *network, const hg_layer_info *layer)
{
    mnist_dead_count count;
    const bool known = mnist_dead_units_of(network, layer, &count);
    return add_text(object, "layer", layer->name) && add_number(object, "units", layer->output.channels) &&
           add(object, "dead", known ? cJSON_CreateNumber((double)count.dead) : cJSON_CreateNull());
}

/* An object at the end of an array; NULL without memory. */
static cJSON *append_object(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    if (object && cJSON_AddItemToArray(array, object))
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* ---- all ---- */

static bool fill_lists(cJSON *object, hg_network *network)
{
    cJSON *layers = cJSON_AddArrayToObject(object, "layers"),
          *parameters = cJSON_AddArrayToObject(object, "parameters"),
          *thresholds = cJSON_AddArrayToObject(object, "thresholds"),
          *dead_units = cJSON_AddArrayToObject(object, "dead_units"), *next;
    bool filled = layers && parameters && thresholds && dead_units;
    for (size_t i = 0; i < hg_network_layer_count(network) && filled; i++) {
        const hg_layer_info layer = hg_network_layer(network, i);
        hg_parameter learned;
        filled = (next = append_object(layers)) && fill_layer(next, &layer);
        if (filled && mnist_inspect_thresholds(network, &layer, &learned))
            filled = (next = append_object(thresholds)) && fill_thresholds(next, &layer, &learned);
        if (filled && layer.type->traits & HG_IS_ACTIVATION)
            filled = (next = append_object(dead_units)) && fill_dead_units(next, network, &layer);
    }
    for (size_t i = 0; i < hg_network_parameter_count(network) && filled; i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        filled = (next = append_object(parameters)) && fill_parameter(next, &parameter);
    }
    return filled;
}

static bool fill_filters(cJSON *object, const mnist_filters *filters, const char *path)
{
    return add_text(object, "file", path) && add_text(object, "layer", filters->layer) &&
           add_number(object, "tiles", (double)filters->tiles) && add_number(object, "channels", filters->channels) &&
           add_number(object, "height", filters->height) && add_number(object, "width", filters->width) &&
           add_number(object, "most", filters->most);
}

hg_status mnist_inspect_json(hg_network *network, const mnist_options *options, const mnist_filters *filters,
                             hg_error *error)
{
    cJSON *object = cJSON_CreateObject(), *sheet;
    bool filled = object && add_text(object, "file", options->model) &&
                  add_number(object, "learnable", (double)hg_network_learnable_count(network)) &&
                  fill_lists(object, network);
    if (filled && filters)
        filled = (sheet = cJSON_AddObjectToObject(object, "filters")) && fill_filters(sheet, filters, options->filters);
    return mnist_json_print(object, filled, error);
}
