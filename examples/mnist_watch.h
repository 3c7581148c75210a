/* What a run looks out for after each epoch: dead units, and signs that it does not learn. */
#ifndef MNIST_WATCH_H
#define MNIST_WATCH_H

#include "mnist_options.h"

typedef enum mnist_on_dead { MNIST_WARN, MNIST_REVIVE, MNIST_STOP } mnist_on_dead;
extern const char *const mnist_on_dead_words[]; /* in that order, NULL at the end */

typedef struct mnist_watch {
    FILE *stream;        /* where it speaks */
    const char *program; /* as whom */
    hg_network *network;
    const mnist_options *options;
    hg_epoch_report epochs[2]; /* the last two */
    size_t epoch_count;        /* of them */
    unsigned said;             /* symptoms, as bits: each is spoken of once */
} mnist_watch;

/* "dead", or the library's words for units of layers that let a part of the gradient through. */
const char *mnist_watch_dead_word(const mnist_options *options);

/* Name, options and network stay the caller's and outlive the watch. */
void mnist_watch_begin(mnist_watch *watch, FILE *stream, const char *program, hg_network *network,
                       const mnist_options *options);

/* Speaks of what the epoch shows, and does what --on-dead says. Whether to go on. */
bool mnist_watch_epoch(mnist_watch *watch, const hg_epoch_report *report);

/* HG_NOT_FINITE of the training, with what usually helps. */
hg_status mnist_watch_burst(const mnist_watch *watch, const hg_error *why, hg_error *error);

#endif
