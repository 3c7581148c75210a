/* The runs of the experiment: every activation through every scenario from every seed. */
#ifndef DYING_RELU_RUNS_H
#define DYING_RELU_RUNS_H

#include "dying_relu_cases.h"

/* The network at the end of an epoch; sums over its activation layers. */
typedef struct run_epoch {
    double train_loss, train_accuracy; /* NAN at epoch 0 */
    double zero_share;                 /* of the activations, each layer weighing by its units */
    size_t units, dead, silent, new_dead, revived;
    size_t thresholds; /* numbers; 0: the activation has none */
    double threshold_min, threshold_mean, threshold_max;
} run_epoch;

typedef enum run_state {
    RUN_MISSING,   /* not finished before the experiment was stopped */
    RUN_WHOLE,     /* went through all epochs */
    RUN_NOT_FINITE /* a loss or gradient was not finite: the last epoch is what was left by then */
} run_state;

typedef struct run {
    int scenario, activation;
    uint64_t seed;
    run_state state;
    int last_epoch;
    run_epoch *epochs;               /* [last_epoch + 1], from epoch 0: before the first step */
    double test_loss, test_accuracy; /* after the last epoch */
} run;

typedef struct experiment {
    const hg_dataset *training, *test;
    int seeds, epochs;
    bool wanted[ACTIVATIONS];
    size_t count; /* of runs, a seed's all together, so that stopping leaves whole seeds */
    size_t finished;
    run *runs;
    run_epoch *memory;
} experiment;

/* Makes the list of runs, all missing; release with experiment_destroy. only: an
 * activation to compare with RELU, or -1 for all. */
hg_status experiment_create(experiment *experiment, int seeds, int epochs, int only, hg_error *error);
void experiment_destroy(experiment *experiment);

/* Does the runs, `threads` at a time (0: all cores), each on one thread, so that the
 * results do not depend on threads. on_run is called between two runs, by one thread
 * at a time. On failure, HG_STOPPED after experiment_stop, what is finished is there. */
hg_status experiment_perform(experiment *experiment, int threads, void (*on_run)(size_t done, size_t count),
                             hg_error *error);

/* Ends the runs that are under way, which are then missing. May be called by a signal handler. */
void experiment_stop(void);

/* No better than guessing: below twice the share of one class in ten; or not finite. */
bool run_failed(const run *run);

#endif
