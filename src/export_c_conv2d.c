/* A convolution as C text, with the layers behind it that see one filter's map at a time.
 *
 * An output plane is computed as one long row, of the width of the (padded) input: column c of row r of the output
 * is number r width + c, for which a tap is the input's number r width + c + a constant. So the innermost loop is
 * long, has no remainder and no gap; the few numbers behind each row's last column are never used. With a stride s the
 * input's pixels are first parted into s x s planes, by row and column modulo s, on which the same holds with stride 1.
 * A row of a filter is one pass: its taps' weights stay in registers, and each of the map's numbers is read and written
 * once for all of them. */
#include "src/export_c.h"

enum { MOST_WEIGHTS = 12 /* weights at a time; the machines at hand have 16 vector registers */ };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The largest divisor of `number` that is not above `limit`. */
static int divisor(int number, int limit)
{
    int best = least(number, limit);
    while (best > 1 && number % best)
        best--;
    return best > 1 ? best : 1;
}

export_conv2d export_c_conv2d(const export_c *c, size_t index)
{
    const node *node = &c->network->nodes[index];
    const export_filter f = export_filter_of(node);
    const hg_shape in = c->network->nodes[node->input[0]].shape, out = node->shape;
    export_conv2d s = { .channels = in.channels,
                        .filters = out.channels,
                        .stride = f.stride,
                        .rows = f.rows,
                        .columns = f.columns,
                        .pad_row = f.pad_row,
                        .pad_column = f.pad_column };
    s.height = (in.height + 2 * s.pad_row + s.stride - 1) / s.stride;
    s.width = (in.width + 2 * s.pad_column + s.stride - 1) / s.stride;
    s.length = (out.height - 1) * s.width + out.width;
    s.length = (s.length + EXPORT_PIECE - 1) / EXPORT_PIECE * EXPORT_PIECE;
    s.copies = s.pad_row || s.pad_column || s.stride > 1;
    s.together = divisor(s.filters, MOST_WEIGHTS / least(s.columns, MOST_WEIGHTS));
    s.padded = (size_t)s.channels * (size_t)(s.stride * s.stride) * (size_t)s.height * (size_t)s.width;
    s.numbers = (size_t)s.together * (size_t)s.length;
    return s;
}

static void write_enum(export_c *c, size_t index, const export_conv2d *s)
{
    const hg_shape in = c->network->nodes[c->network->nodes[index].input[0]].shape;
    export_c_enum(c,
                  "channels = %d, filters = %d, together = %d, rows = %d, columns = %d, stride = %d,\n"
                  "           pad_row = %d, pad_column = %d, in_height = %d, in_width = %d, height = %d, width = %d,\n"
                  "           plane = height * width, length = %d, weights = channels * rows * columns",
                  s->channels, s->filters, s->together, s->rows, s->columns, s->stride, s->pad_row, s->pad_column,
                  in.height, in.width, s->height, s->width, s->length);
}

static const char copy_text[] =
    "    for (int i = 0; i < channels * stride * stride * plane; i++)\n"
    "        padded[i] = 0;\n"
    "    for (int channel = 0; channel < channels; channel++)\n"
    "        for (int r = 0; r < in_height; r++)\n"
    "            for (int i = 0; i < in_width; i++) {\n"
    "                const int at = r + pad_row, to = i + pad_column;\n"
    "                padded[((channel * stride + at % stride) * stride + to % stride) * plane + at / stride * width +\n"
    "                       to / stride] = x[(channel * in_height + r) * in_width + i];\n"
    "            }\n";

/* One pass of a filter row's taps from `first` on over the map. */
static void write_taps(export_c *c, size_t index, const export_conv2d *s, int first, int count)
{
    const int plane = s->height * s->width;
    for (int k = 0; k < s->together; k++)
        for (int j = first; j < first + count; j++) {
            json_append(&c->text, "                const float w%d_%d = w[%d * weights + %d]", k, j, k, j);
            if (c->int8)
                json_append(&c->text, " * %s_layer%zu_scale[f + %d]", c->name, index + 1, k);
            json_append(&c->text, ";\n");
        }
    json_append(&c->text, "                for (int p = 0; p < length; p++) {\n");
    for (int k = 0; k < s->together; k++)
        json_append(&c->text, "                    float sum%d = map[%d * length + p];\n", k, k);
    for (int j = first; j < first + count; j++) {
        json_append(&c->text, "                    const float x%d = %s_SHARED(from[%d + p]);\n", j, c->name,
                    j % s->stride * plane + j / s->stride);
        for (int k = 0; k < s->together; k++)
            json_append(&c->text, "                    sum%d += w%d_%d * x%d;\n", k, k, j, j);
    }
    for (int k = 0; k < s->together; k++)
        json_append(&c->text, "                    map[%d * length + p] = sum%d;\n", k, k);
    json_append(&c->text, "                }\n");
}

static void write_products(export_c *c, size_t index, const export_conv2d *s)
{
    json_append(&c->text,
                "        for (int channel = 0; channel < channels; channel++)\n"
                "            for (int i = 0; i < rows; i++) {\n"
                "                const float *from = %s + (channel * stride + i %% stride) * stride * plane + i / "
                "stride * width;\n"
                "                const %s *w = %s_layer%zu_weight + ((f * channels + channel) * rows + i) * "
                "columns;\n",
                s->copies ? "padded" : "x", export_c_weight_type(c), c->name, index + 1);
    for (int first = 0; first < s->columns; first += MOST_WEIGHTS)
        write_taps(c, index, s, first, least(s->columns - first, MOST_WEIGHTS));
    json_append(&c->text, "            }\n");
}

/* What happens to map `k` of the filters at hand: the chain's layers, then it is pooled or copied to y. */
static void write_chain(export_c *c, size_t index)
{
    const size_t first = index;
    const size_t count = c->network->node_count;
    json_append(&c->text, "        for (int k = 0; k < together; k++) {\n"
                          "            float *one = map + k * length;\n");
    for (size_t next = export_c_reader(c, index); next < count && c->chained[next]; next = export_c_reader(c, index)) {
        index = next;
        const export_layer *layer = export_c_layer(&c->network->nodes[index]);
        if (layer->kind == EXPORT_ELEMENTWISE)
            json_append(&c->text,
                        "            for (int p = 0; p < length; p++)\n"
                        "                one[p] = %s_layer%zu(one[p], f + k);\n",
                        c->name, index + 1);
        if (layer->kind == EXPORT_BY_CHANNEL) {
            const hg_shape out = c->network->nodes[index].shape;
            json_append(&c->text, "            %s_layer%zu(one, y + (f + k) * %d);\n        }\n", c->name, index + 1,
                        out.height * out.width);
            return;
        }
    }
    const hg_shape out = c->network->nodes[first].shape;
    json_append(&c->text,
                "            for (int r = 0; r < %d; r++)\n"
                "                for (int i = 0; i < %d; i++)\n"
                "                    y[((f + k) * %d + r) * %d + i] = one[r * width + i];\n"
                "        }\n",
                out.height, out.width, out.height, out.width);
}

void export_c_write_conv2d(export_c *c, size_t index)
{
    const export_conv2d s = export_c_conv2d(c, index);
    const bool biased = export_c_values(c, index, "bias") != NULL;
    export_c_weights(c, index);
    if (biased)
        export_c_parameter(c, index, "bias");
    export_c_function(c, index,
                      s.copies ? "const float *restrict x, float *restrict y, float *restrict map, "
                                 "float *restrict padded"
                               : "const float *restrict x, float *restrict y, float *restrict map");
    write_enum(c, index, &s);
    if (s.copies)
        json_append(&c->text, "%s", copy_text);
    json_append(&c->text, "    for (int f = 0; f < filters; f += together) {\n"
                          "        for (int k = 0; k < together; k++)\n"
                          "            for (int p = 0; p < length; p++)\n"
                          "                map[k * length + p] = ");
    if (biased)
        json_append(&c->text, "%s_layer%zu_bias[f + k];\n", c->name, index + 1);
    else
        json_append(&c->text, "0;\n");
    write_products(c, index, &s);
    write_chain(c, index);
    json_append(&c->text, "    }\n}\n");
}
