/* A small training that counts its steps and notes its checkpoints, at the model file of a test. */
#ifndef TESTS_CHECKPOINT_FIXTURE_H
#define TESTS_CHECKPOINT_FIXTURE_H

#include "model_file.h"
#include "samples.h"

enum { FIXTURE_COUNT = 60, FIXTURE_BATCH = 16, FIXTURE_EPOCHS = 3, FIXTURE_MOST_BYTES = 1 << 16 };

typedef struct checkpoint_fixture {
    samples samples, others;
    hg_network *network;
    hg_train_options options;
    hg_sgd_options sgd;
    size_t steps, failures;
    char file[FIXTURE_MOST_BYTES]; /* the first epoch's checkpoint */
    size_t size;
    hg_error failure;
} checkpoint_fixture;

extern checkpoint_fixture fixture;

void fixture_open(void);
void fixture_close(void);

/* Leaves a checkpoint of the first of three epochs, and the options that would go on with it. */
void fixture_open_with_checkpoint(void);

/* Trains with its options; the error is model_error. */
hg_status fixture_train(void);

/* Training fails with this status and a message that has `part`, takes no step and leaves the network alone. */
void fixture_check_refused(hg_status wanted, const char *part);

#endif
