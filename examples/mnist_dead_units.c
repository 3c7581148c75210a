/* See mnist_dead_units.h. */
#include <string.h>

#include <cjson/cJSON.h>

#include "mnist_dead_units.h"

#define NOTE "dead_units"

static bool add_layer(cJSON *object, const hg_activation_report *report)
{
    cJSON *layer = cJSON_AddObjectToObject(object, report->layer);
    return layer && cJSON_AddNumberToObject(layer, "dead", (double)report->dead) &&
           cJSON_AddNumberToObject(layer, "units", (double)report->units);
}

hg_status mnist_dead_units_note(hg_network *network, const hg_dataset *training, hg_error *error)
{
    const hg_activation_report *reports;
    size_t count;
    hg_status status = hg_network_inspect(network, training, &reports, &count, error);
    if (status != HG_OK)
        return status;
    cJSON *object = cJSON_CreateObject();
    bool whole = object != NULL;
    for (size_t i = 0; i < count && whole; i++)
        whole = add_layer(object, &reports[i]);
    char *text = whole ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    status = text ? hg_network_set_note(network, NOTE, text, error)
                  : hg_fail(error, HG_NO_MEMORY, "no memory for the note " NOTE);
    cJSON_free(text);
    return status;
}

/* A note is whatever somebody wrote. */
static bool read_count(const cJSON *layer, const char *key, size_t *count)
{
    static const double largest = 1e9;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(layer, key);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= largest))
        return false;
    *count = (size_t)item->valuedouble;
    return true;
}

bool mnist_dead_units_of(const hg_network *network, const hg_layer_info *layer, mnist_dead_count *count)
{
    const char *text = hg_network_note(network, NOTE);
    cJSON *object = text ? cJSON_Parse(text) : NULL;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, layer->name);
    const bool found = read_count(item, "dead", &count->dead) && read_count(item, "units", &count->units) &&
                       count->units == (size_t)layer->output.channels && count->dead <= count->units;
    cJSON_Delete(object);
    return found;
}

bool mnist_dead_units_cut_off(const hg_layer_info *layer)
{
    const char *type = layer->type->name;
    if (strcmp(type, "threshold_relu") == 0)
        return ((const hg_threshold_relu_options *)layer->options)->form != HG_SLOPE;
    return strcmp(type, "relu") == 0 || strcmp(type, "noisy_relu") == 0;
}
