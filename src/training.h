/* A training under way: what train.c runs and checkpoint.c keeps. */
#ifndef HINGE_TRAINING_H
#define HINGE_TRAINING_H

#include "src/average.h"
#include "src/batch.h"
#include "src/checkpoint.h"
#include "src/validation.h"

/* Where training goes on, and the sums over what of that epoch is done. */
typedef struct position {
    int epoch;       /* from 1 */
    size_t step;     /* within it, from 0 */
    double loss_sum; /* over samples */
    size_t correct;  /* samples */
    double seconds;
} position;

struct training {
    hg_network *network;
    const hg_dataset *dataset;
    hg_train_options options; /* with the defaults filled in */
    augmenter augmenter;
    batch batch;
    uint32_t *order; /* of the samples in this epoch */
    position position;
    unsigned char *active; /* [unit_count]: units seen active in this epoch */
    average average;
    validation validation;
    checkpoint checkpoint;
};

/* Checks the options and fills in their defaults. */
hg_status training_check(training *t, hg_error *error);
hg_status training_create(training *t, hg_error *error);
void training_destroy(training *t); /* also one that could not be created */

size_t training_epoch_steps(const training *t);
uint64_t training_steps(const training *t); /* done since training began */

/* How long the training is, in epochs: what schedules span. */
double training_length(const training *t);

#endif
