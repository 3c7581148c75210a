/* What a run shows of itself: a live line while an epoch trains, a finished line
 * for each epoch under one heading, and a summary. */
#ifndef MNIST_PROGRESS_H
#define MNIST_PROGRESS_H

#include "mnist_options.h"

typedef struct mnist_progress {
    FILE *stream;
    const hg_network *network;
    const mnist_options *options;
    bool live; /* the stream is a terminal that can redraw a line */
    bool colour;
    bool utf8;
    bool thresholds;             /* there is a column for them */
    double began, drawn;         /* on the monotonic clock, seconds */
    double loss_sum;             /* over this epoch's samples so far */
    size_t loss_samples;         /* in it */
    int epochs_done, best_epoch; /* best_epoch: of best_accuracy */
    int kept_epoch;              /* whose weights the network will hold */
    double accuracy, best_accuracy;
    double kept_validation;              /* accuracy */
    double train_seconds, train_samples; /* of all epochs */
    bool stepped;                        /* steps_before is known */
    uint64_t steps_before;               /* this run: of the training that it goes on with */
    bool measured;                       /* after the training: accuracy is the network's */
} mnist_progress;

/* Options and network stay the caller's and outlive the progress. Prints the heading. */
void mnist_progress_begin(mnist_progress *progress, FILE *stream, const mnist_options *options,
                          const hg_network *network);
void mnist_progress_step(mnist_progress *progress, const hg_step_report *report);
void mnist_progress_epoch(mnist_progress *progress, const hg_epoch_report *report);

/* What the network does that no epoch of this run has told of. */
void mnist_progress_measured(mnist_progress *progress, const hg_evaluation *test);

/* The summary; `synthetic`: of the data. */
void mnist_progress_end(const mnist_progress *progress, bool synthetic);

/* Ends a live line, so that a message does not stand in it. */
void mnist_progress_abandon(const mnist_progress *progress);

#endif
