/* Averages of the weights over steps or epochs: see hg_average in include/hinge/train.h. */
#ifndef HINGE_AVERAGE_H
#define HINGE_AVERAGE_H

#include "src/network.h"
#include "src/pool.h"

typedef struct average {
    hg_average options; /* with the defaults filled in */
    hg_real *values;    /* [network->total]; NULL without an average */
    uint64_t taken;     /* ema: steps, swa: epochs in it */
    bool exchanged;     /* the network holds the average, and `values` the weights */
} average;

/* Fills in the defaults. */
hg_status average_check(hg_average *options, int epochs, hg_error *error);
hg_status average_create(average *average, const hg_network *network, hg_average options, hg_error *error);
void average_destroy(average *average);

void average_begin(average *average, const hg_network *network);
/* Its values are from a checkpoint after so many steps and epochs. */
void average_resume(average *average, uint64_t steps, int epochs);
void average_step(average *average, const hg_network *network, pool *pool);
void average_epoch(average *average, const hg_network *network, int epoch);

/* The network's parameters become the average, if there is one yet, and back. */
void average_show(average *average, hg_network *network);
void average_hide(average *average, hg_network *network);

#endif
