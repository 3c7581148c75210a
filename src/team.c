/* See team.h. */
#include <string.h>

#include "src/failure.h"
#include "src/load.h"
#include "src/team.h"

enum { MOST_THREADS = 1024 };

hg_status hg_network_set_threads(hg_network *network, int threads, hg_error *error)
{
    if (threads < 0 || threads > MOST_THREADS)
        return hg_fail(error, HG_BAD_ARGUMENT, "%d threads: give 1 to %d, or 0 for all cores", threads, MOST_THREADS);
    network->threads = threads ? threads : pool_processors();
    return HG_OK;
}

int hg_network_threads(const hg_network *network)
{
    return network->threads;
}

void team_destroy(team *team)
{
    if (!team)
        return;
    for (int t = 0; t < team->threads; t++)
        shard_destroy(&team->shards[t]);
    hg_release(team->shards);
    hg_release(team);
}

hg_status team_pool(hg_network *network, pool **found, hg_error *error)
{
    if (!network->pool || network->pool_threads != network->threads) {
        for (int kind = 0; kind < PLAN_KINDS; kind++) {
            team_destroy(network->teams[kind]);
            network->teams[kind] = NULL;
        }
        pool_destroy(network->pool);
        network->pool = pool_create(network->threads);
        network->pool_threads = network->threads;
    }
    if (!network->pool)
        return hg_fail(error, HG_NO_MEMORY, "no memory for %d threads", network->threads);
    *found = network->pool;
    return HG_OK;
}

hg_status team_get(hg_network *network, plan_kind kind, team **found, hg_error *error)
{
    pool *pool;
    const hg_status pooled = team_pool(network, &pool, error);
    if (pooled)
        return pooled;
    if (network->teams[kind]) {
        *found = network->teams[kind];
        return HG_OK;
    }
    team *team = hg_allocate(1, sizeof *team);
    shard *shards = hg_allocate((size_t)network->threads, sizeof *shards);
    if (!team || !shards) {
        hg_release(team);
        hg_release(shards);
        return hg_fail(error, HG_NO_MEMORY, "no memory for %d threads", network->threads);
    }
    *team = (struct team){ .pool = pool, .shards = shards };
    for (; team->threads < network->threads; team->threads++) {
        const hg_status status = shard_create(&shards[team->threads], network, kind, kind != PLAN_INSPECT, error);
        if (status) {
            team_destroy(team);
            return status;
        }
    }
    *found = network->teams[kind] = team;
    return HG_OK;
}

hg_status team_reserve(team *team, size_t numbers, hg_error *error)
{
    hg_status status = HG_OK;
    for (int t = 0; t < team->threads && !status; t++)
        status = shard_reserve(&team->shards[t], numbers, error);
    return status;
}

void team_forget_active(const hg_network *network, team *team)
{
    for (int t = 0; t < team->threads; t++)
        memset(team->shards[t].active, 0, network->unit_count);
}

void team_collect_active(const hg_network *network, team *team, unsigned char *active)
{
    for (int t = 0; t < team->threads; t++)
        for (size_t u = 0; u < network->unit_count; u++)
            active[u] |= team->shards[t].active[u];
    team_forget_active(network, team);
}

/* What the threads of team_over_samples share. */
typedef struct pass_over {
    const hg_network *network;
    team *team;
    const hg_dataset *dataset;
    size_t first, count;
    team_job job;
    first_failure failure;
} pass_over;

static void run_shard(size_t number, int worker, void *context)
{
    pass_over *over = context;
    shard *shard = &over->team->shards[worker];
    const size_t begin = over->first + number * HG_LANES, left = over->first + over->count - begin;
    hg_error local = { .status = HG_OK };
    shard->training = false;
    if (load_shard(over->dataset, NULL, NULL, begin, left < HG_LANES ? left : HG_LANES, shard, &local))
        first_failure_note(&over->failure, number, &local);
    else
        over->job.run(over->network, shard, number, over->job.context);
}

hg_status team_over_samples(const hg_network *network, team *team, const hg_dataset *dataset, size_t first,
                            size_t count, team_job job, hg_error *error)
{
    pass_over over = { network, team, dataset, first, count, job, first_failure_none() };
    pool_run(team->pool, (count + HG_LANES - 1) / HG_LANES, run_shard, &over);
    return first_failure_status(&over.failure, error);
}
