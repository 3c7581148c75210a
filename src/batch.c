/* See batch.h. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "src/batch.h"
#include "src/blame.h"
#include "src/failure.h"
#include "src/load.h"
#include "src/step.h"

enum { ROUND_SHARDS = 64 /* of all leaves, at least MOST_LEAVES: 1024 samples */ };

/* The network's team may be a new one at each step, if the number of threads has changed. */
static hg_status find_team(batch *batch, hg_error *error)
{
    const hg_status status = team_get(batch->network, PLAN_FAST, &batch->team, error);
    return status || !batch->augmenter ? status : team_reserve(batch->team, batch->augmenter->scratch, error);
}

hg_status batch_create(batch *batch, hg_network *network, const hg_dataset *dataset, const augmenter *augmenter,
                       const hg_train_options *options, hg_error *error)
{
    const size_t size = (size_t)options->batch;
    *batch = (struct batch){ .network = network,
                             .dataset = dataset,
                             .augmenter = augmenter,
                             .optimizer = options->optimizer,
                             .seed = options->seed };
    hg_status status = find_team(batch, error);
    if (!status)
        status = step_prepare(network, options->optimizer, true, error);
    if (!status)
        status = slots_create(&batch->slots, network->early, size < dataset->count ? size : dataset->count, error);
    if (!status) {
        const slots *slots = &batch->slots;
        const size_t most = ROUND_SHARDS / slots->count;
        batch->round_shards = most < slots->leaf_shards ? most : slots->leaf_shards;
        status =
            late_create(&batch->late, network, network->plans[PLAN_FAST], slots->count * batch->round_shards, error);
    }
    if (!status)
        status = chunks_create(network, &batch->chunks, &batch->chunk_count, error);
    if (!status)
        status = clip_create(&batch->clip, options->clip_norm, batch->chunk_count, error);
    if (!status) {
        batch->loss = hg_allocate(batch->slots.count, sizeof *batch->loss);
        batch->correct = hg_allocate(batch->slots.count, sizeof *batch->correct);
        if (!batch->loss || !batch->correct)
            status = hg_fail(error, HG_NO_MEMORY, "no memory for a batch of %zu samples", size);
    }
    if (status)
        batch_destroy(batch);
    return status;
}

void batch_destroy(batch *batch)
{
    slots_destroy(&batch->slots);
    late_destroy(&batch->late);
    clip_destroy(&batch->clip);
    hg_release(batch->chunks);
    hg_release(batch->loss);
    hg_release(batch->correct);
    *batch = (struct batch){ .network = NULL };
}

/* What a step's threads share. */
typedef struct work {
    batch *batch;
    const uint32_t *index;
    size_t count, leaves;
    size_t round;
    uint32_t epoch;
    double rate_factor;
    atomic_bool infinite;  /* some gradient is not finite */
    first_failure failure; /* a leaf that could not be read */
} work;

/* Of shard r of a leaf in this round; work->count if there is none. */
static size_t first_sample(const work *work, size_t leaf, size_t r)
{
    const batch *batch = work->batch;
    const size_t shard = work->round * batch->round_shards + r;
    const size_t begin = (leaf * batch->slots.leaf_shards + shard) * HG_LANES;
    return shard < batch->slots.leaf_shards && begin < work->count ? begin : work->count;
}

static hg_status run_leaf(const work *work, size_t leaf, shard *shard, hg_error *error)
{
    batch *batch = work->batch;
    const hg_network *network = batch->network;
    hg_real *gradients = slots_at(&batch->slots, leaf);
    if (work->round == 0) {
        memset(gradients, 0, batch->slots.size * sizeof *gradients);
        batch->loss[leaf] = 0;
        batch->correct[leaf] = 0;
    }
    shard->training = true;
    shard->seed = batch->seed;
    shard->epoch = work->epoch;
    shard->gradient_scale = 1 / (double)work->count;
    for (size_t r = 0; r < batch->round_shards; r++) {
        const size_t begin = first_sample(work, leaf, r), left = work->count - begin;
        if (begin >= work->count)
            break;
        const hg_status status = load_shard(batch->dataset, batch->augmenter, work->index + begin, 0,
                                            left < HG_LANES ? left : HG_LANES, shard, error);
        if (status)
            return status;
        shard->kept = late_shard(&batch->late, leaf * batch->round_shards + r);
        shard_forward(network, shard, true);
        batch->correct[leaf] += shard_correct(network, shard); /* backward may use the probabilities' memory */
        shard_backward(network, shard, NULL, false, gradients);
        for (size_t l = 0; l < shard->count; l++)
            batch->loss[leaf] += shard->loss[l];
    }
    return HG_OK;
}

static void leaf_job(size_t leaf, int worker, void *context)
{
    work *work = context;
    hg_error local = { .status = HG_OK };
    if (run_leaf(work, leaf, &work->batch->team->shards[worker], &local))
        first_failure_note(&work->failure, leaf, &local);
}

static void sum_job(size_t number, int worker, void *context)
{
    (void)worker;
    work *work = context;
    batch *batch = work->batch;
    const chunk *chunk = &batch->chunks[number];
    const hg_network *network = batch->network;
    if (network->nodes[chunk->parameter->node].late) {
        if (!simd_current()->kernels->all_finite(network->gradients + chunk->begin, chunk->count))
            atomic_store(&work->infinite, true);
    } else if (!slots_sum(&batch->slots, work->leaves, chunk->begin, chunk->count, network->gradients + chunk->begin))
        atomic_store(&work->infinite, true);
    clip_measure(&batch->clip, network, chunk, number);
}

static void step_job(size_t number, int worker, void *context)
{
    (void)worker;
    const work *work = context;
    const batch *batch = work->batch;
    clip_apply(&batch->clip, batch->network, &batch->chunks[number]);
    step_chunk(batch->network, batch->optimizer, work->rate_factor, &batch->chunks[number]);
}

hg_status batch_step(batch *batch, const uint32_t *index, size_t count, uint32_t epoch, double rate_factor,
                     double *loss_sum, size_t *correct, unsigned char *active, hg_error *error)
{
    hg_status status = find_team(batch, error);
    if (status)
        return status;
    team_forget_active(batch->network, batch->team);
    const size_t leaf_samples = batch->slots.leaf_shards * HG_LANES;
    pool *pool = batch->team->pool;
    work work = { .batch = batch,
                  .index = index,
                  .count = count,
                  .epoch = epoch,
                  .rate_factor = rate_factor,
                  .failure = first_failure_none() };
    work.leaves = (count + leaf_samples - 1) / leaf_samples;
    for (; work.round * batch->round_shards < batch->slots.leaf_shards; work.round++) {
        late_begin(&batch->late);
        pool_run(pool, work.leaves, leaf_job, &work);
        status = first_failure_status(&work.failure, error);
        if (status)
            return status;
        late_run(&batch->late, pool, work.round > 0);
    }
    team_collect_active(batch->network, batch->team, active);
    pool_run(pool, batch->chunk_count, sum_job, &work);
    batch->network->gradient_samples = count;
    double loss = 0;
    for (size_t leaf = 0; leaf < work.leaves; leaf++) {
        loss += batch->loss[leaf];
        *correct += batch->correct[leaf];
    }
    if (!isfinite(loss) || work.infinite)
        return blame_not_finite(batch->network, batch->dataset, batch->augmenter, index, count, batch->seed, epoch,
                                loss, error);
    *loss_sum += loss;
    clip_finish(&batch->clip);
    batch->network->optimizer_steps++;
    pool_run(pool, batch->chunk_count, step_job, &work);
    return HG_OK;
}
