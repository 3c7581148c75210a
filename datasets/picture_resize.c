/* Pictures of another size. Each way by itself, with r = old size / new size:
 * smaller, new[i] is the mean of old over [i r, (i + 1) r), pixels at the ends counting
 * by the part that lies inside; larger, new[i] lies on the straight line between the
 * old pixels whose middles are left and right of its own, (i + 1/2) r. */
#include <math.h>

#include "datasets/picture.h"

static const float WHITE = 255;

/* Which old pixels make each new one along one way. */
typedef struct ruler {
    int count, most; /* new pixels; old ones of each, at most */
    int *first;      /* [count] old pixels */
    float *weight;   /* [count][most], zero where there are fewer */
} ruler;

static void mark_mean(ruler *ruler, int old, int at)
{
    const double ratio = (double)old / ruler->count, begin = at * ratio, end = begin + ratio;
    float *weight = ruler->weight + (size_t)at * (size_t)ruler->most;
    ruler->first[at] = (int)begin;
    for (int i = 0; i < ruler->most; i++) {
        const double left = fmax(begin, ruler->first[at] + i), right = fmin(end, ruler->first[at] + i + 1);
        weight[i] = right > left && ruler->first[at] + i < old ? (float)((right - left) / ratio) : 0;
    }
}

static void mark_line(ruler *ruler, int old, int at)
{
    const double place = (at + 0.5) * old / ruler->count - 0.5, inside = fmin(fmax(place, 0), old - 1);
    float *weight = ruler->weight + (size_t)at * (size_t)ruler->most;
    ruler->first[at] = (int)inside;
    weight[1] = (float)(inside - ruler->first[at]);
    weight[0] = 1 - weight[1];
}

static bool make_ruler(ruler *made, int old, int count)
{
    enum { BOTH_ENDS = 2 };
    *made = (ruler){ .count = count, .most = old > count ? old / count + BOTH_ENDS : BOTH_ENDS };
    made->first = hg_allocate((size_t)count, sizeof *made->first);
    made->weight = hg_allocate((size_t)count, (size_t)made->most * sizeof *made->weight);
    if (!made->first || !made->weight)
        return false;
    for (int i = 0; i < count; i++)
        (old >= count ? mark_mean : mark_line)(made, old, i);
    return true;
}

static void release_ruler(const ruler *ruler)
{
    hg_release(ruler->first);
    hg_release(ruler->weight);
}

/* Adds `share` of a row of old pixels to a row of new ones. */
static void add_row(const ruler *columns, const unsigned char *old, float share, float *sums)
{
    for (int column = 0; column < columns->count; column++) {
        const unsigned char *pixel = old + columns->first[column];
        const float *weight = columns->weight + (size_t)column * (size_t)columns->most;
        float sum = 0;
        for (int i = 0; i < columns->most; i++)
            if (weight[i] > 0)
                sum += weight[i] * (float)pixel[i];
        sums[column] += share * sum;
    }
}

static void resize_channel(const unsigned char *old, size_t old_width, const ruler *rows, const ruler *columns,
                           float *sums, unsigned char *pixels)
{
    for (int row = 0; row < rows->count; row++) {
        for (int column = 0; column < columns->count; column++)
            sums[column] = 0;
        for (int i = 0; i < rows->most; i++) {
            const float share = rows->weight[(size_t)row * (size_t)rows->most + (size_t)i];
            if (share > 0)
                add_row(columns, old + (size_t)(rows->first[row] + i) * old_width, share, sums);
        }
        for (int column = 0; column < columns->count; column++)
            *pixels++ = (unsigned char)fminf(sums[column] + 0.5F, WHITE);
    }
}

static hg_status check_shape(const hg_picture *picture, hg_shape shape, hg_error *error)
{
    if (shape.channels == picture->channels && shape.height >= 1 && shape.width >= 1)
        return HG_OK;
    return hg_fail(error, HG_BAD_ARGUMENT,
                   "a picture of %d channels to %d x %d x %d: sizes from 1 and the same channels are needed",
                   picture->channels, shape.height, shape.width, shape.channels);
}

static hg_status no_memory(hg_shape shape, hg_error *error)
{
    return hg_fail(error, HG_NO_MEMORY, "no memory to resize a picture to %d x %d", shape.height, shape.width);
}

hg_status picture_resize(const hg_picture *picture, hg_shape shape, unsigned char *pixels, hg_error *error)
{
    const hg_status status = check_shape(picture, shape, error);
    if (status)
        return status;
    ruler rows = { 0 }, columns = { 0 };
    float *sums = hg_allocate((size_t)shape.width, sizeof *sums);
    const bool ready =
        sums && make_ruler(&rows, picture->height, shape.height) && make_ruler(&columns, picture->width, shape.width);
    for (int c = 0; c < shape.channels && ready; c++)
        resize_channel(picture->pixels + (size_t)c * picture_area(picture->width, picture->height),
                       (size_t)picture->width, &rows, &columns, sums,
                       pixels + (size_t)c * picture_area(shape.width, shape.height));
    release_ruler(&rows);
    release_ruler(&columns);
    hg_release(sums);
    return ready ? HG_OK : no_memory(shape, error);
}

hg_status hg_picture_fit(const hg_picture *picture, hg_shape shape, float *image, hg_error *error)
{
    hg_status status = check_shape(picture, shape, error);
    if (status)
        return status;
    const size_t count = picture_area(shape.width, shape.height) * (size_t)shape.channels;
    unsigned char *pixels = hg_allocate(count, 1);
    status = pixels ? picture_resize(picture, shape, pixels, error) : no_memory(shape, error);
    for (size_t i = 0; i < count && !status; i++)
        image[i] = (float)pixels[i] / WHITE;
    hg_release(pixels);
    return status;
}
