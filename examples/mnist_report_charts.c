/* Loss, accuracy, dead units and thresholds over the epochs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mnist_chart.h"
#include "mnist_report_page.h"
#include "mnist_watch.h"

enum { LENGTH = 160 };

static mnist_chart chart_of(const mnist_report *report, const char *title, const mnist_series *series, size_t count)
{
    const mnist_history *history = &report->history;
    return (mnist_chart){ .title = title,
                          .unit = "",
                          .values = history->values,
                          .points = history->rows,
                          .columns = history->columns,
                          .series = series,
                          .count = count,
                          .low = NAN,
                          .high = NAN,
                          .least = -INFINITY,
                          .most = INFINITY };
}

static void write_loss(FILE *stream, const mnist_report *report)
{
    static const mnist_series series[] = { { "test", MNIST_TEST_LOSS },
                                           { "training", MNIST_TRAIN_LOSS },
                                           { "validation", MNIST_VALIDATION_LOSS } };
    mnist_chart chart = chart_of(report, "Loss", series, HG_COUNT(series) - !report->data->validation);
    chart.decimals = 4;
    chart.low = chart.least = 0;
    chart.span = 0.01;
    mnist_chart_write(stream, &chart);
}

static void write_accuracy(FILE *stream, const mnist_report *report)
{
    static const mnist_series series[] = { { "test", MNIST_TEST_ACCURACY },
                                           { "training", MNIST_TRAIN_ACCURACY },
                                           { "validation", MNIST_VALIDATION_ACCURACY } };
    mnist_chart chart = chart_of(report, "Accuracy", series, HG_COUNT(series) - !report->data->validation);
    chart.unit = " %";
    chart.decimals = 2;
    chart.least = 0;
    chart.most = 100;
    chart.span = 1;
    mnist_chart_write(stream, &chart);
}

/* Of a layer's lines, from `column` on; NULL without memory or lines. */
static mnist_series *make_series(size_t count, size_t column)
{
    mnist_series *series = count > 0 ? hg_allocate(count, sizeof *series) : NULL;
    for (size_t i = 0; series && i < count; i++)
        series[i].column = column + i;
    return series;
}

static void write_dead(FILE *stream, const mnist_report *report)
{
    char note[LENGTH];
    mnist_series *series = make_series(report->layer_count, MNIST_COLUMNS);
    for (size_t i = 0; series && i < report->layer_count; i++)
        snprintf(series[i].name, sizeof series[i].name, "%s, %zu units", report->layers[i].layer,
                 report->layers[i].units);
    snprintf(note, sizeof note, "%zu layers, from the first to the last", report->layer_count);
    if (series) {
        const bool dead = strcmp(mnist_watch_dead_word(report->options), "dead") == 0;
        mnist_chart chart =
            chart_of(report, dead ? "Dead units" : "Dead units (never positive)", series, report->layer_count);
        chart.unit = " %";
        chart.note = note;
        chart.decimals = 1;
        chart.low = chart.least = 0;
        chart.high = 10;
        chart.most = 100;
        mnist_chart_write(stream, &chart);
    }
    hg_release(series);
}

static void write_thresholds_of(FILE *stream, const mnist_report *report, hg_layer_info layer, size_t count,
                                size_t column)
{
    char title[LENGTH], note[LENGTH];
    const char *unit = layer.output.height * layer.output.width > 1 ? "channel" : "unit";
    mnist_series *series = make_series(count, column);
    for (size_t i = 0; series && i < count; i++) {
        if (count > 1)
            snprintf(series[i].name, sizeof series[i].name, "%s %zu", unit, i + 1);
        else
            snprintf(series[i].name, sizeof series[i].name, "\u03b8");
    }
    snprintf(title, sizeof title, "Thresholds \u03b8 of %s", layer.name);
    snprintf(note, sizeof note, "%zu %ss, from the first to the last", count, unit);
    if (series) {
        mnist_chart chart = chart_of(report, title, series, count);
        chart.note = note;
        chart.decimals = 4;
        chart.span = 0.01;
        mnist_chart_write(stream, &chart);
    }
    hg_release(series);
}

static void write_thresholds(FILE *stream, const mnist_report *report)
{
    hg_parameter parameter;
    size_t column = report->history.threshold_from;
    for (size_t i = 0; i < hg_network_layer_count(report->network); i++) {
        const hg_layer_info layer = hg_network_layer(report->network, i);
        if (!mnist_history_threshold(report->network, layer.name, &parameter))
            continue;
        write_thresholds_of(stream, report, layer, parameter.count, column);
        column += parameter.count;
    }
}

void mnist_report_charts(FILE *stream, const mnist_report *report)
{
    fputs("<section><h2>Over the epochs</h2>\n", stream);
    if (report->history.stride > 1)
        fprintf(stream, "<p>Drawn is one epoch in %zu, and the last.</p>\n", report->history.stride);
    fputs("<div class=\"charts\">\n", stream);
    write_loss(stream, report);
    write_accuracy(stream, report);
    write_dead(stream, report);
    write_thresholds(stream, report);
    fputs("</div></section>\n", stream);
}
