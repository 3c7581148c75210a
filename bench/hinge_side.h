/* The hinge side: a network and random images in memory. */
#ifndef BENCH_HINGE_SIDE_H
#define BENCH_HINGE_SIDE_H

#include "networks.h"

typedef struct hinge_side hinge_side;

/* NULL with *error filled in. Release with hinge_side_close. */
hinge_side *hinge_side_open(const bench_work *work, hg_error *error);
void hinge_side_close(hinge_side *side); /* NULL is fine */

/* How training images are changed from now on; at first not at all. */
void hinge_side_augment(hinge_side *side, const hg_augmentation *augmentation);

/* Samples a second over about so many seconds; 0 with *error filled in. */
double hinge_side_rate(hinge_side *side, double seconds, hg_error *error);

/* Trains so many steps, with a rate at which the parameters really move. */
hg_status hinge_side_train(hinge_side *side, int steps, hg_error *error);
hg_network *hinge_side_network(hinge_side *side);

#endif
