/* See shard.h. Layers overwrite the gradients of their inputs; where a value feeds
 * several layers, the second and later ones write to spare memory and are added. */
#include <string.h>

#include "src/allocate.h"
#include "src/late.h"
#include "src/shard.h"

hg_status shard_create(shard *shard, const hg_network *network, plan_kind kind, bool backward, hg_error *error)
{
    const plan *plan = network->plans[kind];
    *shard = (struct shard){ .plan = plan };
    const size_t size = backward ? plan->block_size : plan->forward_size;
    shard->block = allocate_unset(size, 1);
    shard->image = hg_allocate(shape_units(hg_network_input_shape(network)), HG_LANES * sizeof *shard->image);
    shard->has_gradient = hg_allocate(plan->count, sizeof *shard->has_gradient);
    shard->active = hg_allocate(network->unit_count, 1);
    if (shard->block && shard->image && shard->has_gradient && shard->active) {
        /* lanes that never hold a sample are computed with as well */
        memset(shard_images(shard), 0, shape_units(hg_network_input_shape(network)) * HG_LANES * sizeof(hg_real));
        return HG_OK;
    }
    shard_destroy(shard);
    return hg_fail(error, HG_NO_MEMORY, "no memory to run the network: %zu bytes a thread", size);
}

void shard_destroy(shard *shard)
{
    hg_release(shard->block);
    hg_release(shard->image);
    hg_release(shard->reserve);
    hg_release(shard->has_gradient);
    hg_release(shard->active);
    *shard = (struct shard){ 0 };
}

hg_status shard_reserve(shard *shard, size_t numbers, hg_error *error)
{
    if (shard->reserved >= numbers)
        return HG_OK;
    float *reserve = hg_allocate(numbers, sizeof *reserve);
    if (!reserve)
        return hg_fail(error, HG_NO_MEMORY, "no memory to augment images: %zu numbers a thread", numbers);
    hg_release(shard->reserve);
    shard->reserve = reserve;
    shard->reserved = numbers;
    return HG_OK;
}

static hg_real *at(const shard *shard, size_t offset)
{
    return (hg_real *)(void *)(shard->block + offset);
}

hg_real *shard_images(shard *shard)
{
    return at(shard, shard->plan->images);
}

hg_real *shard_image_gradient(shard *shard)
{
    return at(shard, shard->plan->image_gradient);
}

const hg_real *shard_output(const shard *shard, size_t op)
{
    return at(shard, shard->plan->ops[op].output);
}

const hg_real *shard_result(const shard *shard)
{
    return shard_output(shard, shard->plan->result);
}

static void fill_pass(const hg_network *network, shard *shard, const plan_op *op, hg_pass *pass)
{
    const node *node = &network->nodes[op->node];
    *pass = (hg_pass){ .options = node->options,
                       .state = op->state,
                       .count = shard->count,
                       .training = shard->training,
                       .input_count = op->input_count,
                       .output_shape = op->shape,
                       .output = at(shard, op->output),
                       .saved = at(shard, op->saved),
                       .scratch = at(shard, op->scratch),
                       .active = shard->active + node->first_unit,
                       .seed = shard->seed,
                       .epoch = shard->epoch,
                       .layer = (uint32_t)op->node,
                       .label = shard->label,
                       .gradient_scale = shard->gradient_scale,
                       .loss = shard->loss };
    memcpy(pass->sample, shard->sample, sizeof pass->sample);
    for (size_t k = 0; k < op->input_count; k++) {
        const bool is_input = op->type->traits & HG_IS_INPUT;
        pass->input_shape[k] = op->input_shape[k];
        pass->input[k] = is_input ? at(shard, shard->plan->images) : at(shard, shard->plan->ops[op->input[k]].output);
    }
    for (size_t p = 0; p < node->parameter_count; p++)
        pass->parameter[p] = network->values + network->parameters[node->first_parameter + p].offset;
    if (op->pool_key) {
        pass->pool_key = network->values + op->pool_key->offset;
        pass->pool_key_shared = op->pool_key->count == 1;
    }
}

static void forward_op(const hg_network *network, shard *shard, const plan_op *op)
{
    hg_pass pass;
    fill_pass(network, shard, op, &pass);
    op->type->forward(&pass);
}

void shard_forward(const hg_network *network, shard *shard, bool labelled)
{
    const plan *plan = shard->plan;
    for (size_t i = 0; i < plan->count; i++)
        if (i != plan->loss || labelled)
            forward_op(network, shard, &plan->ops[i]);
}

void shard_loss(const hg_network *network, shard *shard)
{
    forward_op(network, shard, &shard->plan->ops[shard->plan->loss]);
}

/* Which inputs' gradients op i is to write, and where. */
static void aim_gradients(const hg_network *network, shard *shard, const plan_op *op, bool image_gradient,
                          hg_pass *pass, bool *to_spare)
{
    const plan *plan = shard->plan;
    if (op->type->traits & HG_IS_INPUT) {
        pass->input_gradient[0] = image_gradient ? at(shard, plan->image_gradient) : NULL;
        return;
    }
    const size_t first = network->nodes[op->node].merged ? 1 : 0;
    for (size_t k = first; k < op->input_count; k++) {
        const size_t input = op->input[k];
        if (plan->ops[input].type->traits & HG_IS_INPUT && !image_gradient)
            continue;
        to_spare[k] = shard->has_gradient[input];
        pass->input_gradient[k] =
            at(shard, to_spare[k] ? plan->spare + k * plan->spare_size : plan->ops[input].gradient);
        shard->has_gradient[input] = true;
    }
}

static void backward_op(const hg_network *network, shard *shard, const plan_op *op, bool image_gradient,
                        hg_real *gradients)
{
    const node *node = &network->nodes[op->node];
    hg_pass pass;
    fill_pass(network, shard, op, &pass);
    pass.scratch = at(shard, op->backward_scratch);
    pass.output_gradient = at(shard, op->gradient);
    for (size_t p = 0; p < node->parameter_count; p++) {
        const parameter *parameter = &network->parameters[node->first_parameter + p];
        const bool later = shard->kept && node->late;
        pass.parameter_gradient[p] = parameter->spec.frozen || later ? NULL : gradients + parameter->offset;
    }
    if (shard->kept && node->late)
        late_keep(op, pass.input[0], pass.output_gradient, shard->kept);
    bool to_spare[HG_MAX_INPUTS] = { false };
    aim_gradients(network, shard, op, image_gradient, &pass, to_spare);
    op->type->backward(&pass);
    for (size_t k = 0; k < op->input_count; k++)
        if (to_spare[k])
            simd_current()->kernels->add(at(shard, shard->plan->ops[op->input[k]].gradient), pass.input_gradient[k],
                                         shape_units(op->input_shape[k]) * HG_LANES);
}

void shard_backward(const hg_network *network, shard *shard, const hg_real *result_gradient, bool image_gradient,
                    hg_real *gradients)
{
    const plan *plan = shard->plan;
    memset(shard->has_gradient, 0, plan->count * sizeof *shard->has_gradient);
    size_t start = plan->loss;
    if (result_gradient) {
        start = plan->result;
        const plan_op *result = &plan->ops[start];
        memcpy(at(shard, result->gradient), result_gradient, shape_units(result->shape) * HG_LANES * sizeof(hg_real));
    }
    shard->has_gradient[start] = true;
    for (size_t i = start + 1; i-- > 0;)
        if (shard->has_gradient[i])
            backward_op(network, shard, &plan->ops[i], image_gradient, gradients);
}

size_t shard_correct(const hg_network *network, const shard *shard)
{
    const size_t classes = shape_units(network->nodes[network->result_node].shape);
    const hg_real *probability = shard_result(shard);
    size_t correct = 0;
    for (size_t l = 0; l < shard->count; l++) {
        size_t best = 0;
        for (size_t k = 1; k < classes; k++)
            if (probability[k * HG_LANES + l] > probability[best * HG_LANES + l])
                best = k;
        correct += (int)best == shard->label[l];
    }
    return correct;
}
