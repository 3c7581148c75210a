/* Layers to JSON text, by the option tables of their types. */
#include <string.h>

#include "src/architecture.h"
#include "src/simd.h"

static size_t word_count(const hg_option *option)
{
    size_t count = 0;
    while (option->words[count])
        count++;
    return count;
}

bool option_append(json_text *json, const hg_option *option, const void *field)
{
    int whole;
    double real;
    bool yes;
    switch (option->kind) {
    case HG_OPTION_INT:
        memcpy(&whole, field, sizeof whole);
        json_append(json, "%d", whole);
        return true;
    case HG_OPTION_REAL:
        memcpy(&real, field, sizeof real);
        json_append_real(json, real);
        return true;
    case HG_OPTION_BOOL:
        memcpy(&yes, field, sizeof yes);
        json_append(json, yes ? "true" : "false");
        return true;
    case HG_OPTION_ENUM:
        memcpy(&whole, field, sizeof whole);
        if (whole < 0 || (size_t)whole >= word_count(option))
            return false;
        json_append_string(json, option->words[whole]);
        return true;
    }
    return false;
}

static size_t value_size(const hg_option *option)
{
    switch (option->kind) {
    case HG_OPTION_REAL:
        return sizeof(double);
    case HG_OPTION_BOOL:
        return sizeof(bool);
    case HG_OPTION_INT:
    case HG_OPTION_ENUM:
        break;
    }
    return sizeof(int);
}

static bool is_zero(const hg_option *option, const void *field)
{
    static const char zeros[sizeof(double)];
    return memcmp(field, zeros, value_size(option)) == 0;
}

static hg_status write_options(const hg_layer_info *layer, json_text *json, hg_error *error)
{
    bool first = true;
    for (size_t i = 0; i < layer->type->option_count; i++) {
        const hg_option *option = &layer->type->options[i];
        const void *field = (const char *)layer->options + option->offset;
        if (is_zero(option, field))
            continue;
        json_append(json, first ? "\"%s\":" : ",\"%s\":", option->name);
        if (!option_append(json, option, field))
            return hg_fail(error, HG_BAD_ARGUMENT, "layer %s: option %s has no name for its value", layer->name,
                           option->name);
        first = false;
    }
    return HG_OK;
}

static void write_inputs(const hg_layer_info *layer, json_text *json)
{
    const char *inputs[HG_MAX_INPUTS];
    memcpy(inputs, (const char *)layer->options + layer->type->inputs_offset, sizeof inputs);
    for (size_t i = 0; i < HG_MAX_INPUTS && inputs[i]; i++) {
        json_append(json, i ? "," : "");
        json_append_string(json, inputs[i]);
    }
}

hg_status architecture_write(const hg_network *network, json_text *json, hg_error *error)
{
    json_append(json, "[");
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        const hg_layer_info layer = hg_network_layer(network, i);
        const hg_layer_type *known = layer_type_by_name(layer.type->name);
        if (known && simd_layer(known) != layer.type)
            return hg_fail(error, HG_BAD_NETWORK,
                           "layer %zu (%s): its type is called %s like one of the library's, which a file would be "
                           "taken for; give it a name of its own",
                           i + 1, layer.name, layer.type->name);
        json_append(json, i ? ",{\"type\":" : "{\"type\":");
        json_append_string(json, layer.type->name);
        json_append(json, ",\"name\":");
        json_append_string(json, layer.name);
        json_append(json, ",\"inputs\":[");
        write_inputs(&layer, json);
        json_append(json, "],\"options\":{");
        const hg_status status = write_options(&layer, json, error);
        if (status)
            return status;
        json_append(json, "}}");
    }
    json_append(json, "]");
    return json->failed ? hg_fail(error, HG_NO_MEMORY, "no memory for the text of the layers") : HG_OK;
}
