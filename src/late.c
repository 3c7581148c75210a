/* See late.h. */
#include <string.h>

#include "src/late.h"

/* Measured with `make bench`: at 4 times as many weights as numbers to keep, late wins clearly; at one, slots do. */
static const size_t WEIGHTS_TO_KEPT = 2;

static size_t activations_of(const hg_layer_setup *setup)
{
    return (shape_units(setup->input[0]) + shape_units(setup->output)) * HG_LANES;
}

bool late_is_better(const hg_layer_type *type, const hg_layer_setup *setup)
{
    size_t weights = 0;
    for (size_t i = 0; i < setup->parameter_count; i++) {
        size_t count;
        if (setup->parameter[i].frozen || setup->parameter[i].running > 0 ||
            hg_shape_count(&setup->parameter[i].shape, &count, NULL))
            return false;
        weights += count;
    }
    return type->backward_batch && setup->parts > 0 && setup->input_count == 1 &&
           weights / WEIGHTS_TO_KEPT >= activations_of(setup);
}

static size_t input_size(const plan_op *op)
{
    return shape_units(op->input_shape[0]) * HG_LANES * sizeof(hg_real);
}

static size_t output_size(const plan_op *op)
{
    return shape_units(op->shape) * HG_LANES * sizeof(hg_real);
}

size_t late_kept_size(const plan_op *op)
{
    return input_size(op) + output_size(op);
}

void late_keep(const plan_op *op, const hg_real *input, const hg_real *output_gradient, char *kept)
{
    memcpy(kept + op->kept, input, input_size(op));
    memcpy(kept + op->kept + input_size(op), output_gradient, output_size(op));
}

hg_status late_create(late *late, const hg_network *network, const plan *plan, size_t shards, hg_error *error)
{
    *late = (struct late){ .network = network, .plan = plan, .shards = shards };
    for (size_t i = 0; i < plan->count; i++)
        late->parts += plan->ops[i].parts;
    if (late->parts == 0)
        return HG_OK;
    late->kept = hg_allocate(shards, plan->kept_size);
    late->input = hg_allocate(plan->count * shards, sizeof *late->input);
    late->output_gradient = hg_allocate(plan->count * shards, sizeof *late->output_gradient);
    late->has = hg_allocate(shards, sizeof *late->has);
    if (late->has && late->kept && late->input && late->output_gradient)
        return HG_OK;
    late_destroy(late);
    return hg_fail(error, HG_NO_MEMORY, "no memory for %zu bytes of each of %zu shards", plan->kept_size, shards);
}

void late_destroy(late *late)
{
    hg_release(late->kept);
    hg_release(late->has);
    hg_release(late->input);
    hg_release(late->output_gradient);
    *late = (struct late){ .kept = NULL };
}

static char *kept(const late *late, size_t shard)
{
    return late->kept + shard * late->plan->kept_size;
}

void late_begin(late *late)
{
    if (late->parts > 0)
        memset(late->has, false, late->shards);
}

char *late_shard(late *late, size_t shard)
{
    if (late->parts == 0)
        return NULL;
    late->has[shard] = true;
    return kept(late, shard);
}

static void part_job(size_t number, int worker, void *context)
{
    (void)worker;
    const late *late = context;
    const hg_network *network = late->network;
    size_t i = 0;
    for (; number >= late->plan->ops[i].parts; i++)
        number -= late->plan->ops[i].parts;
    const plan_op *op = &late->plan->ops[i];
    const node *node = &network->nodes[op->node];
    hg_batch_pass pass = { .options = node->options,
                           .state = op->state,
                           .input_shape = op->input_shape[0],
                           .output_shape = op->shape,
                           .shards = late->present,
                           .input = late->input + i * late->shards,
                           .output_gradient = late->output_gradient + i * late->shards,
                           .add = late->add };
    for (size_t p = 0; p < node->parameter_count; p++)
        pass.parameter_gradient[p] = network->gradients + network->parameters[node->first_parameter + p].offset;
    op->type->backward_batch(&pass, number);
}

void late_run(late *late, pool *pool, bool add)
{
    if (late->parts == 0)
        return;
    late->present = 0;
    late->add = add;
    for (size_t s = 0; s < late->shards; s++) {
        if (!late->has[s])
            continue;
        for (size_t i = 0; i < late->plan->count; i++) {
            const plan_op *op = &late->plan->ops[i];
            const char *input = kept(late, s) + op->kept;
            late->input[i * late->shards + late->present] = (const hg_real *)(const void *)input;
            late->output_gradient[i * late->shards + late->present] =
                (const hg_real *)(const void *)(input + input_size(op));
        }
        late->present++;
    }
    pool_run(pool, late->parts, part_job, late);
}
