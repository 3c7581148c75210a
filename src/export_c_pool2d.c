/* Pooling of one channel as C text: down the columns first, a whole row at a time, then along the row. */
#include "src/export_c.h"

enum { LARGEST_SMALL_WINDOW = 3 };

typedef struct windows {
    int window, stride, padding;
} windows;

static void write_enum(export_c *c, size_t index, windows w)
{
    const node *node = &c->network->nodes[index];
    const hg_shape in = c->network->nodes[node->input[0]].shape, out = node->shape;
    export_c_function(c, index, "const float *restrict x, float *restrict y");
    export_c_enum(c,
                  "height = %d, width = %d, row = %d, out_height = %d, out_width = %d, window = %d, stride = %d, "
                  "padding = %d",
                  in.height, in.width, c->chained[index] ? (int)c->row[index] : in.width, out.height, out.width,
                  w.window, w.stride ? w.stride : w.window, w.padding);
}

/* Without padding every window lies inside, and compilers see how many rows it has. */
static void write_rows(export_c *c, int padding)
{
    json_append(&c->text, "    float down[width + 2 * padding];\n"
                          "    for (int r = 0; r < out_height; r++) {\n"
                          "        const int from = r * stride - padding;\n");
    json_append(&c->text, padding ? "        const int top = from < 0 ? 0 : from;\n"
                                    "        const int bottom = from + window < height ? from + window : height;\n"
                                  : "        const int top = from, bottom = from + window;\n");
}

/* Small windows without padding: all their numbers at once, which compilers make vectors of. */
static void write_small_maximum(export_c *c, int window)
{
    json_append(&c->text, "    for (int r = 0; r < out_height; r++)\n"
                          "        for (int i = 0; i < out_width; i++) {\n"
                          "            const float *at = x + r * stride * row + i * stride;\n"
                          "            float best = at[0];\n");
    for (int k = 1; k < window * window; k++)
        json_append(&c->text, "            best = at[%d * row + %d] > best ? at[%d * row + %d] : best;\n", k / window,
                    k % window, k / window, k % window);
    json_append(&c->text, "            y[r * out_width + i] = best;\n        }\n}\n");
}

void export_c_write_max_pool2d(export_c *c, size_t index)
{
    const hg_max_pool2d_options *options = c->network->nodes[index].options;
    write_enum(c, index, (windows){ options->window, options->stride, options->padding });
    if (options->padding == 0 && options->window <= LARGEST_SMALL_WINDOW) {
        write_small_maximum(c, options->window);
        return;
    }
    write_rows(c, options->padding);
    json_append(&c->text, "%s",
                "        for (int i = 0; i < padding; i++)\n"
                "            down[i] = down[padding + width + i] = -HUGE_VALF;\n"
                "        for (int i = 0; i < width; i++)\n"
                "            down[padding + i] = x[top * row + i];\n"
                "        for (int k = top + 1; k < bottom; k++)\n"
                "            for (int i = 0; i < width; i++)\n"
                "                down[padding + i] = x[k * row + i] > down[padding + i] ? x[k * row + i] : "
                "down[padding + i];\n"
                "        for (int i = 0; i < out_width; i++) {\n"
                "            float best = down[i * stride];\n"
                "            for (int k = 1; k < window; k++)\n"
                "                best = down[i * stride + k] > best ? down[i * stride + k] : best;\n"
                "            y[r * out_width + i] = best;\n"
                "        }\n"
                "    }\n"
                "}\n");
}

void export_c_write_average_pool2d(export_c *c, size_t index)
{
    const hg_average_pool2d_options *options = c->network->nodes[index].options;
    write_enum(c, index, (windows){ options->window, options->stride, options->padding });
    write_rows(c, options->padding);
    json_append(&c->text, "%s%s%s",
                "        for (int i = 0; i < width + 2 * padding; i++)\n"
                "            down[i] = 0;\n"
                "        for (int k = top; k < bottom; k++)\n"
                "            for (int i = 0; i < width; i++)\n"
                "                down[padding + i] += x[k * row + i];\n"
                "        for (int i = 0; i < out_width; i++) {\n",
                options->exclude_padding ? "            const int left = i * stride < padding ? padding : i * stride;\n"
                                           "            const int end = i * stride + window < padding + width ? "
                                           "i * stride + window : padding + width;\n"
                                           "            const int pixels = (bottom - top) * (end - left);\n"
                                         : "            const int pixels = window * window;\n",
                "            float sum = 0;\n"
                "            for (int k = 0; k < window; k++)\n"
                "                sum += down[i * stride + k];\n"
                "            y[r * out_width + i] = sum / (float)pixels;\n"
                "        }\n"
                "    }\n"
                "}\n");
}
