/* Checkpoints: all that training carries from step to step, in a model file. Its metadata has
 * besides "hinge.checkpoint", JSON text with the position, the sums of the epoch and the
 * options that a training must share to go on from it; and tensors called
 *
 *     hinge.checkpoint.state_1.conv2d_1.weight     the optimizer's first number of each weight
 *     hinge.checkpoint.average.conv2d_1.weight     src/average.h
 *     hinge.checkpoint.best.conv2d_1.weight        src/validation.h
 *
 * What follows from the position is not in it: the shuffle and all random numbers (which are
 * functions of seed, epoch and sample), and the counts of steps and averages. */
#ifndef HINGE_CHECKPOINT_H
#define HINGE_CHECKPOINT_H

#include "src/json.h"
#include "src/network.h"
#include "src/safetensors.h"

#define CHECKPOINT_KEY "hinge.checkpoint"

typedef struct training training;

typedef struct checkpoint {
    char *agreement;       /* JSON text of the options; NULL without a file to write */
    hg_parameter *tensors; /* beside the network's own, the best weights last; their names are allocated */
    size_t count, best;    /* of tensors, and how many of them are best weights */
    double tried;          /* clock's seconds */
    hg_error failure;      /* of the last one tried; HG_OK if it is there */
} checkpoint;

/* Also whether the file could be made. */
hg_status checkpoint_check(const hg_train_options *options, hg_error *error);
hg_status checkpoint_create(training *t, hg_error *error);
void checkpoint_destroy(checkpoint *checkpoint);

/* Whether its minutes are over. */
bool checkpoint_due(const training *t);

/* Writes it, if there is a file to write, and tells on_checkpoint. */
void checkpoint_save(training *t);

/* Opens the file of .resume and checks that it fits this training, which has not been
 * created yet. Nothing to close after a failure. */
hg_status checkpoint_open(const training *t, safetensors *file, hg_error *error);

/* Puts all of it into the training and its network, the network's parameters last. */
hg_status checkpoint_load(training *t, const safetensors *file, hg_error *error);

/* How many tensors there are beside the network's: none is the best before the first epoch. */
size_t checkpoint_tensors(const training *t);

/* In checkpoint_agreement.c: the options that must agree, as JSON text, to be released with hg_release. */
hg_status checkpoint_agreement(const training *t, char **text, hg_error *error);
/* HG_BAD_ARGUMENT if those of a file differ. */
hg_status checkpoint_agree(const training *t, const safetensors *file, const cJSON *theirs, hg_error *error);

#endif
