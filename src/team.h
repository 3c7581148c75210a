/* The threads of a network, and one shard's memory for each of them. */
#ifndef HINGE_TEAM_H
#define HINGE_TEAM_H

#include "src/pool.h"
#include "src/shard.h"

typedef struct team {
    int threads;
    pool *pool;    /* the network's */
    shard *shards; /* [threads] */
} team;

/* The network's threads, as many as it now has. */
hg_status team_pool(hg_network *network, pool **pool, hg_error *error);

/* The network's team for a plan. */
hg_status team_get(hg_network *network, plan_kind kind, team **team, hg_error *error);
void team_destroy(team *team); /* NULL is fine */

/* shard_reserve for each thread. */
hg_status team_reserve(team *team, size_t numbers, hg_error *error);

/* Units seen active since the last time: adds those of all threads to active,
 * [network->unit_count], or forgets them. */
void team_collect_active(const hg_network *network, team *team, unsigned char *active);
void team_forget_active(const hg_network *network, team *team);

/* Does job(shard, first, count) for samples first .. first + count - 1, in shards of
 * HG_LANES, on all threads; the shard is loaded and labelled. Stops at a sample that
 * cannot be read. job is told the number of the shard within this call. */
typedef struct team_job {
    void (*run)(const hg_network *network, shard *shard, size_t number, void *context);
    void *context;
} team_job;
hg_status team_over_samples(const hg_network *network, team *team, const hg_dataset *dataset, size_t first,
                            size_t count, team_job job, hg_error *error);

#endif
