/* Late nodes: layers whose parameters get their gradients after all shards of a batch
 * have been through.
 *
 * A slot of its own for each leaf costs more than the arithmetic where there are many
 * weights to few samples. Instead every shard keeps such a layer's input and output
 * gradient, and the layer's backward_batch then computes each weight's gradient over
 * all of them, once, in the order of the samples: the same bits for any number of
 * threads. A large batch goes through in rounds, so that what is kept stays bounded. */
#ifndef HINGE_LATE_H
#define HINGE_LATE_H

#include "src/network.h"
#include "src/pool.h"

/* Whether a layer of this setup is better late: the one rule. */
bool late_is_better(const hg_layer_type *type, const hg_layer_setup *setup);

size_t late_kept_size(const plan_op *op); /* bytes */
void late_keep(const plan_op *op, const hg_real *input, const hg_real *output_gradient, char *kept);

typedef struct late {
    const hg_network *network;
    const plan *plan;
    size_t shards; /* of a round, at most */
    size_t parts;  /* of all late nodes */
    char *kept;    /* [shards][plan->kept_size] */
    /* of the round that runs */
    bool *has; /* [shards] */
    size_t present;
    const hg_real **input, **output_gradient; /* [plan->count][shards] */
    bool add;
} late;

/* Room for rounds of `shards` shards; nothing if the network has no late nodes. */
hg_status late_create(late *late, const hg_network *network, const plan *plan, size_t shards, hg_error *error);
void late_destroy(late *late);

/* A round: begins, is given its shards, by any thread and in any order, and runs.
 * late_shard says where to keep; NULL if there are no late nodes. late_run computes
 * the gradients of all late nodes' parameters over these shards, in their order, and
 * adds them to those that are there or overwrites them. */
void late_begin(late *late);
char *late_shard(late *late, size_t shard);
void late_run(late *late, pool *pool, bool add);

#endif
