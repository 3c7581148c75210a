/* See mnist_filters.h. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mnist_filters.h"
#include "mnist_png.h"

enum { COLOURS = 3, GAP = 3, TILE = 64 /* pixels a side, nearly */, MOST_SIDE = 8192, WHITE = 255, GAP_GREY = 150 };

/* ---- whose weights ---- */

static size_t units(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static bool find_weight(hg_network *network, const char *type, size_t *index, hg_parameter *weight)
{
    char name[256];
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        const hg_layer_info layer = hg_network_layer(network, i);
        snprintf(name, sizeof name, "%s.weight", layer.name);
        *index = i;
        if (strcmp(layer.type->name, type) == 0 && hg_network_find_parameter(network, name, weight))
            return true;
    }
    return false;
}

/* The picture that so many inputs of layer `index` are: the nearest one in front of it that has as many. */
static hg_shape find_image(const hg_network *network, size_t index, size_t inputs)
{
    hg_shape shape = { 0, 0, 0 };
    while (index-- > 0 && units(shape) != inputs)
        shape = hg_network_layer(network, index).output;
    return shape;
}

hg_status mnist_filters_find(mnist_filters *filters, hg_network *network, hg_error *error)
{
    size_t index;
    hg_parameter weight;
    hg_shape shape;
    if (find_weight(network, "conv2d", &index, &weight))
        shape = (hg_shape){ (int)weight.shape.size[1], (int)weight.shape.size[2], (int)weight.shape.size[3] };
    else if (find_weight(network, "fully_connected", &index, &weight))
        shape = find_image(network, index, weight.shape.size[1]);
    else
        return hg_fail(error, HG_BAD_NETWORK, "it has neither a convolution nor a fully connected layer to show");
    const bool colour = shape.channels == COLOURS;
    *filters = (mnist_filters){ .layer = hg_network_layer(network, index).name,
                                .channels = colour ? COLOURS : 1,
                                .height = shape.height,
                                .width = shape.width,
                                .values = weight.values };
    filters->tiles = weight.count / units((hg_shape){ filters->channels, shape.height, shape.width });
    for (size_t i = 0; i < weight.count; i++)
        filters->most = fmax(filters->most, fabs((double)weight.values[i]));
    return HG_OK;
}

/* ---- the sheet ---- */

typedef struct sheet {
    size_t columns, rows;
    int scale; /* pixels a side for each number */
    int width, height;
    unsigned char *pixels;
} sheet;

/* As few empty places as can be, in a sheet up to four times as wide as high; of those the squarest. */
static size_t choose_columns(size_t tiles)
{
    const size_t first = (size_t)ceil(sqrt((double)tiles));
    size_t best = first, fewest = SIZE_MAX;
    for (size_t columns = first; columns <= 2 * first && columns <= tiles; columns++) {
        const size_t empty = (columns - tiles % columns) % columns;
        if (empty < fewest) {
            fewest = empty;
            best = columns;
        }
    }
    return best;
}

static double side(size_t tiles, int numbers, int scale)
{
    return (double)tiles * ((double)numbers * scale + GAP) + GAP;
}

static hg_status lay_out(sheet *sheet, const mnist_filters *filters, hg_error *error)
{
    const int larger = filters->height > filters->width ? filters->height : filters->width;
    sheet->columns = choose_columns(filters->tiles);
    sheet->rows = (filters->tiles + sheet->columns - 1) / sheet->columns;
    sheet->scale = larger < TILE ? TILE / larger : 1;
    while (sheet->scale > 1 && (side(sheet->columns, filters->width, sheet->scale) > MOST_SIDE ||
                                side(sheet->rows, filters->height, sheet->scale) > MOST_SIDE))
        sheet->scale--;
    const double width = side(sheet->columns, filters->width, sheet->scale),
                 height = side(sheet->rows, filters->height, sheet->scale);
    if (width > MOST_SIDE || height > MOST_SIDE)
        return hg_fail(error, HG_BAD_NETWORK,
                       "%zu tiles of %d x %d (%s) make a picture of %.0f x %.0f pixels; it may have %d a side",
                       filters->tiles, filters->height, filters->width, filters->layer, width, height, MOST_SIDE);
    sheet->width = (int)width;
    sheet->height = (int)height;
    sheet->pixels = hg_allocate((size_t)sheet->width * (size_t)sheet->height, MNIST_PNG_CHANNELS);
    if (!sheet->pixels)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a picture of %d x %d pixels", sheet->width, sheet->height);
    memset(sheet->pixels, GAP_GREY, (size_t)sheet->width * (size_t)sheet->height * MNIST_PNG_CHANNELS);
    return HG_OK;
}

/* share: of the largest number, -1 to 1. Blue and red are as dark as one another. */
static void diverge(double share, unsigned char pixel[MNIST_PNG_CHANNELS])
{
    static const double red[] = { 178, 24, 43 }, blue[] = { 33, 102, 172 };
    const double *end = share > 0 ? red : blue;
    for (int i = 0; i < MNIST_PNG_CHANNELS; i++)
        pixel[i] = (unsigned char)lround(WHITE + fabs(share) * (end[i] - WHITE));
}

static void colour(const mnist_filters *filters, size_t tile, size_t place, unsigned char pixel[MNIST_PNG_CHANNELS])
{
    const size_t plane = (size_t)filters->height * (size_t)filters->width;
    const hg_real *first = filters->values + tile * (size_t)filters->channels * plane + place;
    const double scale = filters->most > 0 ? 1 / filters->most : 0;
    if (filters->channels == 1)
        diverge((double)*first * scale, pixel);
    else
        for (int i = 0; i < MNIST_PNG_CHANNELS; i++)
            pixel[i] = (unsigned char)lround(WHITE * (1 + (double)first[(size_t)i * plane] * scale) / 2);
}

static void paint(sheet *sheet, const mnist_filters *filters, size_t tile)
{
    const size_t left = GAP + tile % sheet->columns * (size_t)(filters->width * sheet->scale + GAP);
    const size_t top = GAP + tile / sheet->columns * (size_t)(filters->height * sheet->scale + GAP);
    for (int y = 0; y < filters->height * sheet->scale; y++)
        for (int x = 0; x < filters->width * sheet->scale; x++) {
            const size_t at = (top + (size_t)y) * (size_t)sheet->width + left + (size_t)x;
            colour(filters, tile, (size_t)(y / sheet->scale * filters->width + x / sheet->scale),
                   sheet->pixels + at * MNIST_PNG_CHANNELS);
        }
}

hg_status mnist_filters_write(const mnist_filters *filters, const char *path, hg_error *error)
{
    sheet sheet = { .pixels = NULL };
    hg_status status = lay_out(&sheet, filters, error);
    for (size_t i = 0; i < filters->tiles && status == HG_OK; i++)
        paint(&sheet, filters, i);
    if (status == HG_OK)
        status = mnist_png_write(path, sheet.width, sheet.height, sheet.pixels, error);
    hg_release(sheet.pixels);
    return status;
}
