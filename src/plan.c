/* From a network to the list of operations that run it, and the one rewriting:
 * where a max pooling of 2x2 windows follows a layer that can pool by itself, with
 * at most an activation in between that keeps the order of its inputs, the winners
 * are chosen first and the activation works on them alone. */
#include <string.h>

#include "src/late.h"

static const hg_max_pool2d_options *pool_options(const node *node)
{
    return strcmp(node->type->name, hg_max_pool2d_type.name) == 0 ? node->options : NULL;
}

static bool is_2x2_pool(const node *node)
{
    const hg_max_pool2d_options *options = pool_options(node);
    return options && options->window == 2 && (options->stride == 0 || options->stride == 2) && options->padding == 0;
}

/* The only layer that reads node `index`, or NULL. */
static const node *only_reader(const hg_network *network, size_t index)
{
    if (network->nodes[index].consumers != 1)
        return NULL;
    for (size_t i = 0; i < network->node_count; i++)
        for (size_t k = 0; k < network->nodes[i].input_count; k++)
            if (network->nodes[i].input[k] == index)
                return &network->nodes[i];
    return NULL;
}

/* Whether layer `index` can do the pooling behind it; *pool is the pooling layer,
 * *activation the one in between or NULL. */
static hg_pool_order find_pooling(const hg_network *network, size_t index, const node **activation, const node **pool)
{
    *activation = NULL;
    if (!(network->nodes[index].type->traits & HG_CAN_POOL))
        return HG_NO_POOL;
    const node *next = only_reader(network, index);
    if (!next)
        return HG_NO_POOL;
    hg_pool_order order = HG_POOL_BY_VALUE;
    if (next->type->pool_order) {
        order = next->type->pool_order(next->options);
        *activation = next;
        next = only_reader(network, (size_t)(next - network->nodes));
    }
    *pool = next;
    return next && is_2x2_pool(next) ? order : HG_NO_POOL;
}

static hg_status add_op(const hg_network *network, plan *plan, size_t index, hg_pool_order pool,
                        const size_t *op_of_node, hg_error *error)
{
    const node *node = &network->nodes[index];
    plan_op *op = &plan->ops[plan->count];
    *op = (plan_op){ .node = index, .type = node->type, .input_count = node->input_count };
    for (size_t k = 0; k < node->input_count; k++) {
        op->input[k] = op_of_node[node->input[k]];
        op->input_shape[k] = plan->ops[op->input[k]].shape;
        plan->ops[op->input[k]].readers++;
    }
    hg_layer_setup setup;
    const hg_status status = network_setup_node(network, index, op->input_shape, pool, &setup, error);
    if (status)
        return status;
    plan->count++;
    op->shape = setup.output;
    op->state = setup.state;
    op->saved_size = setup.saved;
    op->scratch_size = setup.scratch;
    if (node->late) {
        op->parts = setup.parts;
        op->kept = plan->kept_size;
        plan->kept_size += late_kept_size(op);
    }
    if (node->type->traits & HG_IS_INPUT) {
        op->input_count = 1;
        op->input_shape[0] = op->shape;
    }
    return HG_OK;
}

static hg_status add_all(const hg_network *network, plan *plan, plan_kind kind, size_t *op_of_node, bool *pooled,
                         hg_error *error)
{
    for (size_t i = 0; i < network->node_count; i++) {
        const size_t index = network->order[i];
        if (pooled[index]) {
            op_of_node[index] = op_of_node[network->nodes[index].input[0]];
            continue;
        }
        const node *activation, *pool = NULL;
        const hg_pool_order order = kind == PLAN_FAST ? find_pooling(network, index, &activation, &pool) : HG_NO_POOL;
        op_of_node[index] = plan->count;
        const hg_status status = add_op(network, plan, index, order, op_of_node, error);
        if (status)
            return status;
        if (order != HG_NO_POOL)
            pooled[pool - network->nodes] = true;
        if (order == HG_POOL_BY_SLOPE)
            plan->ops[plan->count - 1].pool_key = &network->parameters[activation->first_parameter];
    }
    return HG_OK;
}

plan *plan_create(const hg_network *network, plan_kind kind, hg_error *error)
{
    plan *plan = hg_allocate(1, sizeof *plan);
    size_t *op_of_node = hg_allocate(network->node_count, sizeof *op_of_node);
    bool *pooled = hg_allocate(network->node_count, sizeof *pooled);
    if (plan)
        plan->ops = hg_allocate(network->node_count, sizeof *plan->ops);
    hg_status status = HG_OK;
    if (!plan || !plan->ops || !op_of_node || !pooled)
        status = hg_fail(error, HG_NO_MEMORY, "no memory for the plan");
    if (!status)
        status = add_all(network, plan, kind, op_of_node, pooled, error);
    if (!status) {
        plan->result = op_of_node[network->result_node];
        plan->loss = op_of_node[network->output_node];
        status = plan_place(plan, error);
    }
    hg_release(op_of_node);
    hg_release(pooled);
    if (status) {
        plan_destroy(plan);
        return NULL;
    }
    return plan;
}

void plan_destroy(plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++)
        hg_release(plan->ops[i].state);
    hg_release(plan->ops);
    hg_release(plan);
}
