/* Panels: axes with round numbers, paths, bands. */
#include <math.h>
#include <stdio.h>

#include "dying_relu_plot.h"

const colour PLOT_BLACK = { 30, 30, 30 }, PLOT_GREY = { 110, 110, 110 };
static const colour FAINT = { 226, 226, 226 };
const double PLOT_TEXT_SIZE = 2;
static const double FRAME_WIDTH = 1, TICK_LENGTH = 5, DOT = 1.4;

/* Pixels from the frame to the middle of a text. */
static const double NUMBER_BELOW = 18, NUMBER_LEFT = 9, LABEL_BELOW = 46, LABEL_LEFT = 62, TITLE_ABOVE = 18;

double plot_x(const panel *panel, double x)
{
    const double share = (x - panel->x.low) / (panel->x.high - panel->x.low);
    return panel->left + (panel->right - panel->left) * fmin(fmax(share, 0), 1);
}

double plot_y(const panel *panel, double y)
{
    const double share = (y - panel->y.low) / (panel->y.high - panel->y.low);
    return panel->bottom - (panel->bottom - panel->top) * fmin(fmax(share, 0), 1);
}

/* ---- the frame ---- */

/* 1, 2 or 5 times a power of ten, so that about `wanted` steps make the length. */
static double tick_step(const axis *axis, int wanted)
{
    const double least = (axis->high - axis->low) / wanted, power = pow(10, floor(log10(least)));
    return least <= power ? power : least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
}

static void tick_text(char text[32], double number, double step)
{
    const int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    /* no -0 */
    snprintf(text, 32, "%.*f", decimals, fabs(number) < step / 2 ? 0.0 : number);
}

static void draw_ticks(const panel *panel, const axis *axis, bool horizontal)
{
    enum { WANTED_X = 5, WANTED_Y = 5 };
    const double epsilon = 1e-6, wanted = tick_step(axis, horizontal ? WANTED_X : WANTED_Y);
    const double step = axis->whole ? fmax(wanted, 1) : wanted;
    for (double at = ceil(axis->low / step - epsilon) * step; at <= axis->high + epsilon * step; at += step) {
        char text[32];
        tick_text(text, at, step);
        if (horizontal) {
            const double x = plot_x(panel, at);
            canvas_line(panel->canvas, x, panel->top, x, panel->bottom, FRAME_WIDTH, FAINT);
            canvas_line(panel->canvas, x, panel->bottom, x, panel->bottom + TICK_LENGTH, FRAME_WIDTH, PLOT_GREY);
            canvas_text(panel->canvas, x, panel->bottom + NUMBER_BELOW, PLOT_TEXT_SIZE, TEXT_CENTRE, text, PLOT_BLACK);
        } else {
            const double y = plot_y(panel, at);
            canvas_line(panel->canvas, panel->left, y, panel->right, y, FRAME_WIDTH, FAINT);
            canvas_line(panel->canvas, panel->left - TICK_LENGTH, y, panel->left, y, FRAME_WIDTH, PLOT_GREY);
            canvas_text(panel->canvas, panel->left - NUMBER_LEFT, y, PLOT_TEXT_SIZE, TEXT_RIGHT, text, PLOT_BLACK);
        }
    }
}

void plot_frame(const panel *panel)
{
    canvas *canvas = panel->canvas;
    const double middle_x = (panel->left + panel->right) / 2, middle_y = (panel->top + panel->bottom) / 2;
    if (!panel->x.no_ticks)
        draw_ticks(panel, &panel->x, true);
    if (!panel->y.no_ticks)
        draw_ticks(panel, &panel->y, false);
    canvas_line(canvas, panel->left, panel->top, panel->right, panel->top, FRAME_WIDTH, PLOT_GREY);
    canvas_line(canvas, panel->left, panel->bottom, panel->right, panel->bottom, FRAME_WIDTH, PLOT_GREY);
    canvas_line(canvas, panel->left, panel->top, panel->left, panel->bottom, FRAME_WIDTH, PLOT_GREY);
    canvas_line(canvas, panel->right, panel->top, panel->right, panel->bottom, FRAME_WIDTH, PLOT_GREY);
    if (panel->title)
        canvas_text(canvas, middle_x, panel->top - TITLE_ABOVE, PLOT_TEXT_SIZE, TEXT_CENTRE, panel->title, PLOT_BLACK);
    if (panel->x.label)
        canvas_text(canvas, middle_x, panel->bottom + LABEL_BELOW, PLOT_TEXT_SIZE, TEXT_CENTRE, panel->x.label,
                    PLOT_BLACK);
    if (panel->y.label)
        canvas_text_upwards(canvas, panel->left - LABEL_LEFT, middle_y, PLOT_TEXT_SIZE, panel->y.label, PLOT_BLACK);
}

/* ---- data ---- */

static void draw_piece(canvas *canvas, double x0, double y0, double x1, double y1, plot_line line, double width,
                       colour colour)
{
    const double dash = 6, gap = 5, length = hypot(x1 - x0, y1 - y0);
    if (line == PLOT_SOLID) {
        canvas_line(canvas, x0, y0, x1, y1, width, colour);
        return;
    }
    for (double at = 0; at < length; at += dash + gap) {
        const double from = at / length, to = fmin(at + dash, length) / length;
        canvas_line(canvas, x0 + from * (x1 - x0), y0 + from * (y1 - y0), x0 + to * (x1 - x0), y0 + to * (y1 - y0),
                    width, colour);
    }
}

void plot_path(const panel *panel, const double *values, size_t count, plot_line line, double width, colour colour)
{
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        const double x = plot_x(panel, (double)i), y = plot_y(panel, values[i]);
        canvas_disc(panel->canvas, x, y, DOT * width, colour, 1);
        if (i + 1 < count && !isnan(values[i + 1]))
            draw_piece(panel->canvas, x, y, plot_x(panel, (double)i + 1), plot_y(panel, values[i + 1]), line, width,
                       colour);
    }
}

void plot_band(const panel *panel, const double *low, const double *high, size_t count, colour colour)
{
    const double opacity = 0.18, slice = 1;
    for (size_t i = 0; i + 1 < count && !isnan(low[i]); i++) {
        const double x0 = plot_x(panel, (double)i), x1 = plot_x(panel, (double)i + 1);
        for (double x = x0; x < x1; x += slice) {
            const double share = (x - x0) / (x1 - x0);
            canvas_rectangle(panel->canvas, x, plot_y(panel, high[i] + share * (high[i + 1] - high[i])),
                             fmin(x + slice, x1), plot_y(panel, low[i] + share * (low[i + 1] - low[i])), colour,
                             opacity);
        }
    }
}

void plot_key(canvas *canvas, double x, double y, plot_line line, double width, colour colour, const char *text)
{
    const double length = 34, gap = 8;
    draw_piece(canvas, x, y, x + length, y, line, width, colour);
    canvas_disc(canvas, x + length / 2, y, DOT * width, colour, 1);
    canvas_text(canvas, x + length + gap, y, PLOT_TEXT_SIZE, TEXT_LEFT, text, PLOT_BLACK);
}

void plot_note(canvas *canvas, double x, double y, const char *text)
{
    canvas_text(canvas, x, y, PLOT_TEXT_SIZE, TEXT_LEFT, text, PLOT_GREY);
}
