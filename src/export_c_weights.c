/* The weights of convolutions and fully connected layers as C text: floats, or bytes q with a scale s for each filter,
 * w ~ s q, s = max |w| / 127, q = w / s to the nearest. */
#include <math.h>

#include "src/export_c.h"

enum { LARGEST = 127, BYTES_PER_LINE = 24 };

static float scale_of(const hg_real *weights, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)weights[i]));
    return (float)(most / LARGEST);
}

static int quantise(hg_real weight, float scale)
{
    /* a filter of zeros, or of what no float can be a part of */
    if (scale == 0)
        return 0;
    return (int)fmax(-LARGEST, fmin(LARGEST, round((double)weight / (double)scale)));
}

static void write_bytes(export_c *c, size_t index, const parameter *weight)
{
    const hg_real *values = export_c_values(c, index, "weight");
    const size_t filters = weight->spec.shape.size[0], count = weight->count / filters;
    float *scales = hg_allocate(filters, sizeof *scales);
    c->text.failed |= !scales;
    if (!scales)
        return;
    for (size_t f = 0; f < filters; f++)
        scales[f] = scale_of(values + f * count, count);
    export_c_begin(c, "signed char", index, "weight", weight->count);
    for (size_t i = 0; i < weight->count; i++) {
        export_c_separate(c, i, BYTES_PER_LINE);
        json_append(&c->text, "%d", quantise(values[i], scales[i / count]));
    }
    json_append(&c->text, "\n};\n");
    c->constants += weight->count;
    export_c_floats(c, index, "scale", scales, filters);
    hg_release(scales);
}

const char *export_c_weight_type(const export_c *c)
{
    return c->int8 ? "signed char" : "float";
}

void export_c_weights(export_c *c, size_t index)
{
    if (c->int8)
        write_bytes(c, index, parameters_of_node(c->network, index, "weight"));
    else
        export_c_parameter(c, index, "weight");
}
