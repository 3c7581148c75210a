/* The networks that are measured. */
#ifndef BENCH_NETWORKS_H
#define BENCH_NETWORKS_H

#include <hinge/hinge.h>

#include "work.h"

/* Release with hg_network_destroy. */
hg_network *networks_create(const bench_work *work, hg_error *error);

/* Floating point operations for one sample, dense: forward, and for training the
 * weights' gradients and the inputs' except the first layer's. */
double networks_flops(const bench_work *work);

#endif
