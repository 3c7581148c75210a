/* Each type of layer as C text. Formulas and usual numbers are those of the layers' own files. */
#include <math.h>
#include <string.h>

#include "src/export_c.h"

/* ---- elementwise ---- */

static void begin_element(export_c *c, size_t index, bool by_channel)
{
    json_append(&c->text, "static float %s_layer%zu(float x, int channel)\n{\n%s", c->name, index + 1,
                by_channel ? "" : "    (void)channel;\n");
}

static void write_relu(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, "    return x > 0 ? x : 0;\n}\n");
}

/* Products are made on both sides of a choice, so that it can become a vector's. */
static void write_leaky_relu(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, "    const float low = ");
    export_c_float(c, export_leaky_relu_slope(&c->network->nodes[index]));
    json_append(&c->text, " * x;\n    return x > 0 ? x : low;\n}\n");
}

static void write_elu(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, "    return x > 0 ? x : ");
    export_c_float(c, export_elu_alpha(&c->network->nodes[index]));
    json_append(&c->text, " * expm1f(x);\n}\n");
}

static void write_softsign(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, "    return x / (1 + fabsf(x));\n}\n");
}

static void write_relu_softsign(export_c *c, size_t index)
{
    const hg_relu_softsign_options *options = c->network->nodes[index].options;
    if (options->learn_slope)
        export_c_parameter(c, index, "slope");
    begin_element(c, index, options->learn_slope);
    json_append(&c->text, "    const float low = ");
    if (options->learn_slope)
        json_append(&c->text, "%s_layer%zu_slope[channel]", c->name, index + 1);
    else
        export_c_float(c, export_relu_softsign_slope(&c->network->nodes[index]));
    json_append(&c->text, " * x / (1 + fabsf(x));\n    return x > 0 ? x : low;\n}\n");
}

static void write_tanh(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, "    return tanhf(x);\n}\n");
}

static void write_sigmoid(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, "    return 1 / (1 + expf(-x));\n}\n");
}

static void write_gelu(export_c *c, size_t index)
{
    begin_element(c, index, false);
    json_append(&c->text, ((const hg_gelu_options *)c->network->nodes[index].options)->approximate
                              ? "    return 0.5f * x * (1 + tanhf(0.7978845608f * (x + 0.044715f * x * x * x)));\n}\n"
                              : "    return 0.5f * x * (1 + erff(0.7071067812f * x));\n}\n");
}

static void write_threshold_relu(export_c *c, size_t index)
{
    static const char *const formulas[] = {
        [HG_SLOPE] = "    const float low = t * x;\n    return low > x ? low : x;\n",
        [HG_FLOOR] = "    return x > t ? x : t;\n",
        [HG_CEILING] = "    const float uncut = x > 0 ? x : 0;\n    return uncut < t ? uncut : t;\n",
        [HG_SHIFT] = "    const float moved = x - t;\n    return moved > 0 ? moved : 0;\n",
        [HG_GATE] = "    return x > t ? x : 0;\n",
    };
    const hg_threshold_relu_options *options = c->network->nodes[index].options;
    export_c_parameter(c, index, "threshold");
    begin_element(c, index, !options->shared);
    json_append(&c->text, "    const float t = %s_layer%zu_threshold[%s];\n%s}\n", c->name, index + 1,
                options->shared ? "0" : "channel", formulas[options->form]);
}

/* y = (x - mean) factor + bias, with the running statistics. */
static void write_batch_normalization(export_c *c, size_t index)
{
    const double epsilon = export_epsilon(&c->network->nodes[index]);
    const size_t channels = (size_t)c->network->nodes[index].shape.channels;
    const hg_real *variance = export_c_values(c, index, "running_var"), *weight = export_c_values(c, index, "weight");
    float *factor = hg_allocate(channels, sizeof *factor);
    c->text.failed |= !factor;
    for (size_t i = 0; i < channels && factor; i++)
        factor[i] = (float)((weight ? (double)weight[i] : 1) / sqrt((double)variance[i] + epsilon));
    export_c_parameter(c, index, "running_mean");
    if (factor)
        export_c_floats(c, index, "factor", factor, channels);
    hg_release(factor);
    if (weight)
        export_c_parameter(c, index, "bias");
    begin_element(c, index, true);
    json_append(&c->text, "    return (x - %s_layer%zu_running_mean[channel]) * %s_layer%zu_factor[channel]", c->name,
                index + 1, c->name, index + 1);
    if (weight)
        json_append(&c->text, " + %s_layer%zu_bias[channel]", c->name, index + 1);
    json_append(&c->text, ";\n}\n");
}

/* ---- whole ---- */

static const char whole[] = "const float *restrict x, float *restrict y";

static void write_image_input(export_c *c, size_t index)
{
    const bool mean = export_c_values(c, index, "mean"), deviation = export_c_values(c, index, "deviation");
    if (mean)
        export_c_parameter(c, index, "mean");
    if (deviation)
        export_c_parameter(c, index, "deviation");
    export_c_function(c, index, whole);
    json_append(&c->text,
                "    for (int i = 0; i < %zu; i++)\n        y[i] = ", shape_units(c->network->nodes[index].shape));
    if (deviation)
        json_append(&c->text, "(x[i] - %s_layer%zu_mean[i]) / %s_layer%zu_deviation[i];\n}\n", c->name, index + 1,
                    c->name, index + 1);
    else if (mean)
        json_append(&c->text, "x[i] - %s_layer%zu_mean[i];\n}\n", c->name, index + 1);
    else
        json_append(&c->text, "x[i];\n}\n");
}

/* Sums run in many lanes side by side, as C forbids compilers to reorder them; two outputs at a time share the
 * inputs they load, and each lane takes two products for each time that it is stored. */
static void write_fully_connected(export_c *c, size_t index)
{
    enum { LANES = 32 };
    const node *node = &c->network->nodes[index];
    const int outputs = node->shape.channels, inputs = (int)shape_units(c->network->nodes[node->input[0]].shape);
    const bool biased = export_c_values(c, index, "bias") != NULL;
    export_c_weights(c, index);
    if (biased)
        export_c_parameter(c, index, "bias");
    export_c_function(c, index, whole);
    export_c_enum(c,
                  "inputs = %d, outputs = %d, together = %d, lanes = %d, step = 2 * lanes,\n"
                  "           most = inputs / step * step, rest = inputs - most",
                  inputs, outputs, outputs % 2 ? 1 : 2, LANES);
    json_append(&c->text,
                "    for (int o = 0; o < outputs; o += together) {\n"
                "        const %s *w = %s_layer%zu_weight + o * inputs;\n"
                "        float sum[together][step] = { { 0 } };\n"
                "        for (int i = 0; i < most; i += step)\n"
                "            for (int k = 0; k < together; k++)\n"
                "                for (int l = 0; l < lanes; l++) {\n"
                "                    float s = sum[k][l];\n"
                "                    s += w[k * inputs + i + l] * x[i + l];\n"
                "                    s += w[k * inputs + i + lanes + l] * x[i + lanes + l];\n"
                "                    sum[k][l] = s;\n"
                "                }\n"
                "        for (int k = 0; k < together; k++) {\n",
                export_c_weight_type(c), c->name, index + 1);
    if (inputs % (2 * LANES))
        json_append(&c->text, "            for (int l = 0; l < rest; l++)\n"
                              "                sum[k][l] += w[k * inputs + most + l] * x[most + l];\n");
    json_append(&c->text, "            for (int l = 0; l < lanes; l++)\n"
                          "                sum[k][l] += sum[k][lanes + l];\n"
                          "            for (int half = lanes / 2; half > 0; half /= 2)\n"
                          "                for (int l = 0; l < half; l++)\n"
                          "                    sum[k][l] += sum[k][half + l];\n"
                          "            y[o + k] = sum[k][0]");
    if (c->int8)
        json_append(&c->text, " * %s_layer%zu_scale[o + k]", c->name, index + 1);
    if (biased)
        json_append(&c->text, " + %s_layer%zu_bias[o + k]", c->name, index + 1);
    json_append(&c->text, ";\n        }\n    }\n}\n");
}

static void write_global_average_pool2d(export_c *c, size_t index)
{
    const hg_shape in = c->network->nodes[c->network->nodes[index].input[0]].shape;
    export_c_function(c, index, whole);
    export_c_enum(c, "channels = %d, plane = %d", in.channels, in.height * in.width);
    json_append(&c->text, "    for (int channel = 0; channel < channels; channel++) {\n"
                          "        float sum = 0;\n"
                          "        for (int p = 0; p < plane; p++)\n"
                          "            sum += x[channel * plane + p];\n"
                          "        y[channel] = sum / plane;\n"
                          "    }\n"
                          "}\n");
}

static void write_local_response_normalization(export_c *c, size_t index)
{
    static const double rooted_beta = 0.75;
    const export_response o = export_response_of(&c->network->nodes[index]);
    const hg_shape in = c->network->nodes[index].shape;
    const int low = o.window / 2, high = (o.window - 1) / 2;
    export_c_function(c, index, whole);
    export_c_enum(c, "channels = %d, plane = %d, low = %d, high = %d", in.channels, in.height * in.width,
                  low < in.channels ? low : in.channels, high < in.channels ? high : in.channels);
    json_append(&c->text, "    for (int channel = 0; channel < channels; channel++) {\n"
                          "        const int first = channel < low ? 0 : channel - low;\n"
                          "        const int end = channel + high < channels ? channel + high + 1 : channels;\n"
                          "        float *squares = y + channel * plane;\n"
                          "        for (int p = 0; p < plane; p++)\n"
                          "            squares[p] = 0;\n"
                          "        for (int j = first; j < end; j++)\n"
                          "            for (int p = 0; p < plane; p++)\n"
                          "                squares[p] += x[j * plane + p] * x[j * plane + p];\n"
                          "        for (int p = 0; p < plane; p++) {\n"
                          "            const float d = ");
    export_c_float(c, o.k);
    json_append(&c->text, " + ");
    export_c_float(c, o.alpha / o.window);
    json_append(&c->text, " * squares[p];\n            y[channel * plane + p] = x[channel * plane + p] ");
    if (o.beta == rooted_beta) {
        json_append(&c->text, "/ (sqrtf(d) * sqrtf(sqrtf(d)));\n        }\n    }\n}\n");
        return;
    }
    json_append(&c->text, "* powf(d, -");
    export_c_float(c, o.beta);
    json_append(&c->text, ");\n        }\n    }\n}\n");
}

static void write_softmax(export_c *c, size_t index)
{
    export_c_function(c, index, whole);
    export_c_enum(c, "units = %zu", shape_units(c->network->nodes[index].shape));
    json_append(&c->text, "    float most = x[0], sum = 0;\n"
                          "    for (int i = 1; i < units; i++)\n"
                          "        most = x[i] > most ? x[i] : most;\n"
                          "    for (int i = 0; i < units; i++)\n"
                          "        sum += y[i] = expf(x[i] - most);\n"
                          "    for (int i = 0; i < units; i++)\n"
                          "        y[i] /= sum;\n"
                          "}\n");
}

/* ---- all ---- */

static const export_layer layers[] = {
    { "image_input", EXPORT_INPUT, write_image_input },
    { "conv2d", EXPORT_CONVOLUTION, export_c_write_conv2d },
    { "max_pool2d", EXPORT_BY_CHANNEL, export_c_write_max_pool2d },
    { "average_pool2d", EXPORT_BY_CHANNEL, export_c_write_average_pool2d },
    { "global_average_pool2d", EXPORT_WHOLE, write_global_average_pool2d },
    { "local_response_normalization", EXPORT_WHOLE, write_local_response_normalization },
    { "batch_normalization", EXPORT_ELEMENTWISE, write_batch_normalization },
    { "fully_connected", EXPORT_WHOLE, write_fully_connected },
    { "relu", EXPORT_ELEMENTWISE, write_relu },
    { "leaky_relu", EXPORT_ELEMENTWISE, write_leaky_relu },
    { "elu", EXPORT_ELEMENTWISE, write_elu },
    { "softsign", EXPORT_ELEMENTWISE, write_softsign },
    { "relu_softsign", EXPORT_ELEMENTWISE, write_relu_softsign },
    { "noisy_relu", EXPORT_ELEMENTWISE, write_relu },
    { "tanh", EXPORT_ELEMENTWISE, write_tanh },
    { "sigmoid", EXPORT_ELEMENTWISE, write_sigmoid },
    { "gelu", EXPORT_ELEMENTWISE, write_gelu },
    { "dropout", EXPORT_NOTHING, NULL },
    { "threshold_relu", EXPORT_ELEMENTWISE, write_threshold_relu },
    { "softmax", EXPORT_WHOLE, write_softmax },
    { "classification", EXPORT_NOTHING, NULL },
    { "add", EXPORT_ADD, NULL },
    { "concat", EXPORT_CONCAT, NULL },
};

static const export_layer *find(const char *type)
{
    for (size_t i = 0; i < HG_COUNT(layers); i++)
        if (strcmp(layers[i].type, type) == 0)
            return &layers[i];
    return NULL;
}

bool export_c_knows(const char *type)
{
    return find(type) != NULL;
}

const export_layer *export_c_layer(const node *node)
{
    return find(node->type->name);
}
