/* The log of a run: a file with one JSON object a line. */
#ifndef MNIST_LOG_H
#define MNIST_LOG_H

#include <stdio.h>

#include <hinge/hinge.h>

typedef struct mnist_log {
    const char *path;
    FILE *stream; /* NULL: nothing is logged */
} mnist_log;

/* Begins the file anew; with a NULL path nothing will be logged. */
hg_status mnist_log_open(mnist_log *log, const char *path, bool append, hg_error *error);

/* Writes an epoch's line and flushes it. After a failure nothing more is logged. */
hg_status mnist_log_epoch(mnist_log *log, const hg_epoch_report *report, hg_error *error);

/* Safe to call twice. */
hg_status mnist_log_close(mnist_log *log, hg_error *error);

#endif
