/* JSON text to layers, by the option tables of their types. */
#include <limits.h>
#include <string.h>

#include "src/architecture.h"
#include "src/simd.h"

enum { LIST_LENGTH = 300 /* of the known words in a message */ };

/* "relu, conv2d" grown by one word, as far as it fits. */
static void add_word(char list[LIST_LENGTH], const char *word)
{
    const size_t length = strlen(list);
    snprintf(list + length, LIST_LENGTH - length, length ? ", %s" : "%s", word);
}

static hg_status unknown_type(const char *name, hg_error *error)
{
    char known[LIST_LENGTH] = "";
    for (size_t i = 0; layer_type_at(i); i++)
        add_word(known, layer_type_at(i)->name);
    return hg_fail(error, HG_BAD_FILE,
                   "its type \"%.60s\" is unknown; if it is a layer of your own, make the network by hg_network_create "
                   "and use hg_network_load_weights; the library's are %s",
                   name, known);
}

static hg_status unknown_option(const hg_layer_type *type, const char *name, hg_error *error)
{
    char known[LIST_LENGTH] = "";
    for (size_t i = 0; i < type->option_count; i++)
        add_word(known, type->options[i].name);
    return hg_fail(error, HG_BAD_FILE, "%s has no option \"%.60s\"; it has %s", type->name, name,
                   type->option_count ? known : "none");
}

static hg_status read_whole(const hg_option *option, const cJSON *item, void *field, hg_error *error)
{
    int64_t value;
    if (!json_whole(item, &value) || value < INT_MIN || value > INT_MAX)
        return hg_fail(error, HG_BAD_FILE, "option %s is not a whole number of %d bits", option->name,
                       (int)sizeof(int) * CHAR_BIT);
    const int whole = (int)value;
    memcpy(field, &whole, sizeof whole);
    return HG_OK;
}

static hg_status read_word(const hg_option *option, const cJSON *item, void *field, hg_error *error)
{
    const char *word = cJSON_GetStringValue(item);
    char known[LIST_LENGTH] = "";
    for (int i = 0; option->words[i]; i++) {
        if (word && strcmp(word, option->words[i]) == 0) {
            memcpy(field, &i, sizeof i);
            return HG_OK;
        }
        add_word(known, option->words[i]);
    }
    return hg_fail(error, HG_BAD_FILE, "option %s is %s%.60s%s; it is one of %s", option->name, word ? "\"" : "",
                   word ? word : "not a text", word ? "\"" : "", known);
}

static hg_status read_value(const hg_option *option, const cJSON *item, void *field, hg_error *error)
{
    double real;
    bool yes;
    switch (option->kind) {
    case HG_OPTION_INT:
        return read_whole(option, item, field, error);
    case HG_OPTION_ENUM:
        return read_word(option, item, field, error);
    case HG_OPTION_REAL:
        if (!json_real(item, &real))
            return hg_fail(error, HG_BAD_FILE, "option %s is not a number", option->name);
        memcpy(field, &real, sizeof real);
        return HG_OK;
    case HG_OPTION_BOOL:
        if (!cJSON_IsBool(item))
            return hg_fail(error, HG_BAD_FILE, "option %s is neither true nor false", option->name);
        yes = cJSON_IsTrue(item);
        memcpy(field, &yes, sizeof yes);
        return HG_OK;
    }
    return hg_fail(error, HG_BAD_FILE, "option %s cannot be read", option->name);
}

static hg_status read_options(const hg_layer_type *type, const cJSON *object, void *options, hg_error *error)
{
    if (!cJSON_IsObject(object))
        return hg_fail(error, HG_BAD_FILE, "its \"options\" are not an object");
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        const hg_option *option = NULL;
        for (size_t i = 0; i < type->option_count; i++)
            if (strcmp(type->options[i].name, item->string) == 0)
                option = &type->options[i];
        if (!option)
            return unknown_option(type, item->string, error);
        if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            return hg_fail(error, HG_BAD_FILE, "option %s is there twice", option->name);
        const hg_status status = read_value(option, item, (char *)options + option->offset, error);
        if (status)
            return status;
    }
    return HG_OK;
}

static hg_status read_inputs(const cJSON *array, void *field, hg_error *error)
{
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) > HG_MAX_INPUTS)
        return hg_fail(error, HG_BAD_FILE, "its \"inputs\" are not an array of up to %d names", HG_MAX_INPUTS);
    const char *inputs[HG_MAX_INPUTS] = { NULL };
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        inputs[count] = cJSON_GetStringValue(item);
        if (!inputs[count++])
            return hg_fail(error, HG_BAD_FILE, "input %zu is not a name", count);
    }
    memcpy(field, inputs, sizeof inputs);
    return HG_OK;
}

/* What "name", "inputs" and "options" say of a layer whose type is known. */
static hg_status read_members(const hg_layer_type *type, const cJSON *object, void *options, hg_error *error)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        hg_status status = HG_OK;
        const char *name = cJSON_GetStringValue(item);
        if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            status = hg_fail(error, HG_BAD_FILE, "\"%.60s\" is there twice", item->string);
        else if (strcmp(item->string, "name") == 0 && name)
            memcpy((char *)options + type->name_offset, &name, sizeof name);
        else if (strcmp(item->string, "inputs") == 0)
            status = read_inputs(item, (char *)options + type->inputs_offset, error);
        else if (strcmp(item->string, "options") == 0)
            status = read_options(type, item, options, error);
        else if (strcmp(item->string, "type") != 0)
            status = hg_fail(error, HG_BAD_FILE, "\"%.60s\" is not among type, name (a text), inputs and options",
                             item->string);
        if (status)
            return status;
    }
    return HG_OK;
}

static hg_status read_layer(const cJSON *object, hg_layer *layer, hg_error *error)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "type"));
    if (!cJSON_IsObject(object) || !name)
        return hg_fail(error, HG_BAD_FILE, "is not an object with a \"type\"");
    const hg_layer_type *type = layer_type_by_name(name);
    if (!type)
        return unknown_type(name, error);
    void *options = hg_allocate(1, type->options_size);
    if (!options)
        return hg_fail(error, HG_NO_MEMORY, "no memory for its options");
    memcpy(options, &type->options_size, sizeof type->options_size);
    *layer = (hg_layer){ type, options };
    return read_members(type, object, options, error);
}

hg_status architecture_read(architecture *read, const char *text, hg_error *error)
{
    size_t stopped;
    architecture made = { .tree = json_parse(text, strlen(text), &stopped) };
    if (!made.tree)
        return hg_fail(error, HG_BAD_FILE, "the text of its layers is not JSON at byte %zu of %zu", stopped,
                       strlen(text));
    const int count = cJSON_GetArraySize(made.tree);
    hg_status status = HG_OK;
    if (!cJSON_IsArray(made.tree))
        status = hg_fail(error, HG_BAD_FILE, "the text of its layers is not an array");
    else if (!(made.layers = hg_allocate((size_t)count, sizeof *made.layers)))
        status = hg_fail(error, HG_NO_MEMORY, "no memory for %d layers", count);
    const cJSON *object;
    cJSON_ArrayForEach(object, made.tree)
    {
        hg_error cause;
        if (status)
            break;
        status = read_layer(object, &made.layers[made.count++], &cause);
        if (status)
            hg_fail(error, status, "layer %zu: %s", made.count, cause.message);
    }
    if (status)
        architecture_release(&made);
    else
        *read = made;
    return status;
}

void architecture_release(architecture *read)
{
    for (size_t i = 0; i < read->count; i++)
        hg_release((void *)read->layers[i].options);
    hg_release(read->layers);
    cJSON_Delete(read->tree);
    *read = (architecture){ 0 };
}
