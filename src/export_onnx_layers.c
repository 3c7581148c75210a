/* Each type of layer as ONNX operators, of version 13 of the set. Of the ways to say the same, those are taken that
 * OpenCV's dnn module reads too: it knows neither a constant in Max or Min, nor Where, nor comparisons. */
#include "src/export_onnx.h"

#ifdef HINGE_ONNX
#include <math.h>
#include <string.h>

/* y = OPERATOR(x) */
static void write_plain(export_onnx *o, size_t node, const char *operator)
{
    export_onnx_result(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, operator, export_onnx_either(o, node)));
}

static void write_relu(export_onnx *o, size_t node)
{
    write_plain(o, node, "Relu");
}

static void write_softsign(export_onnx *o, size_t node)
{
    write_plain(o, node, "Softsign");
}

static void write_tanh(export_onnx *o, size_t node)
{
    write_plain(o, node, "Tanh");
}

static void write_sigmoid(export_onnx *o, size_t node)
{
    write_plain(o, node, "Sigmoid");
}

static void write_leaky_relu(export_onnx *o, size_t node)
{
    write_plain(o, node, "LeakyRelu");
    export_onnx_float(o, "alpha", export_leaky_relu_slope(&o->network->nodes[node]));
}

static void write_elu(export_onnx *o, size_t node)
{
    write_plain(o, node, "Elu");
    export_onnx_float(o, "alpha", export_elu_alpha(&o->network->nodes[node]));
}

/* y = max(x, 0) + a softsign(min(x, 0)), and min(x, 0) = x - max(x, 0) exactly */
static void write_relu_softsign(export_onnx *o, size_t node)
{
    const bool learned = ((const hg_relu_softsign_options *)o->network->nodes[node].options)->learn_slope;
    const char *x = export_onnx_either(o, node);
    const char *slope =
        learned ? export_onnx_channels(o, node, "slope")
                : export_onnx_number(o, node, "slope", export_relu_softsign_slope(&o->network->nodes[node]));
    const char *high = EXPORT_ONNX_NODE(o, node, "high", "Relu", x);
    const char *low = EXPORT_ONNX_NODE(o, node, "low", "Sub", x, high);
    const char *bent = EXPORT_ONNX_NODE(o, node, "softsign", "Softsign", low);
    const char *sloped = EXPORT_ONNX_NODE(o, node, "sloped", "Mul", bent, slope);
    export_onnx_result(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Add", high, sloped));
}

/* y = x (1 + f) / 2 */
static void end_gelu(export_onnx *o, size_t node, const char *x, const char *f, const char *one)
{
    const char *half = export_onnx_number(o, node, "half", 0.5);
    const char *sum = EXPORT_ONNX_NODE(o, node, "sum", "Add", f, one);
    const char *product = EXPORT_ONNX_NODE(o, node, "product", "Mul", x, sum);
    export_onnx_result(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Mul", product, half));
}

static void write_gelu(export_onnx *o, size_t node)
{
    const char *x = export_onnx_either(o, node), *one = export_onnx_number(o, node, "one", 1);
    if (!((const hg_gelu_options *)o->network->nodes[node].options)->approximate) {
        const char *root = export_onnx_number(o, node, "root", sqrt(0.5));
        const char *scaled = EXPORT_ONNX_NODE(o, node, "scaled", "Mul", x, root);
        end_gelu(o, node, x, EXPORT_ONNX_NODE(o, node, "erf", "Erf", scaled), one);
        return;
    }
    /* x + 0.044715 x^3 = x (1 + 0.044715 x^2) */
    const char *cubic = export_onnx_number(o, node, "cubic", 0.044715);
    const char *root = export_onnx_number(o, node, "root", sqrt(2 / acos(-1)));
    const char *square = EXPORT_ONNX_NODE(o, node, "square", "Mul", x, x);
    const char *share = EXPORT_ONNX_NODE(o, node, "share", "Mul", square, cubic);
    const char *factor = EXPORT_ONNX_NODE(o, node, "factor", "Add", share, one);
    const char *curve = EXPORT_ONNX_NODE(o, node, "curve", "Mul", x, factor);
    const char *scaled = EXPORT_ONNX_NODE(o, node, "scaled", "Mul", curve, root);
    end_gelu(o, node, x, EXPORT_ONNX_NODE(o, node, "tanh", "Tanh", scaled), one);
}

static void write_batch_normalization(export_onnx *o, size_t node)
{
    const size_t channels = (size_t)o->network->nodes[node].shape.channels;
    const char *x = export_onnx_either(o, node);
    const char *weight = export_onnx_parameter(o, node, "weight"), *bias = export_onnx_parameter(o, node, "bias");
    if (!weight) { /* no_affine */
        float *ones = export_onnx_take(o, channels, sizeof *ones);
        for (size_t i = 0; i < channels && ones; i++)
            ones[i] = 1;
        weight = export_onnx_numbers(o, node, "weight", ones, 1, &channels);
        bias = export_onnx_numbers(o, node, "bias", export_onnx_take(o, channels, sizeof *ones), 1, &channels);
    }
    const char *mean = export_onnx_parameter(o, node, "running_mean");
    const char *variance = export_onnx_parameter(o, node, "running_var");
    export_onnx_result(
        o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "BatchNormalization", x, weight, bias, mean, variance));
    export_onnx_float(o, "epsilon", export_epsilon(&o->network->nodes[node]));
}

static void write_image_input(export_onnx *o, size_t node)
{
    const char *mean = export_onnx_parameter(o, node, "mean"), *deviation = export_onnx_parameter(o, node, "deviation");
    const char *x = EXPORT_ONNX_INPUT;
    if (mean)
        x = EXPORT_ONNX_NODE(o, node, deviation ? "centered" : EXPORT_ONNX_LAST, "Sub", x, mean);
    if (deviation)
        x = EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Div", x, deviation);
    export_onnx_result_map(o, node, x);
}

static void write_fully_connected(export_onnx *o, size_t node)
{
    const char *x = export_onnx_flat(o, o->network->nodes[node].input[0]);
    const char *weight = export_onnx_parameter(o, node, "weight"), *bias = export_onnx_parameter(o, node, "bias");
    const char *inputs[] = { x, weight, bias };
    export_onnx_result_flat(
        o, node,
        export_onnx_node(o, node, EXPORT_ONNX_LAST, "Gemm", inputs, bias ? HG_COUNT(inputs) : HG_COUNT(inputs) - 1));
    export_onnx_int(o, "transB", 1);
}

static void write_softmax(export_onnx *o, size_t node)
{
    const char *x = export_onnx_flat(o, o->network->nodes[node].input[0]);
    export_onnx_result_flat(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Softmax", x));
    export_onnx_int(o, "axis", 1);
}

static void write_nothing(export_onnx *o, size_t node)
{
    o->value[node] = o->value[o->network->nodes[node].input[0]];
}

/* Of several inputs: flat if all are. */
static void write_joint(export_onnx *o, size_t index, const char *operator)
{
    const node *node = &o->network->nodes[index];
    const char *inputs[HG_MAX_INPUTS] = { NULL };
    bool flat = true;
    for (size_t k = 0; k < node->input_count; k++)
        flat = flat && export_onnx_is_flat(o, node->input[k]);
    for (size_t k = 0; k < node->input_count; k++)
        inputs[k] = flat ? export_onnx_flat(o, node->input[k]) : export_onnx_map(o, node->input[k]);
    const char *output = export_onnx_node(o, index, EXPORT_ONNX_LAST, operator, inputs, node->input_count);
    if (flat)
        export_onnx_result_flat(o, index, output);
    else
        export_onnx_result_map(o, index, output);
}

static void write_add(export_onnx *o, size_t node)
{
    write_joint(o, node, "Sum");
}

static void write_concat(export_onnx *o, size_t node)
{
    write_joint(o, node, "Concat");
    export_onnx_int(o, "axis", 1);
}

/* ---- all ---- */

static const export_onnx_layer layers[] = {
    { "image_input", write_image_input },
    { "conv2d", export_onnx_write_conv2d },
    { "max_pool2d", export_onnx_write_max_pool2d },
    { "average_pool2d", export_onnx_write_average_pool2d },
    { "global_average_pool2d", export_onnx_write_global_average_pool2d },
    { "local_response_normalization", export_onnx_write_local_response_normalization },
    { "batch_normalization", write_batch_normalization },
    { "fully_connected", write_fully_connected },
    { "relu", write_relu },
    { "leaky_relu", write_leaky_relu },
    { "elu", write_elu },
    { "softsign", write_softsign },
    { "relu_softsign", write_relu_softsign },
    { "noisy_relu", write_relu },
    { "tanh", write_tanh },
    { "sigmoid", write_sigmoid },
    { "gelu", write_gelu },
    { "dropout", write_nothing },
    { "threshold_relu", export_onnx_write_threshold_relu },
    { "softmax", write_softmax },
    { "classification", NULL }, /* the loss */
    { "add", write_add },
    { "concat", write_concat },
};

const export_onnx_layer *export_onnx_layer_of(const char *type)
{
    for (size_t i = 0; i < HG_COUNT(layers); i++)
        if (strcmp(layers[i].type, type) == 0)
            return &layers[i];
    return NULL;
}
#endif
