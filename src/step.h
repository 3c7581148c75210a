/* The optimizer's step over a chunk of parameters. */
#ifndef HINGE_STEP_H
#define HINGE_STEP_H

#include "src/slots.h"

hg_status step_check(hg_optimizer optimizer, hg_error *error);

/* Checks the optimizer and makes the network's state fit for it: zeroed when
 * `fresh` or when the state was another optimizer's. */
hg_status step_prepare(hg_network *network, hg_optimizer optimizer, bool fresh, hg_error *error);

/* One step along network->gradients, with rate_factor times the optimizer's learning rate,
 * and back into the parameter's bounds. network->optimizer_steps has been counted up before. */
void step_chunk(hg_network *network, hg_optimizer optimizer, double rate_factor, const chunk *chunk);

#endif
