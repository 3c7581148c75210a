/* Where panels lie, how an activation is drawn. */
#include <stdio.h>

#include "dying_relu_layout.h"

const style activation_styles[ACTIVATIONS] = {
    { { 0, 0, 0 }, PLOT_SOLID, 3.5 },      { { 230, 130, 0 }, PLOT_DASHED, 2.5 },
    { { 170, 150, 0 }, PLOT_DASHED, 2.5 }, { { 140, 86, 75 }, PLOT_DASHED, 2.5 },
    { { 80, 80, 200 }, PLOT_DASHED, 2.5 }, { { 140, 140, 140 }, PLOT_DASHED, 2.5 },
    { { 214, 39, 40 }, PLOT_SOLID, 2.5 },  { { 245, 120, 180 }, PLOT_SOLID, 2.5 },
    { { 120, 0, 20 }, PLOT_SOLID, 2.5 },   { { 31, 119, 180 }, PLOT_SOLID, 2.5 },
    { { 44, 160, 44 }, PLOT_SOLID, 2.5 },  { { 148, 103, 189 }, PLOT_SOLID, 2.5 },
    { { 23, 190, 207 }, PLOT_SOLID, 2.5 },
};

panel layout_panel(canvas *canvas, const layout *layout, int column, int row)
{
    const double left = layout->left + column * layout->across, top = layout->top + row * layout->down;
    return (panel){
        .canvas = canvas, .left = left, .top = top, .right = left + layout->width, .bottom = top + layout->height
    };
}

void layout_heading(canvas *canvas, const char *text)
{
    const double y = 26, size = 3;
    canvas_text(canvas, canvas->width / 2.0, y, size, TEXT_CENTRE, text, PLOT_BLACK);
}

void layout_title(char title[TITLE_LENGTH], const scenario *scenario)
{
    snprintf(title, TITLE_LENGTH, "%s, %s", scenario->network_title, scenario->setting_title);
}
