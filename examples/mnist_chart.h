/* Line charts as inline SVG, for a page that has mnist_report_style and mnist_report_script. */
#ifndef MNIST_CHART_H
#define MNIST_CHART_H

#include <stddef.h>
#include <stdio.h>

/* Up to so many lines have a colour and a place in the legend each; more go through the colours in
 * their order, and the script shows the one that is pointed at. */
enum { MNIST_CHART_NAMED = 8 };

typedef struct mnist_series {
    char name[64];
    size_t column; /* of the values */
} mnist_series;

typedef struct mnist_chart {
    const char *title;
    const char *unit;     /* of the values, behind them: " %"; "" for none */
    const char *note;     /* what more than MNIST_CHART_NAMED lines are, under the chart */
    const double *values; /* [points][columns]; column 0 is the epoch; not finite: no point there */
    size_t points, columns;
    const mnist_series *series; /* [count] */
    size_t count;
    int decimals;       /* of a value */
    double low, high;   /* the axis goes at least so far; NAN: as far as the values */
    double least, most; /* no value can lie outside: the axis ends there */
    double span;        /* the axis is no shorter: what changes by less is no news */
} mnist_chart;

void mnist_chart_write(FILE *stream, const mnist_chart *chart);

#endif
