/* The page of a training (--report): written before the first epoch, after each one and in the end, so
 * that a browser's tab follows it. */
#ifndef MNIST_REPORT_H
#define MNIST_REPORT_H

#include "mnist_data.h"
#include "mnist_guesses.h"
#include "mnist_history.h"

typedef struct mnist_report {
    const mnist_options *options; /* its .report is NULL: nothing is written */
    char *const *argv;
    hg_network *network;
    const mnist_data *data;
    mnist_history history;
    mnist_guesses guesses; /* of the network as it was at the last look */
    char began[32];        /* the time of day, for people */
    double clock;          /* monotonic, at the last page: seconds */
    double refresh;        /* seconds until the page looks for a newer one; 0: never */
    const char *ending;    /* how the training ended; NULL: it goes on */
    bool failed;           /* the ending is no good one */
    int epoch, best_epoch; /* last, and best by the validation set */
    double train_seconds, train_samples;
    size_t layer_count;
    const hg_activation_report *layers; /* the network's */
} mnist_report;

/* Everything stays the caller's and outlives the report. Writes the first page: HG_IO if it cannot. */
hg_status mnist_report_begin(mnist_report *report, const mnist_options *options, char *const argv[],
                             hg_network *network, const mnist_data *data, hg_error *error);

/* Looks at the test images and writes the page anew. */
hg_status mnist_report_epoch(mnist_report *report, const hg_epoch_report *epoch, hg_error *error);

/* The last page, which does not look for a newer one; `ending` is a clause. Releases everything. To be
 * called after a report that has begun. */
hg_status mnist_report_end(mnist_report *report, const char *ending, bool failed, hg_error *error);

#endif
