/* What the runs of one activation in one scenario have in common. */
#ifndef DYING_RELU_SUMMARY_H
#define DYING_RELU_SUMMARY_H

#include "dying_relu_runs.h"

/* Over the finished runs; shares in [0, 1], accuracies in per cent. */
typedef struct summary {
    size_t runs; /* 0: nothing below means anything */
    size_t failed;
    double accuracy, deviation; /* of the final test accuracy; deviation NAN for one run */
    double dead, silent;        /* mean share of units, at the runs' last epochs */

    /* final test accuracy minus RELU's from the same seed */
    size_t pairs;
    double difference, half_width; /* 95 % confidence; NAN for one pair */

    bool thresholds;                                                      /* the rest means something */
    double threshold_start, threshold_min, threshold_mean, threshold_max; /* the last three over all units and runs */
} summary;

summary summarize(const experiment *experiment, int scenario, int activation);

/* The finished run, or NULL. */
const run *experiment_find(const experiment *experiment, int scenario, int activation, int seed);

/* What the run's network looked like at that epoch; of a run that broke off, at its last one. */
const run_epoch *run_at(const run *run, int epoch);

#endif
