/* Layers that take maps, as ONNX operators: convolution, pooling, local response normalization. */
#include "src/export_onnx.h"

#ifdef HINGE_ONNX

enum { SIDES = 4, WAYS = 2 };

static const char *input_map(export_onnx *o, size_t node)
{
    return export_onnx_map(o, o->network->nodes[node].input[0]);
}

/* The window of the operator made last; padding as ONNX has it, top, left, bottom, right. */
static void add_window(export_onnx *o, const export_filter *f)
{
    export_onnx_ints(o, "kernel_shape", (const int[]){ f->rows, f->columns }, WAYS);
    export_onnx_ints(o, "strides", (const int[]){ f->stride, f->stride }, WAYS);
    export_onnx_ints(o, "pads", (const int[]){ f->pad_row, f->pad_column, f->pad_row, f->pad_column }, SIDES);
}

void export_onnx_write_conv2d(export_onnx *o, size_t node)
{
    const export_filter filter = export_filter_of(&o->network->nodes[node]);
    const char *x = input_map(o, node);
    const char *weight = export_onnx_parameter(o, node, "weight"), *bias = export_onnx_parameter(o, node, "bias");
    const char *inputs[] = { x, weight, bias };
    export_onnx_result_map(
        o, node,
        export_onnx_node(o, node, EXPORT_ONNX_LAST, "Conv", inputs, bias ? HG_COUNT(inputs) : HG_COUNT(inputs) - 1));
    add_window(o, &filter);
}

static void write_pool(export_onnx *o, size_t node, const char *operator, const char * x, export_filter filter)
{
    export_onnx_result_map(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, operator, x));
    add_window(o, &filter);
}

static export_filter window_of(int window, int stride, int padding)
{
    return (export_filter){ window, window, stride ? stride : window, padding, padding };
}

void export_onnx_write_max_pool2d(export_onnx *o, size_t node)
{
    const hg_max_pool2d_options *options = o->network->nodes[node].options;
    write_pool(o, node, "MaxPool", input_map(o, node), window_of(options->window, options->stride, options->padding));
}

/* Padding that counts is an operator of its own: OpenCV leaves count_include_pad out of account. */
void export_onnx_write_average_pool2d(export_onnx *o, size_t node)
{
    const hg_average_pool2d_options *options = o->network->nodes[node].options;
    const int p = options->padding, around[] = { 0, 0, p, p, 0, 0, p, p };
    const bool counts = p > 0 && !options->exclude_padding;
    const char *x = input_map(o, node);
    if (counts) {
        const char *pads = export_onnx_whole(o, node, "pads", around, HG_COUNT(around));
        x = EXPORT_ONNX_NODE(o, node, "padded", "Pad", x, pads);
    }
    write_pool(o, node, "AveragePool", x, window_of(options->window, options->stride, counts ? 0 : p));
}

void export_onnx_write_global_average_pool2d(export_onnx *o, size_t node)
{
    export_onnx_result_map(o, node,
                           EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "GlobalAveragePool", input_map(o, node)));
}

/* An even window reaches one channel further down than up, ONNX's one further up: the sums over the window
 * are then a 1 x 1 convolution of the squares. */
static void write_even_response(export_onnx *o, size_t node, const export_response *r)
{
    const int channels = o->network->nodes[node].shape.channels;
    const size_t count = (size_t)channels, shape[] = { count, count, 1, 1 };
    float *band = export_onnx_take(o, count * count, sizeof *band), *k = export_onnx_take(o, count, sizeof *k);
    for (int c = 0; c < channels && band && k; c++) {
        k[c] = (float)r->k;
        for (int j = c - r->window / 2; j < c + r->window / 2; j++)
            if (j >= 0 && j < channels)
                band[c * channels + j] = (float)(r->alpha / r->window);
    }
    const char *weight = export_onnx_numbers(o, node, "band", band, SIDES, shape);
    const char *bias = export_onnx_numbers(o, node, "k", k, 1, shape);
    const char *beta = export_onnx_number(o, node, "beta", r->beta);
    const char *x = input_map(o, node);
    const char *squares = EXPORT_ONNX_NODE(o, node, "squares", "Mul", x, x);
    const char *sums = EXPORT_ONNX_NODE(o, node, "sums", "Conv", squares, weight, bias);
    export_onnx_ints(o, "kernel_shape", (const int[]){ 1, 1 }, WAYS);
    const char *powers = EXPORT_ONNX_NODE(o, node, "powers", "Pow", sums, beta);
    export_onnx_result_map(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "Div", x, powers));
}

void export_onnx_write_local_response_normalization(export_onnx *o, size_t node)
{
    const export_response response = export_response_of(&o->network->nodes[node]);
    if (response.window % 2 == 0) {
        write_even_response(o, node, &response);
        return;
    }
    export_onnx_result_map(o, node, EXPORT_ONNX_NODE(o, node, EXPORT_ONNX_LAST, "LRN", input_map(o, node)));
    export_onnx_int(o, "size", response.window);
    export_onnx_float(o, "alpha", response.alpha);
    export_onnx_float(o, "beta", response.beta);
    export_onnx_float(o, "bias", response.k);
}
#endif
