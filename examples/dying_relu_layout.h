/* What the figures have in common: where panels lie, how an activation is drawn. */
#ifndef DYING_RELU_LAYOUT_H
#define DYING_RELU_LAYOUT_H

#include "dying_relu_cases.h"
#include "dying_relu_plot.h"

/* Frames in columns and rows, in pixels. */
typedef struct layout {
    double left, top;     /* of the first frame */
    double width, height; /* of a frame */
    double across, down;  /* from one frame to the next */
} layout;

panel layout_panel(canvas *canvas, const layout *layout, int column, int row);

void layout_heading(canvas *canvas, const char *text);

/* How an activation is drawn everywhere: dashed where nothing is learned. */
typedef struct style {
    colour colour;
    plot_line line;
    double width;
} style;
extern const style activation_styles[ACTIVATIONS];

enum { TITLE_LENGTH = 128 };
void layout_title(char title[TITLE_LENGTH], const scenario *scenario);

#endif
