/* Naive forwards in double: see reference.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

size_t reference_units(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static size_t unit_at(hg_shape shape, int channel, int row, int column)
{
    return ((size_t)channel * (size_t)shape.height + (size_t)row) * (size_t)shape.width + (size_t)column;
}

static bool is_inside(hg_shape shape, int row, int column)
{
    return row >= 0 && row < shape.height && column >= 0 && column < shape.width;
}

static int or_default(int option, int value)
{
    return option ? option : value;
}

void reference_image_input(const reference_pass *pass)
{
    const hg_image_input_options *options = pass->options;
    const size_t units = reference_units(pass->output_shape);
    for (size_t i = 0; i < pass->samples * units; i++) {
        double x = pass->input[0][i];
        if (options->normalization != HG_NO_NORMALIZATION)
            x -= pass->parameter[0][i % units];
        if (options->normalization == HG_ZSCORE)
            x /= pass->parameter[1][i % units];
        pass->output[i] = x;
    }
}

/* ---- conv2d ---- */

typedef struct filter_shape {
    int height, width, stride, padding_rows, padding_columns;
} filter_shape;

static filter_shape filter_of(const hg_conv2d_options *options)
{
    filter_shape filter = { .height = or_default(options->filter_height, options->filter_size),
                            .width = or_default(options->filter_width, options->filter_size),
                            .stride = or_default(options->stride, 1),
                            .padding_rows = options->padding,
                            .padding_columns = options->padding };
    if (options->same) {
        filter.padding_rows = filter.height / 2;
        filter.padding_columns = filter.width / 2;
    }
    return filter;
}

static double conv2d_at(const reference_pass *pass, filter_shape filter, const double *image, int f, int row,
                        int column)
{
    const hg_conv2d_options *options = pass->options;
    const hg_shape in = pass->input_shape[0];
    const hg_shape weights = { in.channels, filter.height, filter.width };
    const double *weight = pass->parameter[0] + (size_t)f * reference_units(weights);
    double sum = options->no_bias ? 0 : pass->parameter[1][f];
    for (int channel = 0; channel < in.channels; channel++)
        for (int i = 0; i < filter.height; i++)
            for (int j = 0; j < filter.width; j++) {
                const int y = row * filter.stride + i - filter.padding_rows;
                const int x = column * filter.stride + j - filter.padding_columns;
                if (is_inside(in, y, x))
                    sum += weight[unit_at(weights, channel, i, j)] * image[unit_at(in, channel, y, x)];
            }
    return sum;
}

static double pool_rank(const reference_pass *pass, int channel, double x)
{
    if (pass->pool == HG_POOL_BY_VALUE)
        return x;
    return fmax(pass->pool_key[pass->pool_key_shared ? 0 : channel] * x, x);
}

/* The winner, before its activation, of the 2x2 window that becomes one output pixel. */
static double conv2d_winner(const reference_pass *pass, filter_shape filter, const double *image, int f, int row,
                            int column)
{
    enum { WINDOW = 2 };
    double winner = 0, best = -INFINITY;
    for (int i = 0; i < WINDOW; i++)
        for (int j = 0; j < WINDOW; j++) {
            const double x = conv2d_at(pass, filter, image, f, WINDOW * row + i, WINDOW * column + j);
            if (pool_rank(pass, f, x) > best) {
                best = pool_rank(pass, f, x);
                winner = x;
            }
        }
    return winner;
}

void reference_conv2d(const reference_pass *pass)
{
    const hg_shape out = pass->output_shape;
    const filter_shape filter = filter_of(pass->options);
    for (size_t sample = 0; sample < pass->samples; sample++) {
        const double *image = pass->input[0] + sample * reference_units(pass->input_shape[0]);
        double *output = pass->output + sample * reference_units(out);
        for (int f = 0; f < out.channels; f++)
            for (int row = 0; row < out.height; row++)
                for (int column = 0; column < out.width; column++)
                    output[unit_at(out, f, row, column)] = pass->pool == HG_NO_POOL
                                                               ? conv2d_at(pass, filter, image, f, row, column)
                                                               : conv2d_winner(pass, filter, image, f, row, column);
    }
}

/* ---- max_pool2d ---- */

static double max_pool2d_at(const reference_pass *pass, const double *image, int channel, int row, int column)
{
    const hg_max_pool2d_options *options = pass->options;
    const int stride = or_default(options->stride, options->window);
    const hg_shape in = pass->input_shape[0];
    double largest = -INFINITY;
    for (int i = 0; i < options->window; i++)
        for (int j = 0; j < options->window; j++) {
            const int y = row * stride + i - options->padding, x = column * stride + j - options->padding;
            if (!is_inside(in, y, x))
                continue;
            const double value = image[unit_at(in, channel, y, x)];
            if (value > largest || isnan(value))
                largest = value;
        }
    return largest;
}

void reference_max_pool2d(const reference_pass *pass)
{
    const hg_shape out = pass->output_shape;
    for (size_t sample = 0; sample < pass->samples; sample++) {
        const double *image = pass->input[0] + sample * reference_units(pass->input_shape[0]);
        double *output = pass->output + sample * reference_units(out);
        for (int channel = 0; channel < out.channels; channel++)
            for (int row = 0; row < out.height; row++)
                for (int column = 0; column < out.width; column++)
                    output[unit_at(out, channel, row, column)] = max_pool2d_at(pass, image, channel, row, column);
    }
}

/* ---- averages ---- */

static double average_pool2d_at(const reference_pass *pass, const double *image, int channel, int row, int column)
{
    const hg_average_pool2d_options *options = pass->options;
    const int stride = or_default(options->stride, options->window);
    const hg_shape in = pass->input_shape[0];
    double sum = 0, pixels = 0;
    for (int i = 0; i < options->window; i++)
        for (int j = 0; j < options->window; j++) {
            const int y = row * stride + i - options->padding, x = column * stride + j - options->padding;
            if (is_inside(in, y, x))
                sum += image[unit_at(in, channel, y, x)];
            if (is_inside(in, y, x) || !options->exclude_padding)
                pixels++;
        }
    return sum / pixels;
}

void reference_average_pool2d(const reference_pass *pass)
{
    const hg_shape out = pass->output_shape;
    for (size_t sample = 0; sample < pass->samples; sample++) {
        const double *image = pass->input[0] + sample * reference_units(pass->input_shape[0]);
        double *output = pass->output + sample * reference_units(out);
        for (int channel = 0; channel < out.channels; channel++)
            for (int row = 0; row < out.height; row++)
                for (int column = 0; column < out.width; column++)
                    output[unit_at(out, channel, row, column)] = average_pool2d_at(pass, image, channel, row, column);
    }
}

void reference_global_average_pool2d(const reference_pass *pass)
{
    const hg_shape in = pass->input_shape[0];
    const size_t pixels = (size_t)in.height * (size_t)in.width;
    for (size_t i = 0; i < pass->samples * (size_t)in.channels; i++) {
        pass->output[i] = 0;
        for (size_t pixel = 0; pixel < pixels; pixel++)
            pass->output[i] += pass->input[0][i * pixels + pixel] / (double)pixels;
    }
}

void reference_fully_connected(const reference_pass *pass)
{
    const hg_fully_connected_options *options = pass->options;
    const size_t in = reference_units(pass->input_shape[0]), out = reference_units(pass->output_shape);
    for (size_t sample = 0; sample < pass->samples; sample++)
        for (size_t o = 0; o < out; o++) {
            double sum = options->no_bias ? 0 : pass->parameter[1][o];
            for (size_t i = 0; i < in; i++)
                sum += pass->parameter[0][o * in + i] * pass->input[0][sample * in + i];
            pass->output[sample * out + o] = sum;
        }
}

/* ---- the end of a network ---- */

static double log_sum_exp(const double *x, size_t count)
{
    double largest = x[0], sum = 0;
    for (size_t i = 1; i < count; i++)
        largest = fmax(largest, x[i]);
    for (size_t i = 0; i < count; i++)
        sum += exp(x[i] - largest);
    return largest + log(sum);
}

void reference_softmax(const reference_pass *pass)
{
    const size_t units = reference_units(pass->output_shape);
    for (size_t sample = 0; sample < pass->samples; sample++) {
        const double *x = pass->input[0] + sample * units;
        for (size_t k = 0; k < units; k++)
            pass->output[sample * units + k] = exp(x[k] - log_sum_exp(x, units));
    }
}

void reference_classification(const reference_pass *pass)
{
    const hg_classification_options *options = pass->options;
    const double smoothing = pass->evaluating ? 0 : options->label_smoothing;
    const size_t units = reference_units(pass->input_shape[0]);
    for (size_t sample = 0; sample < pass->samples; sample++) {
        const double *x = pass->input[pass->input_count - 1] + sample * units; /* probabilities, or logits */
        pass->output[sample] = 0;
        for (size_t k = 0; k < units; k++) {
            const double target = (k == (size_t)pass->label[sample] ? 1 - smoothing : 0) + smoothing / (double)units;
            const double logarithm = pass->input_count == 2 ? x[k] - log_sum_exp(x, units) : log(x[k]);
            if (target > 0)
                pass->output[sample] -= target * logarithm;
        }
    }
}

/* ---- joining ---- */

void reference_add(const reference_pass *pass)
{
    for (size_t i = 0; i < pass->samples * reference_units(pass->output_shape); i++) {
        pass->output[i] = 0;
        for (size_t k = 0; k < pass->input_count; k++)
            pass->output[i] += pass->input[k][i];
    }
}

void reference_concat(const reference_pass *pass)
{
    double *output = pass->output;
    for (size_t sample = 0; sample < pass->samples; sample++)
        for (size_t k = 0; k < pass->input_count; k++) {
            const size_t units = reference_units(pass->input_shape[k]);
            memcpy(output, pass->input[k] + sample * units, units * sizeof *output);
            output += units;
        }
}
