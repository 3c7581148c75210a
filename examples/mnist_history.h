/* What the epochs of a run were like: a table that stays small however many there are. */
#ifndef MNIST_HISTORY_H
#define MNIST_HISTORY_H

#include <hinge/hinge.h>

/* The columns of every network. Behind them: the share of dead units of each activation layer,
 * then every threshold, in the layers' order. */
enum {
    MNIST_EPOCH,
    MNIST_TRAIN_LOSS,
    MNIST_TEST_LOSS,
    MNIST_VALIDATION_LOSS,
    MNIST_TRAIN_ACCURACY, /* this and all shares: in per cent */
    MNIST_TEST_ACCURACY,
    MNIST_VALIDATION_ACCURACY,
    MNIST_SECONDS,
    MNIST_RATE, /* images a second */
    MNIST_COLUMNS
};

typedef struct mnist_history {
    double *values; /* [rows][columns]; NAN: not known */
    size_t rows, columns;
    size_t seen, stride;   /* rows given; of these every stride-th is kept, and the last one */
    size_t threshold_from; /* their first column */
} mnist_history;

/* The first row are the thresholds as they are, of the epoch before the first, if `start` is known. */
hg_status mnist_history_begin(mnist_history *history, hg_network *network, bool start, hg_error *error);
void mnist_history_epoch(mnist_history *history, hg_network *network, const hg_epoch_report *report);
void mnist_history_end(mnist_history *history);

/* The parameter "LAYER.threshold"; false if the layer has none. */
bool mnist_history_threshold(hg_network *network, const char *layer, hg_parameter *parameter);

#endif
