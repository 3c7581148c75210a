/* A <figure>: title and legend as text, under them an SVG of one size that the page scales. */
#include <math.h>
#include <string.h>

#include "mnist_chart.h"
#include "mnist_html.h"
#include "mnist_text.h"

/* User units; about as many pixels on a phone. */
enum { WIDTH = 400, HEIGHT = 236, LEFT = 52, RIGHT = 390, TOP = 12, BOTTOM = 202 };
enum { Y_TICKS = 5, X_TICKS = 7, TICK_GAP = 8, X_TICK_DROP = 17, UNIT_DROP = 31, TEXT_RISE = 4 };
enum { MOST_DOTS = 40, VALUE_WIDTH = 9 };

typedef struct axis {
    double low, high, step;
} axis;

/* The smallest of 1, 2, 5, 10, 20 ... (or tenths, ...) that cuts the span into `most` parts or fewer. */
static double nice_step(double span, int most)
{
    const double part = span / most, power = pow(10, floor(log10(part))), digit = part / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static double value_at(const mnist_chart *chart, size_t point, size_t column)
{
    return chart->values[point * chart->columns + column];
}

static axis y_axis(const mnist_chart *chart)
{
    const double smallest_share = 1e-6; /* of a number: closer ones are not told apart */
    double low = chart->low, high = chart->high;
    for (size_t i = 0; i < chart->points; i++)
        for (size_t k = 0; k < chart->count; k++) {
            const double value = value_at(chart, i, chart->series[k].column);
            if (!isfinite(value))
                continue;
            low = fmin(low, value); /* of a NAN and a number: the number */
            high = fmax(high, value);
        }
    if (!isfinite(low) || !isfinite(high))
        low = 0, high = 1;
    const double span = fmax(chart->span, smallest_share * fmax(fabs(low), fabs(high)));
    if (high - low < span) {
        const double middle = (low + high) / 2;
        low = fmax(middle - span / 2, chart->least);
        high = fmin(low + span, chart->most);
        low = fmax(high - span, chart->least);
    }
    const double step = nice_step(high - low, Y_TICKS);
    return (axis){ fmax(floor(low / step) * step, chart->least), fmin(ceil(high / step) * step, chart->most), step };
}

/* Of the epochs at which there is a value. */
static axis x_axis(const mnist_chart *chart)
{
    axis axis = { .low = NAN, .high = NAN };
    for (size_t i = 0; i < chart->points; i++)
        for (size_t k = 0; k < chart->count; k++)
            if (isfinite(value_at(chart, i, chart->series[k].column))) {
                axis.low = fmin(axis.low, value_at(chart, i, 0));
                axis.high = fmax(axis.high, value_at(chart, i, 0));
            }
    if (!isfinite(axis.low))
        axis.low = axis.high = 1;
    axis.step = axis.high > axis.low ? fmax(nice_step(axis.high - axis.low, X_TICKS), 1) : 1;
    return axis;
}

static double place(const axis *axis, double value, double from, double to)
{
    return axis->high > axis->low ? from + (value - axis->low) / (axis->high - axis->low) * (to - from)
                                  : (from + to) / 2;
}

/* ---- grid and numbers ---- */

static void print_tick(FILE *stream, const axis *axis, double value)
{
    const double largest = 1e5, smallest = 1e-4;
    const int decimals = axis->step < 1 ? (int)ceil(-log10(axis->step) - 1e-9) : 0;
    if (fabs(value) < axis->step / 2)
        fputc('0', stream);
    else if (fmax(fabs(axis->low), fabs(axis->high)) >= largest || axis->step < smallest)
        fprintf(stream, "%.3g", value);
    else
        fprintf(stream, "%.*f", decimals, value);
}

static void write_y(FILE *stream, const axis *axis, const char *unit)
{
    const int ticks = (int)lround((axis->high - axis->low) / axis->step);
    for (int i = 0; i <= ticks; i++) {
        const double value = axis->low + i * axis->step, y = place(axis, value, BOTTOM, TOP);
        fprintf(stream, "<path class=\"grid%s\" d=\"M%d %.1fH%d\"/><text class=\"y\" x=\"%d\" y=\"%.1f\">",
                i == 0 ? " base" : "", LEFT, y, RIGHT, LEFT - TICK_GAP, y + TEXT_RISE);
        print_tick(stream, axis, value);
        fprintf(stream, "%s</text>\n", unit);
    }
}

static void write_x(FILE *stream, const axis *axis)
{
    for (double value = ceil(axis->low / axis->step) * axis->step; value <= axis->high; value += axis->step)
        fprintf(stream, "<text class=\"x\" x=\"%.1f\" y=\"%d\">%.0f</text>\n", place(axis, value, LEFT, RIGHT),
                BOTTOM + X_TICK_DROP, value);
    fprintf(stream, "<text class=\"x\" x=\"%d\" y=\"%d\">epoch</text>\n", (LEFT + RIGHT) / 2, BOTTOM + UNIT_DROP);
}

/* ---- lines ---- */

/* A class for the colour, or one of many on a bow of hues. */
static void print_colour(FILE *stream, const mnist_chart *chart, size_t series)
{
    const double first_hue = 170, hues = 190;
    if (chart->count <= MNIST_CHART_NAMED)
        fprintf(stream, "class=\"c%zu\"", series);
    else
        fprintf(stream, "style=\"--c:hsl(%.0f 62%% 52%%)\"",
                first_hue + hues * (double)series / (double)(chart->count - 1));
}

static void write_line(FILE *stream, const mnist_chart *chart, const axis *x, const axis *y, size_t series)
{
    bool drawing = false;
    fputs("<path ", stream);
    print_colour(stream, chart, series);
    fputs(" d=\"", stream);
    for (size_t i = 0; i < chart->points; i++) {
        const double value = value_at(chart, i, chart->series[series].column);
        if (isfinite(value))
            /* so many digits that the value can be read off again; the h0 makes a dot of a line that ends where it
             * begins */
            fprintf(stream, "%c%.2f %.7f%s", drawing ? 'L' : 'M', place(x, value_at(chart, i, 0), LEFT, RIGHT),
                    place(y, value, BOTTOM, TOP), drawing ? "" : "h0");
        drawing = isfinite(value);
    }
    fputs("\"><title>", stream);
    mnist_html_text(stream, chart->series[series].name);
    fputs("</title></path>\n", stream);
}

static const char *value_text(char text[MNIST_NUMBER_LENGTH], const mnist_chart *chart, double value)
{
    return mnist_text_fixed(text, VALUE_WIDTH, chart->decimals, value);
}

/* One for each epoch, where they do not run together; each says its value without the script, too. */
static void write_dots(FILE *stream, const mnist_chart *chart, const axis *x, const axis *y, size_t series)
{
    char text[MNIST_NUMBER_LENGTH];
    for (size_t i = 0; i < chart->points; i++) {
        const double value = value_at(chart, i, chart->series[series].column);
        if (!isfinite(value))
            continue;
        fputs("<circle ", stream);
        print_colour(stream, chart, series);
        fprintf(stream, " cx=\"%.2f\" cy=\"%.3f\" r=\"2.4\"><title>", place(x, value_at(chart, i, 0), LEFT, RIGHT),
                place(y, value, BOTTOM, TOP));
        mnist_html_text(stream, chart->series[series].name);
        fprintf(stream, ", epoch %.0f: %s%s</title></circle>\n", value_at(chart, i, 0), value_text(text, chart, value),
                chart->unit);
    }
}

/* ---- the figure ---- */

/* The names, each with its last value. */
static void write_legend(FILE *stream, const mnist_chart *chart)
{
    char text[MNIST_NUMBER_LENGTH];
    fputs("<ul class=\"legend\">", stream);
    for (size_t k = 0; k < chart->count; k++) {
        fprintf(stream, "<li class=\"c%zu\">", k);
        mnist_html_text(stream, chart->series[k].name);
        size_t i = chart->points;
        while (i > 0 && !isfinite(value_at(chart, i - 1, chart->series[k].column)))
            i--;
        if (i > 0)
            fprintf(stream, " <b>%s%s</b>", value_text(text, chart, value_at(chart, i - 1, chart->series[k].column)),
                    chart->unit);
        fputs("</li>\n", stream);
    }
    fputs("</ul>\n", stream);
}

static void write_head(FILE *stream, const mnist_chart *chart, const axis *x, const axis *y)
{
    const bool named = chart->count <= MNIST_CHART_NAMED;
    fputs("<figure class=\"chart\"><figcaption><h3>", stream);
    mnist_html_text(stream, chart->title);
    fputs("</h3>\n", stream);
    if (named)
        write_legend(stream, chart);
    else
        fputs("<p class=\"legend\"><i class=\"bow\"></i>", stream), mnist_html_text(stream, chart->note),
            fputs("</p>\n", stream);
    fprintf(stream, "</figcaption><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    mnist_html_text(stream, chart->title);
    /* what the script needs to read a value off a line */
    fprintf(stream,
            " over epochs\" data-box=\"%d %d %d %d\" data-x=\"%.9g %.9g\" data-y=\"%.9g %.9g\" data-unit=\"%s\" "
            "data-decimals=\"%d\" data-many=\"%d\" data-at=\"",
            LEFT, RIGHT, TOP, BOTTOM, x->low, x->high, y->low, y->high, chart->unit, chart->decimals, !named);
    for (size_t i = 0; i < chart->points; i++)
        fprintf(stream, "%s%.0f", i > 0 ? " " : "", value_at(chart, i, 0));
    fputs("\">\n", stream);
}

void mnist_chart_write(FILE *stream, const mnist_chart *chart)
{
    const axis x = x_axis(chart), y = y_axis(chart);
    write_head(stream, chart, &x, &y);
    write_y(stream, &y, chart->unit);
    write_x(stream, &x);
    fprintf(stream, "<g class=\"lines%s\">\n", chart->count <= MNIST_CHART_NAMED ? "" : " many");
    for (size_t k = 0; k < chart->count; k++)
        write_line(stream, chart, &x, &y, k);
    fputs("</g>\n<g class=\"dots\">\n", stream);
    for (size_t k = 0; k < chart->count && chart->count <= MNIST_CHART_NAMED && chart->points <= MOST_DOTS; k++)
        write_dots(stream, chart, &x, &y, k);
    fputs("</g></svg></figure>\n", stream);
}
