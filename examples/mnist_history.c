/* See mnist_history.h. When the table is full every second row goes, and from then on
 * half as many are kept. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mnist_history.h"

enum { MOST_ROWS = 256, NAME_LENGTH = 256, PER_CENT = 100 };

bool mnist_history_threshold(hg_network *network, const char *layer, hg_parameter *parameter)
{
    char name[NAME_LENGTH];
    const int length = snprintf(name, sizeof name, "%s.threshold", layer);
    return length < NAME_LENGTH && hg_network_find_parameter(network, name, parameter);
}

static double *take_row(mnist_history *history)
{
    /* the last row stands there for being the last, or for good */
    if (history->rows > 0 && (history->seen - 1) % history->stride != 0)
        history->rows--;
    if (history->rows == MOST_ROWS) {
        for (size_t i = 0; 2 * i < MOST_ROWS; i++)
            memmove(history->values + i * history->columns, history->values + 2 * i * history->columns,
                    history->columns * sizeof *history->values);
        history->rows = MOST_ROWS / 2;
        history->stride *= 2;
    }
    history->seen++;
    double *row = history->values + history->rows++ * history->columns;
    for (size_t i = 0; i < history->columns; i++)
        row[i] = NAN;
    return row;
}

static void fill_thresholds(const mnist_history *history, double *row, hg_network *network)
{
    hg_parameter parameter;
    double *next = row + history->threshold_from;
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        if (!mnist_history_threshold(network, hg_network_layer(network, i).name, &parameter))
            continue;
        for (size_t k = 0; k < parameter.count; k++)
            *next++ = (double)parameter.values[k];
    }
}

hg_status mnist_history_begin(mnist_history *history, hg_network *network, bool start, hg_error *error)
{
    hg_parameter parameter;
    const size_t layers = hg_network_layer_count(network);
    *history = (mnist_history){ .threshold_from = MNIST_COLUMNS + layers, .stride = 1 };
    history->columns = history->threshold_from;
    for (size_t i = 0; i < layers; i++)
        if (mnist_history_threshold(network, hg_network_layer(network, i).name, &parameter))
            history->columns += parameter.count;
    history->values = hg_allocate(MOST_ROWS * history->columns, sizeof *history->values);
    if (!history->values)
        return hg_fail(error, HG_NO_MEMORY, "--report: no memory for the history of the epochs");
    if (start) {
        double *row = take_row(history);
        row[MNIST_EPOCH] = 0;
        fill_thresholds(history, row, network);
    }
    return HG_OK;
}

void mnist_history_epoch(mnist_history *history, hg_network *network, const hg_epoch_report *report)
{
    double *row = take_row(history);
    row[MNIST_EPOCH] = report->epoch;
    row[MNIST_TRAIN_LOSS] = report->train_loss;
    row[MNIST_TRAIN_ACCURACY] = PER_CENT * report->train_accuracy;
    row[MNIST_TEST_LOSS] = report->test.loss;
    row[MNIST_TEST_ACCURACY] = PER_CENT * report->test.accuracy;
    if (report->validated) {
        row[MNIST_VALIDATION_LOSS] = report->validation.loss;
        row[MNIST_VALIDATION_ACCURACY] = PER_CENT * report->validation.accuracy;
    }
    row[MNIST_SECONDS] = report->train_seconds;
    row[MNIST_RATE] = report->train_seconds > 0 ? (double)report->samples / report->train_seconds : NAN;
    for (size_t i = 0; i < report->layer_count; i++)
        row[MNIST_COLUMNS + i] = PER_CENT * (double)report->layers[i].dead / (double)report->layers[i].units;
    fill_thresholds(history, row, network);
}

void mnist_history_end(mnist_history *history)
{
    hg_release(history->values);
    history->values = NULL;
}
