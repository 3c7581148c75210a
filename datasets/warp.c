/* See warp.h. The source is copied into a frame of background, one pixel wide on the
 * left and above, two on the right and below; coordinates are clamped to it, so that
 * no pixel needs to ask where it lies. */
#include <stdint.h>
#include <string.h>

#include "datasets/four.h"
#include "datasets/warp.h"

enum { BEFORE = 1, BEHIND = 2, FRAME = BEFORE + BEHIND };

typedef float two __attribute__((vector_size(8)));

/* Where the pixels of one row of the result lie in the framed source. */
typedef struct places {
    float *displacement; /* [2][columns]: x and y */
    int32_t *at;         /* [columns]: the pixel above and to the left */
    float *right, *down; /* [columns]: how far the place is from it, 0 to 1 */
} places;

bool warp_fits(hg_shape shape)
{
    const double framed = ((double)shape.height + FRAME) * ((double)shape.width + FRAME) * shape.channels;
    return framed < INT32_MAX;
}

size_t warp_scratch(hg_shape shape)
{
    enum { ROWS = 5 /* of struct places */ };
    const size_t framed = (size_t)(shape.height + FRAME) * (size_t)(shape.width + FRAME);
    return ROWS * columns_of(shape.width) + (size_t)shape.channels * framed;
}

static void fill(float *numbers, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = value;
}

static void frame_channel(const float *channel, hg_shape shape, float background, float *framed)
{
    const size_t width = (size_t)shape.width, stride = width + FRAME;
    fill(framed, stride + BEFORE, background);
    framed += stride + BEFORE;
    for (int row = 0; row < shape.height; row++) {
        memcpy(framed, channel, width * sizeof *framed);
        fill(framed + width, FRAME, background);
        channel += width;
        framed += stride;
    }
    fill(framed, BEHIND * stride - BEFORE, background);
}

/* Truncation is rounding down, as coordinates are not negative. */
static void find_places(const warp_map *map, hg_shape shape, int row, places places)
{
    const float x0 = (float)(map->x[1] * row + map->x[2] + BEFORE), x1 = (float)map->x[0];
    const float y0 = (float)(map->y[1] * row + map->y[2] + BEFORE), y1 = (float)map->y[0];
    const float last_x = (float)(shape.width + BEFORE), last_y = (float)(shape.height + BEFORE);
    const int32_t stride = shape.width + FRAME;
    const size_t columns = columns_of(shape.width);
    const float *restrict dx = places.displacement, *restrict dy = dx + columns;
    int32_t *restrict at = places.at;
    float *restrict right = places.right, *restrict down = places.down;
    for (int32_t column = 0; column < (int32_t)columns - FOUR; column++) {
        float x = x0 + x1 * (float)column + dx[column], y = y0 + y1 * (float)column + dy[column];
        x = x > 0 ? x : 0;
        x = x < last_x ? x : last_x;
        y = y > 0 ? y : 0;
        y = y < last_y ? y : last_y;
        const int32_t left = (int32_t)x, above = (int32_t)y;
        at[column] = above * stride + left;
        right[column] = x - (float)left;
        down[column] = y - (float)above;
    }
}

static inline two load_two(const float *p)
{
    two pair;
    memcpy(&pair, p, sizeof pair);
    return pair;
}

static inline four join(two a, two b)
{
    return __builtin_shufflevector(a, b, 0, 1, 2, 3);
}

/* Two places: between the upper pair of pixels of each and the lower one. */
static inline four go_down(const float *framed, size_t stride, const int32_t *at, four share)
{
    const float *a = framed + at[0], *b = framed + at[1];
    const four upper = join(load_two(a), load_two(b)), lower = join(load_two(a + stride), load_two(b + stride));
    return upper + share * (lower - upper);
}

static inline four sample_four(const float *framed, size_t stride, const places *places, size_t column)
{
    const int32_t *at = places->at + column;
    const four down = four_at(places->down + column), right = four_at(places->right + column);
    const four a = go_down(framed, stride, at, __builtin_shufflevector(down, down, 0, 0, 1, 1));
    const four b = go_down(framed, stride, at + 2, __builtin_shufflevector(down, down, 2, 2, 3, 3));
    const four left = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    return left + right * (__builtin_shufflevector(a, b, 1, 3, 5, 7) - left);
}

static void sample_row(const float *framed, const places *places, hg_shape shape, float *out)
{
    const size_t width = (size_t)shape.width, stride = width + FRAME;
    size_t column = 0;
    for (; column + FOUR <= width; column += FOUR)
        *(four *)(out + column) = sample_four(framed, stride, places, column);
    if (column < width) {
        const four last = sample_four(framed, stride, places, column);
        memcpy(out + column, &last, (width - column) * sizeof *out);
    }
}

void warp_image(const warp_map *map, const elastic *elastic, const float *field, float background, hg_shape shape,
                const float *image, float *scratch, float *out)
{
    const size_t columns = columns_of(shape.width), pixels = (size_t)shape.height * (size_t)shape.width;
    const size_t framed_pixels = (size_t)(shape.height + FRAME) * (size_t)(shape.width + FRAME);
    const places places = { .displacement = scratch,
                            .at = (int32_t *)(void *)(scratch + 2 * columns),
                            .right = scratch + 3 * columns,
                            .down = scratch + 4 * columns };
    float *framed = scratch + 5 * columns;
    for (int channel = 0; channel < shape.channels; channel++)
        frame_channel(image + (size_t)channel * pixels, shape, background, framed + (size_t)channel * framed_pixels);
    fill(places.displacement, 2 * columns, 0);
    for (int row = 0; row < shape.height; row++) {
        if (elastic)
            elastic_row(elastic, field, row, places.displacement);
        find_places(map, shape, row, places);
        for (int channel = 0; channel < shape.channels; channel++)
            sample_row(framed + (size_t)channel * framed_pixels, &places, shape,
                       out + (size_t)channel * pixels + (size_t)row * (size_t)shape.width);
    }
}
