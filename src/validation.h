/* Which epoch was the best by a validation set, and what its weights were. */
#ifndef HINGE_VALIDATION_H
#define HINGE_VALIDATION_H

#include "src/network.h"

typedef struct validation {
    int best_epoch; /* 0: none yet */
    hg_evaluation best;
    int epochs_since; /* it, none of them better */
    hg_real *values;  /* [network->total] of the best epoch; NULL: not kept */
} validation;

hg_status validation_check(const hg_train_options *options, hg_error *error);
hg_status validation_create(validation *validation, const hg_network *network, bool keep_best, hg_error *error);
void validation_destroy(validation *validation);

/* An epoch's evaluation, with the weights that the network holds. */
void validation_epoch(validation *validation, const hg_network *network, int epoch, const hg_evaluation *evaluation);
/* The best weights, if they were kept, back into the network. */
void validation_restore(const validation *validation, hg_network *network);

#endif
