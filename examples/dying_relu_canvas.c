/* Drawing: everything is a set of covered points on a grid FINE times as fine as the picture. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <stb/stb_easy_font.h>

#include "dying_relu_canvas.h"
#include "mnist_png.h"

enum { FINE = 3, CHANNELS = 3, WHITE = 255 };

hg_status canvas_create(canvas *canvas, int width, int height, hg_error *error)
{
    const size_t size = (size_t)width * (size_t)height * FINE * FINE * CHANNELS;
    *canvas = (struct canvas){ .width = width, .height = height, .pixels = hg_allocate(size, 1) };
    if (!canvas->pixels)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a picture of %d x %d pixels", width, height);
    memset(canvas->pixels, WHITE, size);
    return HG_OK;
}

void canvas_destroy(canvas *canvas)
{
    hg_release(canvas->pixels);
    canvas->pixels = NULL;
}

/* ---- shapes ---- */

static unsigned char blend(unsigned char under, unsigned char over, double opacity)
{
    return (unsigned char)(under + (over - under) * opacity + 0.5);
}

static void cover(canvas *canvas, int column, int row, colour colour, double opacity)
{
    unsigned char *pixel = canvas->pixels + ((size_t)row * (size_t)(canvas->width * FINE) + (size_t)column) * CHANNELS;
    pixel[0] = blend(pixel[0], colour.red, opacity);
    pixel[1] = blend(pixel[1], colour.green, opacity);
    pixel[2] = blend(pixel[2], colour.blue, opacity);
}

/* The fine points whose centres lie from `low` to `high`, within [0, count). */
static void fine_range(double low, double high, int count, int *first, int *end)
{
    *first = (int)fmin(fmax(ceil(low * FINE - 0.5), 0), count);
    *end = (int)fmin(fmax(ceil(high * FINE - 0.5), 0), count);
}

void canvas_rectangle(canvas *canvas, double left, double top, double right, double bottom, colour colour,
                      double opacity)
{
    int column, end_column, row, end_row;
    fine_range(left, right, canvas->width * FINE, &column, &end_column);
    fine_range(top, bottom, canvas->height * FINE, &row, &end_row);
    for (int y = row; y < end_row; y++)
        for (int x = column; x < end_column; x++)
            cover(canvas, x, y, colour, opacity);
}

/* All points nearer than `radius` to the line; a line of no length makes a disc. */
static void capsule(canvas *canvas, double x0, double y0, double x1, double y1, double radius, colour colour,
                    double opacity)
{
    const double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
    int column, end_column, row, end_row;
    fine_range(fmin(x0, x1) - radius, fmax(x0, x1) + radius, canvas->width * FINE, &column, &end_column);
    fine_range(fmin(y0, y1) - radius, fmax(y0, y1) + radius, canvas->height * FINE, &row, &end_row);
    for (int y = row; y < end_row; y++)
        for (int x = column; x < end_column; x++) {
            const double px = (x + 0.5) / FINE - x0, py = (y + 0.5) / FINE - y0;
            const double along = square > 0 ? fmin(fmax((px * dx + py * dy) / square, 0), 1) : 0;
            if (hypot(px - along * dx, py - along * dy) <= radius)
                cover(canvas, x, y, colour, opacity);
        }
}

void canvas_line(canvas *canvas, double x0, double y0, double x1, double y1, double width, colour colour)
{
    capsule(canvas, x0, y0, x1, y1, width / 2, colour, 1);
}

void canvas_disc(canvas *canvas, double x, double y, double radius, colour colour, double opacity)
{
    capsule(canvas, x, y, x, y, radius, colour, opacity);
}

/* ---- text ---- */

enum { MOST_QUADS = 2048, TEXT_LENGTH = 256 };

typedef struct quad {
    struct {
        float x, y, z;
        unsigned char colour[4];
    } corner[4]; /* clockwise from the top left */
} quad;

static int text_quads(const char *text, quad quads[MOST_QUADS])
{
    char copy[TEXT_LENGTH]; /* the font's functions take no const */
    snprintf(copy, sizeof copy, "%s", text);
    return stb_easy_font_print(0, 0, copy, NULL, quads, (int)(MOST_QUADS * sizeof *quads));
}

static double text_width(const char *text, double size)
{
    char copy[TEXT_LENGTH];
    snprintf(copy, sizeof copy, "%s", text);
    return size * stb_easy_font_width(copy);
}

void canvas_text(canvas *canvas, double x, double y, double size, text_anchor anchor, const char *text, colour colour)
{
    quad quads[MOST_QUADS];
    const int count = text_quads(text, quads);
    const double before = anchor == TEXT_LEFT ? 0 : anchor == TEXT_CENTRE ? 0.5 : 1;
    const double left = floor(x - before * text_width(text, size)), top = floor(y - size * TEXT_HEIGHT / 2);
    for (int i = 0; i < count; i++)
        canvas_rectangle(canvas, left + size * (double)quads[i].corner[0].x, top + size * (double)quads[i].corner[0].y,
                         left + size * (double)quads[i].corner[2].x, top + size * (double)quads[i].corner[2].y, colour,
                         1);
}

void canvas_text_upwards(canvas *canvas, double x, double y, double size, const char *text, colour colour)
{
    quad quads[MOST_QUADS];
    const int count = text_quads(text, quads);
    const double bottom = floor(y + text_width(text, size) / 2), left = floor(x - size * TEXT_HEIGHT / 2);
    for (int i = 0; i < count; i++)
        canvas_rectangle(canvas, left + size * (double)quads[i].corner[0].y,
                         bottom - size * (double)quads[i].corner[2].x, left + size * (double)quads[i].corner[2].y,
                         bottom - size * (double)quads[i].corner[0].x, colour, 1);
}

/* ---- the file ---- */

static void average(const canvas *canvas, unsigned char *picture)
{
    const size_t stride = (size_t)canvas->width * FINE * CHANNELS;
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width * CHANNELS; x++) {
            const int column = x / CHANNELS, channel = x % CHANNELS;
            unsigned sum = 0;
            for (int i = 0; i < FINE; i++)
                for (int j = 0; j < FINE; j++)
                    sum += canvas->pixels[(size_t)(y * FINE + i) * stride +
                                          (size_t)((column * FINE + j) * CHANNELS + channel)];
            *picture++ = (unsigned char)((sum + FINE * FINE / 2) / (FINE * FINE));
        }
}

hg_status canvas_save(const canvas *canvas, const char *path, hg_error *error)
{
    unsigned char *picture = hg_allocate((size_t)canvas->width * (size_t)canvas->height, CHANNELS);
    if (!picture)
        return hg_fail(error, HG_NO_MEMORY, "no memory for %s", path);
    average(canvas, picture);
    const hg_status status = mnist_png_write(path, canvas->width, canvas->height, picture, error);
    hg_release(picture);
    return status;
}
