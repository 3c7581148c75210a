/* The pieces that C text of networks is made of; the same in every locale. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/export_c.h"

/* A float's parts (IEEE 754, binary32). */
enum { FRACTION_BITS = 23, EXPONENT_MASK = 0xFF, EXPONENT_BIAS = 127, SMALLEST_EXPONENT = -126 };

enum { NUMBERS_PER_LINE = 6, ENUM_LENGTH = 1024 };

void export_c_float(export_c *c, double value)
{
    const float number = (float)value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    const uint32_t fraction = bits & ((1U << FRACTION_BITS) - 1);
    const int exponent = (int)(bits >> FRACTION_BITS & EXPONENT_MASK);
    const char *sign = bits >> (FRACTION_BITS + 8) ? "-" : "";
    if (exponent == 0 && fraction == 0)
        json_append(&c->text, "%s0.0f", sign);
    else /* six hexadecimal digits hold 24 bits, the fraction is 23 */
        json_append(&c->text, "%s0x%d.%06xp%df", sign, exponent > 0, (unsigned)fraction << 1,
                    exponent > 0 ? exponent - EXPONENT_BIAS : SMALLEST_EXPONENT);
}

void export_c_comment(export_c *c, const char *text)
{
    for (; *text; text++) {
        const bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                           (*text >= '0' && *text <= '9') || strchr(" _-.,:;()", *text);
        json_append(&c->text, "%c", plain ? *text : '_');
    }
}

void export_c_begin(export_c *c, const char *type, size_t node, const char *short_name, size_t count)
{
    json_append(&c->text, "static const %s %s_layer%zu_%s[%zu] = {", type, c->name, node + 1, short_name, count);
}

void export_c_separate(export_c *c, size_t i, size_t per_line)
{
    json_append(&c->text, i % per_line ? ", " : i ? ",\n    " : "\n    ");
}

void export_c_floats(export_c *c, size_t node, const char *short_name, const float *values, size_t count)
{
    export_c_begin(c, "float", node, short_name, count);
    for (size_t i = 0; i < count; i++) {
        export_c_separate(c, i, NUMBERS_PER_LINE);
        export_c_float(c, (double)values[i]);
    }
    json_append(&c->text, "\n};\n");
    c->constants += count * sizeof *values;
}

void export_c_parameter(export_c *c, size_t node, const char *short_name)
{
    const parameter *parameter = parameters_of_node(c->network, node, short_name);
    const hg_real *values = export_c_values(c, node, short_name);
    export_c_begin(c, "float", node, short_name, parameter->count);
    for (size_t i = 0; i < parameter->count; i++) {
        export_c_separate(c, i, NUMBERS_PER_LINE);
        export_c_float(c, (double)values[i]);
    }
    json_append(&c->text, "\n};\n");
    c->constants += parameter->count * sizeof(float);
}

const hg_real *export_c_values(const export_c *c, size_t node, const char *short_name)
{
    return export_values(c->network, node, short_name);
}

void export_c_function(export_c *c, size_t node, const char *parameters)
{
    json_append(&c->text, "static void %s_layer%zu(%s)\n{\n", c->name, node + 1, parameters);
}

void export_c_enum(export_c *c, const char *format, ...)
{
    char constants[ENUM_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(constants, sizeof constants, format, arguments);
    va_end(arguments);
    json_append(&c->text, "    enum { %s };\n", constants);
}
