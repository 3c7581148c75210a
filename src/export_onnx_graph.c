/* Operators and values of a network that becomes an ONNX graph; see export_onnx.h. */
#include "src/export_onnx.h"

#ifdef HINGE_ONNX
#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- memory ---- */

typedef struct piece {
    struct piece *next;
    max_align_t memory[];
} piece;

void *export_onnx_take(export_onnx *o, size_t count, size_t size)
{
    size_t bytes;
    piece *made = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes) && !__builtin_add_overflow(bytes, sizeof *made, &bytes))
        made = hg_allocate(bytes, 1);
    if (!made) {
        o->failed = true;
        return NULL;
    }
    made->next = o->pieces;
    o->pieces = made;
    return made->memory;
}

char *export_onnx_text(export_onnx *o, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    char *text = export_onnx_take(o, size, 1);
    if (text)
        vsnprintf(text, size, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void export_onnx_release(export_onnx *o)
{
    while (o->pieces) {
        piece *next = o->pieces->next;
        hg_release(o->pieces);
        o->pieces = next;
    }
}

void export_onnx_append(export_onnx *o, export_onnx_list *list, void *element)
{
    enum { FIRST_CAPACITY = 32 };
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : FIRST_CAPACITY;
        void **larger = export_onnx_take(o, capacity, sizeof *larger);
        if (!larger)
            return;
        if (list->count)
            memcpy(larger, list->element, list->count * sizeof *larger);
        list->element = larger;
        list->capacity = capacity;
    }
    list->element[list->count++] = element;
}

/* ---- operators ---- */

enum { MOST_ATTRIBUTES = 4 };

const char *export_onnx_node(export_onnx *o, size_t node, const char *short_name, const char *operator,
                             const char * const * inputs, size_t input_count)
{
    const char *layer = o->network->nodes[node].name;
    HingeOnnx__NodeProto *made = export_onnx_take(o, 1, sizeof *made);
    char **texts = export_onnx_take(o, input_count + 1, sizeof *texts);
    char *output = export_onnx_text(o, "%s.%s", layer, short_name);
    if (!made || !texts || !output)
        return NULL;
    hinge_onnx__node_proto__init(made);
    made->op_type = (char *)operator;
    made->name = strcmp(short_name, EXPORT_ONNX_LAST) == 0 ? (char *)layer : output;
    for (size_t i = 0; i < input_count; i++)
        texts[i] = (char *)inputs[i];
    texts[input_count] = output;
    made->n_input = input_count;
    made->input = texts;
    made->n_output = 1;
    made->output = texts + input_count;
    export_onnx_append(o, &o->nodes, made);
    return output;
}

/* One more of the operator made last. */
static HingeOnnx__AttributeProto *add_attribute(export_onnx *o, const char *name,
                                                HingeOnnx__AttributeProto__AttributeType type)
{
    if (o->failed)
        return NULL;
    HingeOnnx__NodeProto *node = o->nodes.element[o->nodes.count - 1];
    HingeOnnx__AttributeProto *made = export_onnx_take(o, 1, sizeof *made);
    if (!node->attribute)
        node->attribute = export_onnx_take(o, MOST_ATTRIBUTES, sizeof(HingeOnnx__AttributeProto *));
    if (!made || !node->attribute)
        return NULL;
    assert(node->n_attribute < MOST_ATTRIBUTES);
    hinge_onnx__attribute_proto__init(made);
    made->name = (char *)name;
    made->has_type = true;
    made->type = type;
    node->attribute[node->n_attribute++] = made;
    return made;
}

void export_onnx_int(export_onnx *o, const char *name, int value)
{
    HingeOnnx__AttributeProto *made = add_attribute(o, name, HINGE_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (made) {
        made->has_i = true;
        made->i = value;
    }
}

void export_onnx_ints(export_onnx *o, const char *name, const int *values, size_t count)
{
    int64_t *copy = export_onnx_take(o, count, sizeof *copy);
    HingeOnnx__AttributeProto *made = add_attribute(o, name, HINGE_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (!made)
        return;
    for (size_t i = 0; i < count; i++)
        copy[i] = values[i];
    made->n_ints = count;
    made->ints = copy;
}

void export_onnx_float(export_onnx *o, const char *name, double value)
{
    HingeOnnx__AttributeProto *made = add_attribute(o, name, HINGE_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (made) {
        made->has_f = true;
        made->f = (float)value;
    }
}

/* ---- values ---- */

const char *export_onnx_map(export_onnx *o, size_t node)
{
    export_onnx_value *value = &o->value[node];
    if (!value->map) {
        const hg_shape shape = o->network->nodes[node].shape;
        const int sizes[] = { -1, shape.channels, shape.height, shape.width }; /* -1: as many samples as there are */
        const char *target = export_onnx_whole(o, node, "map_shape", sizes, HG_COUNT(sizes));
        value->map = EXPORT_ONNX_NODE(o, node, "map", "Reshape", value->flat, target);
    }
    return value->map;
}

const char *export_onnx_flat(export_onnx *o, size_t node)
{
    export_onnx_value *value = &o->value[node];
    if (!value->flat) {
        value->flat = EXPORT_ONNX_NODE(o, node, "flat", "Flatten", value->map);
        export_onnx_int(o, "axis", 1);
    }
    return value->flat;
}

bool export_onnx_is_flat(const export_onnx *o, size_t node)
{
    const hg_shape shape = o->network->nodes[node].shape;
    return !o->value[node].map && shape.height == 1 && shape.width == 1;
}

const char *export_onnx_either(export_onnx *o, size_t node)
{
    const size_t input = o->network->nodes[node].input[0];
    return export_onnx_is_flat(o, input) ? export_onnx_flat(o, input) : export_onnx_map(o, input);
}

void export_onnx_result_map(export_onnx *o, size_t node, const char *tensor)
{
    o->value[node].map = tensor;
}

void export_onnx_result_flat(export_onnx *o, size_t node, const char *tensor)
{
    o->value[node].flat = tensor;
}

void export_onnx_result(export_onnx *o, size_t node, const char *tensor)
{
    if (export_onnx_is_flat(o, o->network->nodes[node].input[0]))
        export_onnx_result_flat(o, node, tensor);
    else
        export_onnx_result_map(o, node, tensor);
}
#endif
