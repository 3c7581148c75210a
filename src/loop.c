/* Forward, backward and step one by one, for a training loop of one's own: every
 * shard of the batch keeps its memory in between. */
#include <string.h>

#include "src/clip.h"
#include "src/late.h"
#include "src/loop.h"
#include "src/shard.h"
#include "src/slots.h"
#include "src/step.h"
#include "src/team.h"

struct loop {
    size_t capacity, count; /* shards: made, in use by the last forward */
    shard *shards;
    size_t samples;
    bool forwarded; /* and no backward since: that one overwrites what it needs */
    pool *pool;     /* the network's */
    slots slots;
    late late;
    chunk *chunks;
    size_t chunk_count;
    hg_real *sum; /* [early]: this backward's gradients */
};

void loop_destroy(loop *loop)
{
    if (!loop)
        return;
    for (size_t s = 0; s < loop->capacity; s++)
        shard_destroy(&loop->shards[s]);
    hg_release(loop->shards);
    slots_destroy(&loop->slots);
    late_destroy(&loop->late);
    hg_release(loop->chunks);
    hg_release(loop->sum);
    hg_release(loop);
}

static hg_status make(hg_network *network, size_t samples, loop *loop, hg_error *error)
{
    const size_t shards = (samples + HG_LANES - 1) / HG_LANES;
    loop->shards = hg_allocate(shards, sizeof *loop->shards);
    loop->sum = hg_allocate(network->early, sizeof *loop->sum);
    if (!loop->shards || !loop->sum)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a batch of %zu samples", samples);
    hg_status status = slots_create(&loop->slots, network->early, samples, error);
    if (!status)
        status = late_create(&loop->late, network, network->plans[PLAN_FAST], shards, error);
    if (!status)
        status = chunks_create(network, &loop->chunks, &loop->chunk_count, error);
    for (; loop->capacity < shards && !status; loop->capacity++) {
        status = shard_create(&loop->shards[loop->capacity], network, PLAN_FAST, true, error);
        if (status)
            break;
    }
    return status;
}

/* The network's loop, with room for exactly this batch: its leaves depend on it. */
static hg_status fit(hg_network *network, size_t samples, hg_error *error)
{
    pool *pool;
    const hg_status pooled = team_pool(network, &pool, error);
    if (pooled)
        return pooled;
    if (network->loop && network->loop->samples == samples && network->loop->pool == pool)
        return HG_OK;
    loop_destroy(network->loop);
    network->loop = NULL;
    loop *loop = hg_allocate(1, sizeof *loop);
    const hg_status status = loop ? make(network, samples, loop, error)
                                  : hg_fail(error, HG_NO_MEMORY, "no memory for a batch of %zu samples", samples);
    if (status) {
        loop_destroy(loop);
        return status;
    }
    loop->samples = samples;
    loop->pool = pool;
    network->loop = loop;
    return HG_OK;
}

/* rows [count][units] into lanes [units][HG_LANES], and back */
static void rows_to_lanes(const hg_real *rows, size_t count, size_t units, hg_real *lanes)
{
    memset(lanes, 0, units * HG_LANES * sizeof *lanes);
    for (size_t l = 0; l < count; l++)
        for (size_t u = 0; u < units; u++)
            lanes[u * HG_LANES + l] = rows[l * units + u];
}

static void lanes_to_rows(const hg_real *lanes, size_t count, size_t units, hg_real *rows)
{
    for (size_t l = 0; l < count; l++)
        for (size_t u = 0; u < units; u++)
            rows[l * units + u] = lanes[u * HG_LANES + l];
}

/* What the threads of a forward or backward share. Backward starts from labels, or
 * from gradients of the outputs. */
typedef struct run {
    hg_network *network;
    const hg_real *inputs;
    hg_real *outputs;
    const int *labels;
    const hg_real *output_gradients;
    hg_real *input_gradients; /* or NULL */
    hg_real *lanes;           /* [leaves][classes][HG_LANES] */
} run;

static void forward_job(size_t s, int worker, void *context)
{
    (void)worker;
    const run *run = context;
    const hg_network *network = run->network;
    const size_t pixels = shape_units(hg_network_input_shape(network)), classes = (size_t)hg_network_classes(network);
    shard *shard = &network->loop->shards[s];
    const size_t first = s * HG_LANES, left = network->loop->samples - first;
    shard->count = left < HG_LANES ? left : HG_LANES;
    shard->training = true;
    shard->seed = network->seed;
    shard->epoch = network->forwards;
    for (size_t l = 0; l < shard->count; l++)
        shard->sample[l] = (uint32_t)(first + l);
    rows_to_lanes(run->inputs + first * pixels, shard->count, pixels, shard_images(shard));
    shard_forward(network, shard, false);
    lanes_to_rows(shard_result(shard), shard->count, classes, run->outputs + first * classes);
}

hg_status hg_network_forward(hg_network *network, const hg_real *inputs, size_t count, hg_real *outputs,
                             hg_error *error)
{
    if (count == 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "forward of 0 samples: give at least 1");
    const hg_status status = fit(network, count, error);
    if (status)
        return status;
    loop *loop = network->loop;
    loop->count = (count + HG_LANES - 1) / HG_LANES;
    network->forwards++;
    run run = { .network = network, .inputs = inputs, .outputs = outputs };
    pool_run(loop->pool, loop->count, forward_job, &run);
    loop->forwarded = true;
    return HG_OK;
}

static void backward_shard(const run *run, size_t s, size_t leaf, hg_real *gradients)
{
    const hg_network *network = run->network;
    shard *shard = &network->loop->shards[s];
    const size_t pixels = shape_units(hg_network_input_shape(network)), classes = (size_t)hg_network_classes(network);
    const size_t first = s * HG_LANES;
    hg_real *result_gradient = NULL;
    if (run->labels) {
        memcpy(shard->label, run->labels + first, shard->count * sizeof *shard->label);
        shard->gradient_scale = 1 / (double)network->loop->samples;
        shard_loss(network, shard);
    } else {
        result_gradient = run->lanes + leaf * classes * HG_LANES;
        rows_to_lanes(run->output_gradients + first * classes, shard->count, classes, result_gradient);
    }
    shard->kept = late_shard(&network->loop->late, s);
    shard_backward(network, shard, result_gradient, run->input_gradients != NULL, gradients);
    if (run->input_gradients)
        lanes_to_rows(shard_image_gradient(shard), shard->count, pixels, run->input_gradients + first * pixels);
}

static void backward_job(size_t leaf, int worker, void *context)
{
    (void)worker;
    const run *run = context;
    const loop *loop = run->network->loop;
    const size_t leaf_shards = loop->slots.leaf_shards;
    hg_real *gradients = slots_at(&loop->slots, leaf);
    memset(gradients, 0, loop->slots.size * sizeof *gradients);
    for (size_t s = leaf * leaf_shards; s < (leaf + 1) * leaf_shards && s < loop->count; s++)
        backward_shard(run, s, leaf, gradients);
}

static void sum_job(size_t number, int worker, void *context)
{
    (void)worker;
    const run *run = context;
    const loop *loop = run->network->loop;
    const chunk *chunk = &loop->chunks[number];
    if (run->network->nodes[chunk->parameter->node].late)
        return;
    slots_sum(&loop->slots, loop->slots.count, chunk->begin, chunk->count, loop->sum + chunk->begin);
    simd_current()->kernels->add(run->network->gradients + chunk->begin, loop->sum + chunk->begin, chunk->count);
}

static hg_status backward(run run, hg_error *error)
{
    loop *loop = run.network->loop;
    if (!loop || !loop->forwarded)
        return hg_fail(error, HG_BAD_ARGUMENT, "backward without a forward before it");
    const size_t classes = (size_t)hg_network_classes(run.network);
    const hg_status pooled = team_pool(run.network, &loop->pool, error);
    if (pooled)
        return pooled;
    run.lanes = hg_allocate(loop->slots.count, classes * HG_LANES * sizeof *run.lanes);
    if (!run.lanes)
        return hg_fail(error, HG_NO_MEMORY, "no memory for the gradients of %zu classes", classes);
    late_begin(&loop->late);
    pool_run(loop->pool, loop->slots.count, backward_job, &run);
    late_run(&loop->late, loop->pool, true);
    pool_run(loop->pool, loop->chunk_count, sum_job, &run);
    hg_release(run.lanes);
    run.network->gradient_samples += loop->samples;
    loop->forwarded = false;
    return HG_OK;
}

hg_status hg_network_backward(hg_network *network, const hg_real *output_gradients, hg_real *input_gradients,
                              hg_error *error)
{
    return backward(
        (run){ .network = network, .output_gradients = output_gradients, .input_gradients = input_gradients }, error);
}

hg_status hg_network_backward_labels(hg_network *network, const int *labels, double *loss_sum, hg_error *error)
{
    const loop *loop = network->loop;
    const int classes = hg_network_classes(network);
    for (size_t i = 0; loop && i < loop->samples; i++)
        if (labels[i] < 0 || labels[i] >= classes)
            return hg_fail(error, HG_BAD_ARGUMENT, "label %zu is %d; with %d classes they go from 0 to %d", i,
                           labels[i], classes, classes - 1);
    const hg_status status = backward((run){ .network = network, .labels = labels }, error);
    if (status)
        return status;
    double sum = 0;
    for (size_t s = 0; s < loop->count; s++)
        for (size_t l = 0; l < loop->shards[s].count; l++)
            sum += loop->shards[s].loss[l];
    *loss_sum = sum;
    return HG_OK;
}

void hg_network_zero_gradients(hg_network *network)
{
    memset(network->gradients, 0, network->learnable * sizeof *network->gradients);
    network->gradient_samples = 0;
}

static bool finite_gradients(const hg_network *network)
{
    hg_real bad = 0; /* x - x is 0 for finite numbers, else NaN */
    for (size_t i = 0; i < network->learnable; i++)
        bad += network->gradients[i] - network->gradients[i];
    return bad == 0;
}

hg_status hg_network_step(hg_network *network, hg_optimizer optimizer, hg_error *error)
{
    hg_status status = step_prepare(network, optimizer, false, error);
    if (status)
        return status;
    if (!finite_gradients(network))
        return hg_fail(error, HG_NOT_FINITE, "step %llu: a gradient is not finite; try a smaller learning rate",
                       (unsigned long long)network->optimizer_steps + 1);
    chunk *chunks;
    size_t count;
    status = chunks_create(network, &chunks, &count, error);
    if (status)
        return status;
    network->optimizer_steps++;
    for (size_t c = 0; c < count; c++)
        step_chunk(network, optimizer, 1, &chunks[c]);
    hg_release(chunks);
    return HG_OK;
}

hg_status hg_network_clip_gradients(hg_network *network, double clip_norm, double *norm, hg_error *error)
{
    chunk *chunks;
    size_t count;
    clip clip;
    hg_status status = clip_check(clip_norm, error);
    if (!status && clip_norm == 0)
        status = hg_fail(error, HG_BAD_ARGUMENT, "clip_norm 0 leaves nothing of the gradients; it must be above 0");
    if (!status)
        status = chunks_create(network, &chunks, &count, error);
    if (status)
        return status;
    status = clip_create(&clip, clip_norm, count, error);
    if (!status) {
        for (size_t c = 0; c < count; c++)
            clip_measure(&clip, network, &chunks[c], c);
        clip_finish(&clip);
        for (size_t c = 0; c < count; c++)
            clip_apply(&clip, network, &chunks[c]);
        if (norm)
            *norm = clip.norm;
    }
    clip_destroy(&clip);
    hg_release(chunks);
    return status;
}
