/* Drawing into memory and writing it as a PNG. Lengths are pixels of the picture, y downwards. */
#ifndef DYING_RELU_CANVAS_H
#define DYING_RELU_CANVAS_H

#include <hinge/hinge.h>

typedef struct colour {
    unsigned char red, green, blue;
} colour;

typedef struct canvas {
    int width, height;
    unsigned char *pixels; /* finer than the picture, so that slanted lines come out smooth */
} canvas;

/* White. Release with canvas_destroy. */
hg_status canvas_create(canvas *canvas, int width, int height, hg_error *error);
void canvas_destroy(canvas *canvas);

/* opacity: 0 to 1. What lies outside the picture is not drawn. */
void canvas_rectangle(canvas *canvas, double left, double top, double right, double bottom, colour colour,
                      double opacity);
void canvas_line(canvas *canvas, double x0, double y0, double x1, double y1, double width, colour colour);
void canvas_disc(canvas *canvas, double x, double y, double radius, colour colour, double opacity);

/* Where the point lies in the text. Characters of ASCII; LINE_HEIGHT pixels high at size 1. */
typedef enum text_anchor { TEXT_LEFT, TEXT_CENTRE, TEXT_RIGHT } text_anchor;
enum { TEXT_HEIGHT = 9 };
void canvas_text(canvas *canvas, double x, double y, double size, text_anchor anchor, const char *text, colour colour);
void canvas_text_upwards(canvas *canvas, double x, double y, double size, const char *text, colour colour);

/* HG_IO if the file cannot be written; an older one is replaced. */
hg_status canvas_save(const canvas *canvas, const char *path, hg_error *error);

#endif
