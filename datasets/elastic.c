/* See elastic.h. A field is first taken to the pixels' columns, for each of the grid's
 * rows, and then, row by row of the image, to the pixels themselves. */
#include <math.h>

#include "datasets/elastic.h"
#include "datasets/four.h"

enum {
    SUPPORT = 4, /* points of the grid that a pixel depends on, each way */
    AXES = 2,
    HALF_BITS = 16
};

/* The mean over all places of the sum of the squared weights of a pixel's points. */
static const double MEAN_SQUARE = 151.0 / 315;
static const double SQRT_3 = 1.7320508075688772; /* over the deviation of a uniform number in [-1, 1] */

/* The weights of the four points around a place, `t` of the spacing behind the second. */
static void spline_weights(float t, float weight[SUPPORT])
{
    const float u = 1 - t, sixth = 1.0F / 6;
    weight[0] = sixth * u * u * u;
    weight[1] = sixth * (4 + 3 * t * t * (t - 2));
    weight[2] = sixth * (4 + 3 * u * u * (u - 2));
    weight[3] = sixth * t * t * t;
}

static size_t cells_over(int pixels, double spacing)
{
    return (size_t)((pixels - 1) / spacing) + 1;
}

elastic elastic_plan(hg_shape shape, double deviation, double smoothness)
{
    const double spacing = smoothness * SQRT_3;
    return (elastic){ .deviation = deviation,
                      .spacing = spacing,
                      .shape = shape,
                      .cells_across = cells_over(shape.width, spacing),
                      .cells_down = cells_over(shape.height, spacing) };
}

/* The field's parts: the grid's rows at the pixels' columns, x and y of each; the
 * weights of the columns; the points of one row of the grid. */
static size_t lines_of(const elastic *elastic)
{
    return AXES * (elastic->cells_down + SUPPORT - 1);
}

static size_t points_of(const elastic *elastic)
{
    return elastic->cells_across + SUPPORT - 1;
}

size_t elastic_numbers(const elastic *elastic)
{
    return (lines_of(elastic) + SUPPORT) * columns_of(elastic->shape.width) + lines_of(elastic) * points_of(elastic);
}

/* The first column of a cell. */
static size_t begin_of(const elastic *elastic, size_t cell)
{
    const size_t width = (size_t)elastic->shape.width, begin = (size_t)ceil((double)cell * elastic->spacing);
    return cell < elastic->cells_across && begin < width ? begin : width;
}

static void weigh_columns(const elastic *elastic, size_t columns, float *weights)
{
    for (size_t cell = 0; cell < elastic->cells_across; cell++) {
        const size_t end = begin_of(elastic, cell + 1);
        for (size_t column = begin_of(elastic, cell); column < end; column++) {
            float weight[SUPPORT];
            spline_weights((float)((double)column / elastic->spacing - (double)cell), weight);
            for (size_t k = 0; k < SUPPORT; k++)
                weights[k * columns + column] = weight[k];
        }
    }
}

/* Each random word makes two numbers. */
static void draw_points(const elastic *elastic, hg_random *random, float *points)
{
    const float middle = (float)((1 << HALF_BITS) - 1) / 2;
    const float scale = (float)(elastic->deviation * SQRT_3 / MEAN_SQUARE) / (1 << (HALF_BITS - 1));
    const size_t count = lines_of(elastic) * points_of(elastic);
    for (size_t i = 0; i < count; i += 2) {
        const uint32_t bits = hg_random_bits(random);
        points[i] = scale * ((float)(bits >> HALF_BITS) - middle);
        points[i + 1] = scale * ((float)(bits & UINT16_MAX) - middle);
    }
}

/* to[i] = the sum over k of weight[k] from[k][i], for i from begin to end and a few more. */
static void mix_four(const float *from, size_t stride, const float weight[SUPPORT], size_t begin, size_t end, float *to)
{
    const float a = weight[0], b = weight[1], c = weight[2], d = weight[3];
    for (size_t i = begin; i < end; i += FOUR) {
        const float *at = from + i;
        *(four *)(to + i) =
            a * four_at(at) + b * four_at(at + stride) + c * four_at(at + 2 * stride) + d * four_at(at + 3 * stride);
    }
}

void elastic_draw(const elastic *elastic, hg_random *random, float *field)
{
    const size_t columns = columns_of(elastic->shape.width), lines = lines_of(elastic);
    float *weights = field + lines * columns, *points = weights + SUPPORT * columns;
    weigh_columns(elastic, columns, weights);
    draw_points(elastic, random, points);
    /* what is written behind a cell's end belongs to the next one, which is written after it */
    for (size_t cell = 0; cell < elastic->cells_across; cell++) {
        const size_t begin = begin_of(elastic, cell), end = begin_of(elastic, cell + 1);
        for (size_t line = 0; line < lines; line++)
            mix_four(weights, columns, points + line * points_of(elastic) + cell, begin, end, field + line * columns);
    }
}

void elastic_row(const elastic *elastic, const float *field, int row, float *displacement)
{
    const size_t numbers = AXES * columns_of(elastic->shape.width), last = elastic->cells_down - 1;
    const double place = row / elastic->spacing;
    const size_t cell = (size_t)place < last ? (size_t)place : last;
    float weight[SUPPORT];
    spline_weights((float)(place - (double)cell), weight);
    mix_four(field + cell * numbers, numbers, weight, 0, numbers, displacement);
}
