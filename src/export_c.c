/* Networks as C text: the file's head, the function that runs the stages, and the file itself. */
#include <ctype.h>
#include <string.h>

#include <hinge/version.h>

#include "src/export_c.h"
#include "src/write_file.h"

/* ---- the function's name ---- */

/* C99's keywords and what <math.h> declares that the file uses or a reader might. */
static const char *const taken[] = {
    "auto",   "break",    "case",   "char",     "const",  "continue", "default", "do",      "double", "else",
    "enum",   "extern",   "float",  "for",      "goto",   "if",       "inline",  "int",     "long",   "register",
    "return", "short",    "signed", "sizeof",   "static", "struct",   "switch",  "typedef", "union",  "unsigned",
    "void",   "volatile", "while",  "restrict", "main",   "exp",      "expf",    "log",     "pow",    "powf",
    "sqrt",   "sqrtf",    "tanh",   "tanhf",    "erf",    "erff",     "expm1",   "expm1f",  "fabs",   "fabsf",
    "sin",    "cos",      "tan",    "floor",    "ceil",   "round",    "gamma",
};

static hg_status check_name(const char *name, hg_error *error)
{
    enum { LONGEST_NAME = 100 };
    bool good = isalpha((unsigned char)name[0]) && strlen(name) <= LONGEST_NAME;
    for (const char *c = name; *c; c++)
        good = good && ((unsigned char)*c < 0x80) && (isalnum((unsigned char)*c) || *c == '_');
    if (!good)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "name \"%.120s\": a function's name is a letter and up to %d letters, digits and _ behind it",
                       name, LONGEST_NAME - 1);
    for (size_t i = 0; i < HG_COUNT(taken); i++)
        if (strcmp(name, taken[i]) == 0)
            return hg_fail(error, HG_BAD_ARGUMENT, "name \"%s\": C or <math.h> has one of that name; choose another",
                           name);
    return HG_OK;
}

/* ---- the head ---- */

static void write_shape(export_c *c, hg_shape shape)
{
    json_append(&c->text, "%d x %d x %d", shape.height, shape.width, shape.channels);
}

static void write_table(export_c *c)
{
    const hg_network *network = c->network;
    json_append(&c->text, " *\n * layer, type, output (height x width x channels), numbers that it keeps:\n");
    for (size_t i = 0; i < network->node_count; i++) {
        const node *node = &network->nodes[i];
        size_t numbers = 0;
        for (size_t k = 0; k < node->parameter_count; k++)
            numbers += network->parameters[node->first_parameter + k].count;
        json_append(&c->text, " * %3zu  ", i + 1);
        export_c_comment(c, node->name);
        json_append(&c->text, ", %s, ", node->type->name);
        write_shape(c, node->shape);
        json_append(&c->text, ", %zu\n", numbers);
    }
}

static void write_head(export_c *c)
{
    const hg_shape in = c->network->nodes[c->network->input_node].shape;
    json_append(&c->text,
                "/* A trained network, written by hinge %s (hg_export_c). C99; needs <math.h> and nothing else.\n"
                " *\n"
                " *     void %s(const float *image, float *probability);\n"
                " *\n"
                " * image: [%d][%d][%d], channel, row, column, from 0 to 1. probability: [%d], one a class.\n"
                " * Memory: %zu bytes of static variables, nothing on the heap; %zu bytes of constants.\n"
                " * Not reentrant: a call must end before the next one begins. With\n"
                " * -D%s_STATIC='static _Thread_local' (or __thread) each thread has variables of its own.\n",
                HG_VERSION, c->name, in.channels, in.height, in.width,
                (int)shape_units(c->network->nodes[c->network->result_node].shape), c->memory * sizeof(float),
                c->constants, c->name);
    if (c->int8)
        json_append(&c->text,
                    " * The weights of convolutions and fully connected layers are rounded to bytes, with one "
                    "scale\n * (of the largest of them / 127) for each filter or output. All else is float.\n");
    write_table(c);
    json_append(
        &c->text,
        " */\n#include <math.h>\n\n#ifndef %s_STATIC\n#define %s_STATIC static\n#endif\n\n"
        "/* Numbers that several filters multiply: the sum with 0 makes gcc load them once, not once a filter. */\n"
        "#ifdef __FMA__\n#define %s_SHARED(x) ((x) + 0.0f)\n#else\n#define %s_SHARED(x) (x)\n#endif\n\n"
        "void %s(const float *image, float *probability);\n",
        c->name, c->name, c->name, c->name, c->name);
}

/* ---- the layers' functions, and their calls ---- */

static void write_layer(export_c *c, size_t index)
{
    const node *node = &c->network->nodes[index];
    const export_layer *layer = export_c_layer(node);
    if (!layer->write)
        return;
    json_append(&c->text, "\n/* layer %zu, ", index + 1);
    export_c_comment(c, node->name);
    json_append(&c->text, ": ");
    write_shape(c, node->shape);
    json_append(&c->text, " */\n");
    layer->write(c, index);
}

/* A convolution calls what is behind it: that comes first. */
static void write_stage(export_c *c, const export_stage *stage)
{
    size_t next = stage->first;
    while (next != stage->last) {
        next = export_c_reader(c, next);
        write_layer(c, next);
    }
    write_layer(c, stage->first);
}

static size_t offset_of(const export_c *c, int slot)
{
    return c->slots[slot].offset;
}

static void call_elements(export_c *c, size_t index, int slot)
{
    const node *node = &c->network->nodes[index];
    json_append(&c->text,
                "    for (int c = 0; c < %d; c++)\n"
                "        for (int p = 0; p < %d; p++)\n"
                "            memory[%zu + c * %d + p] = %s_layer%zu(memory[%zu + c * %d + p], c);\n",
                node->shape.channels, node->shape.height * node->shape.width, offset_of(c, slot),
                node->shape.height * node->shape.width, c->name, index + 1, offset_of(c, c->slot[node->input[0]]),
                node->shape.height * node->shape.width);
}

static void call_channels(export_c *c, size_t index, int slot)
{
    const node *node = &c->network->nodes[index];
    const hg_shape in = c->network->nodes[node->input[0]].shape;
    json_append(&c->text,
                "    for (int c = 0; c < %d; c++)\n"
                "        %s_layer%zu(memory + %zu + c * %d, memory + %zu + c * %d);\n",
                in.channels, c->name, index + 1, offset_of(c, c->slot[node->input[0]]), in.height * in.width,
                offset_of(c, slot), node->shape.height * node->shape.width);
}

static void call_add(export_c *c, size_t index, int slot)
{
    const node *node = &c->network->nodes[index];
    json_append(&c->text, "    for (int i = 0; i < %zu; i++)\n        memory[%zu + i] = ", shape_units(node->shape),
                offset_of(c, slot));
    for (size_t k = 0; k < node->input_count; k++)
        json_append(&c->text, k ? " + memory[%zu + i]" : "memory[%zu + i]", offset_of(c, c->slot[node->input[k]]));
    json_append(&c->text, ";\n");
}

static void call_concat(export_c *c, size_t index, int slot)
{
    const node *node = &c->network->nodes[index];
    size_t to = offset_of(c, slot);
    for (size_t k = 0; k < node->input_count; k++) {
        const size_t units = shape_units(c->network->nodes[node->input[k]].shape);
        json_append(&c->text, "    for (int i = 0; i < %zu; i++)\n        memory[%zu + i] = memory[%zu + i];\n", units,
                    to, offset_of(c, c->slot[node->input[k]]));
        to += units;
    }
}

static void call_stage(export_c *c, const export_stage *stage)
{
    const node *node = &c->network->nodes[stage->first];
    const size_t from = node->input_count ? offset_of(c, c->slot[node->input[0]]) : 0, to = offset_of(c, stage->slot);
    const size_t number = stage->first + 1;
    switch (export_c_layer(node)->kind) {
    case EXPORT_ELEMENTWISE:
        call_elements(c, stage->first, stage->slot);
        break;
    case EXPORT_BY_CHANNEL:
        call_channels(c, stage->first, stage->slot);
        break;
    case EXPORT_WHOLE:
        json_append(&c->text, "    %s_layer%zu(memory + %zu, memory + %zu);\n", c->name, number, from, to);
        break;
    case EXPORT_CONVOLUTION:
        json_append(&c->text, "    %s_layer%zu(memory + %zu, memory + %zu, memory + %zu", c->name, number, from, to,
                    offset_of(c, stage->map));
        if (stage->padded != EXPORT_NO_SLOT)
            json_append(&c->text, ", memory + %zu", offset_of(c, stage->padded));
        json_append(&c->text, ");\n");
        break;
    case EXPORT_INPUT:
        json_append(&c->text, "    %s_layer%zu(image, memory + %zu);\n", c->name, number, to);
        break;
    case EXPORT_NOTHING:
        break;
    case EXPORT_ADD:
        call_add(c, stage->first, stage->slot);
        break;
    case EXPORT_CONCAT:
        call_concat(c, stage->first, stage->slot);
        break;
    }
}

static void write_run(export_c *c)
{
    const size_t result = c->network->result_node;
    json_append(&c->text, "\nvoid %s(const float *image, float *probability)\n{\n    %s_STATIC float memory[%zu];\n",
                c->name, c->name, c->memory);
    for (size_t i = 0; i < c->stage_count; i++)
        call_stage(c, &c->stages[i]);
    json_append(&c->text, "    for (int i = 0; i < %zu; i++)\n        probability[i] = memory[%zu + i];\n}\n",
                shape_units(c->network->nodes[result].shape), offset_of(c, c->slot[result]));
}

/* The head says how many bytes the layers take: they are written first. */
static hg_status write_text(export_c *c, hg_error *error)
{
    for (size_t i = 0; i < c->stage_count; i++)
        write_stage(c, &c->stages[i]);
    write_run(c);
    const json_text body = c->text;
    c->text = (json_text){ .failed = body.failed };
    write_head(c);
    json_append(&c->text, "%s", body.text ? body.text : "");
    hg_release(body.text);
    return c->text.failed ? hg_fail(error, HG_NO_MEMORY, "no memory for the C text") : HG_OK;
}

/* ---- the file ---- */

static hg_status make(export_c *c, hg_error *error)
{
    hg_status status = check_name(c->name, error);
    if (!status)
        status = export_check_layers(c->network, export_c_knows, error);
    if (!status)
        status = export_check_finite(c->network, error);
    if (!status)
        status = export_c_plan(c, error);
    return status ? status : write_text(c, error);
}

hg_status hg_export_c(const hg_network *network, const char *path, const hg_export_c_options *options,
                      hg_export_c_report *report, hg_error *error)
{
    hg_error why;
    export_c c = { .network = (hg_network *)network,
                   .name = options && options->name ? options->name : "predict",
                   .int8 = options && options->int8 };
    hg_status status = make(&c, &why);
    if (status)
        hg_fail(error, status, "%s: not written: %s", path, why.message);
    else
        status = write_file_whole(path, c.text.text, c.text.length, error);
    if (!status && report)
        *report = (hg_export_c_report){ c.constants, c.memory * sizeof(float), c.text.length };
    export_c_plan_release(&c);
    hg_release(c.text.text);
    return status;
}
