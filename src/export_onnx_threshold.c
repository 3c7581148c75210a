/* threshold_relu as ONNX operators; t is the threshold. Each form is exact but for FLOOR and CEILING, which
 * round once or twice. */
#include "src/export_onnx.h"

#ifdef HINGE_ONNX

static bool all_at_most_one(const export_onnx *o, size_t node)
{
    const parameter *threshold = export_parameter(o->network, node, "threshold");
    const hg_real *values = o->network->values + threshold->offset;
    for (size_t i = 0; i < threshold->count; i++)
        if (values[i] > 1)
            return false;
    return true;
}

/* max(t x, x): what PRelu computes as long as t <= 1 */
static const char *write_slope(export_onnx *o, size_t node, const char *x, const char *t)
{
    if (all_at_most_one(o, node))
        return EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "PRelu", x, t);
    const char *sloped = EXPORT_ONNX_NODE(o, node, "sloped", "Mul", x, t);
    return EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Max", x, sloped);
}

/* max(x, t) = max(x - t, 0) + t */
static const char *write_floor(export_onnx *o, size_t node, const char *x, const char *t)
{
    const char *above = EXPORT_ONNX_NODE(o, node, "above", "Sub", x, t);
    const char *positive = EXPORT_ONNX_NODE(o, node, "positive", "Relu", above);
    return EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Add", positive, t);
}

/* min(y, t) = t - max(t - y, 0) with y = max(x, 0) */
static const char *write_ceiling(export_onnx *o, size_t node, const char *x, const char *t)
{
    const char *uncut = EXPORT_ONNX_NODE(o, node, "uncut", "Relu", x);
    const char *below = EXPORT_ONNX_NODE(o, node, "below", "Sub", t, uncut);
    const char *positive = EXPORT_ONNX_NODE(o, node, "positive", "Relu", below);
    return EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Sub", t, positive);
}

/* max(x - t, 0) */
static const char *write_shift(export_onnx *o, size_t node, const char *x, const char *t)
{
    const char *moved = EXPORT_ONNX_NODE(o, node, "moved", "Sub", x, t);
    return EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Relu", moved);
}

/* x max(sign(x - t), 0): floats differ by 0 only if they are equal */
static const char *write_gate(export_onnx *o, size_t node, const char *x, const char *t)
{
    const char *above = EXPORT_ONNX_NODE(o, node, "above", "Sub", x, t);
    const char *sign = EXPORT_ONNX_NODE(o, node, "sign", "Sign", above);
    const char *open = EXPORT_ONNX_NODE(o, node, "open", "Relu", sign);
    return EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Mul", x, open);
}

void export_onnx_write_threshold_relu(export_onnx *o, size_t node)
{
    static const char *(*const forms[])(export_onnx * o, size_t node, const char *x, const char *t) = {
        [HG_SLOPE] = write_slope, [HG_FLOOR] = write_floor, [HG_CEILING] = write_ceiling,
        [HG_SHIFT] = write_shift, [HG_GATE] = write_gate,
    };
    const char *x = export_onnx_either(o, node), *t = export_onnx_channels(o, node, "threshold");
    const hg_threshold_form form = ((const hg_threshold_relu_options *)o->network->nodes[node].options)->form;
    export_onnx_result(o, node, forms[form](o, node, x, t));
}
#endif
