/* One panel of a figure: a frame with axes, and data in it. */
#ifndef DYING_RELU_PLOT_H
#define DYING_RELU_PLOT_H

#include "dying_relu_canvas.h"

typedef struct axis {
    double low, high;  /* of the data shown */
    const char *label; /* with the unit; NULL: none */
    bool whole;        /* ticks at whole numbers alone */
    bool no_ticks;     /* the caller labels it */
} axis;

typedef struct panel {
    canvas *canvas;
    double left, top, right, bottom; /* of the frame, in pixels */
    axis x, y;
    const char *title;
} panel;

extern const colour PLOT_BLACK, PLOT_GREY;
extern const double PLOT_TEXT_SIZE;

/* Frame, title, ticks at round numbers with faint lines across, labels. */
void plot_frame(const panel *panel);

/* Where a number lies; what lies outside the axes goes to their ends. */
double plot_x(const panel *panel, double x);
double plot_y(const panel *panel, double y);

/* From (0, values[0]) to (count - 1, values[count - 1]), with a dot at each; NAN: a gap. */
typedef enum plot_line { PLOT_SOLID, PLOT_DASHED } plot_line;
void plot_path(const panel *panel, const double *values, size_t count, plot_line line, double width, colour colour);

/* Between two paths. */
void plot_band(const panel *panel, const double *low, const double *high, size_t count, colour colour);

/* A piece of line with a dot, and its meaning at the right of it, (x, y) the left end. */
void plot_key(canvas *canvas, double x, double y, plot_line line, double width, colour colour, const char *text);

/* Text that begins at x, its middle at y. */
void plot_note(canvas *canvas, double x, double y, const char *text);

#endif
