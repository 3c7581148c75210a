/* Dead units started anew: their rows of the weights in front of the activation. */
#include <string.h>

#include "src/network.h"

/* A unit on its way back from its activation, and what is to be done to its parameters. */
typedef void unit_job(hg_network *network, const parameter *parameter, size_t unit, uint64_t seed);

static void check_only(hg_network *network, const parameter *parameter, size_t unit, uint64_t seed)
{
    (void)network;
    (void)parameter;
    (void)unit;
    (void)seed;
}

static void start_anew(hg_network *network, const parameter *parameter, size_t unit, uint64_t seed)
{
    const size_t row = parameter->count / parameter->spec.shape.size[0], first = parameter->offset + unit * row;
    /* hg_network_initialize draws from number 0 */
    hg_random random =
        hg_random_stream(seed, HG_FOR_START, (uint32_t)(parameter - network->parameters), (uint32_t)unit + 1);
    parameter_draw(&parameter->spec, network->values + first, row, &random);
    if (network->hidden)
        memcpy(network->hidden + first, network->values + first, row * sizeof *network->hidden);
    for (size_t i = 0; i < HG_MAX_OPTIMIZER_STATES; i++)
        if (network->state[i] && !parameter->spec.frozen)
            memset(network->state[i] + first, 0, row * sizeof *network->state[i]);
}

/* The input layer's frozen images are the data's, not a unit's. */
static bool one_row_a_channel(const parameter *parameter, const node *node)
{
    return parameter->spec.shape.rank > 0 && parameter->spec.shape.size[0] == (size_t)node->shape.channels &&
           !(node->type->traits & HG_IS_INPUT);
}

/* Does the job to the node's parameters of one unit; whether the weights that make the
 * unit were among them. */
static bool visit(hg_network *network, const node *node, size_t unit, uint64_t seed, unit_job *job)
{
    bool made_here = false;
    for (size_t i = 0; i < node->parameter_count; i++) {
        const parameter *parameter = &network->parameters[node->first_parameter + i];
        if (!one_row_a_channel(parameter, node))
            continue;
        job(network, parameter, unit, seed);
        made_here = made_here || parameter->spec.shape.rank > 1;
    }
    return made_here;
}

static size_t channels_of(const hg_network *network, const node *node, size_t k)
{
    return (size_t)network->nodes[node->input[k]].shape.channels;
}

/* The input that a unit of `node` comes from; false if that is not clear. */
static bool step_back(const hg_network *network, const node **node, size_t *unit)
{
    const struct node *here = *node;
    size_t k = 0;
    if (strcmp(here->type->name, hg_concat_type.name) == 0)
        for (; *unit >= channels_of(network, here, k); k++)
            *unit -= channels_of(network, here, k);
    else if (here->input_count != 1 || channels_of(network, here, 0) != (size_t)here->shape.channels)
        return false;
    *node = &network->nodes[here->input[k]];
    return (*node)->consumers == 1;
}

static hg_status follow(hg_network *network, const node *activation, size_t unit, uint64_t seed, unit_job *job,
                        hg_error *error)
{
    const size_t dead = unit;
    const node *node = activation;
    while (!visit(network, node, unit, seed, job)) {
        const struct node *before = node;
        if (!step_back(network, &node, &unit))
            return hg_fail(error, HG_BAD_NETWORK,
                           "%s: which weights make its unit %zu is not clear behind %s%s%s; units can be revived "
                           "behind conv2d and fully_connected",
                           activation->name, dead, before->name, node == before ? "" : ", as several layers read ",
                           node == before ? "" : node->name);
    }
    return HG_OK;
}

static const node *node_of(const hg_network *network, const hg_activation_report *report)
{
    for (size_t i = 0; i < network->node_count; i++) {
        const node *node = &network->nodes[i];
        if (node->type->traits & HG_IS_ACTIVATION && strcmp(node->name, report->layer) == 0 &&
            report->units == (size_t)node->shape.channels)
            return node;
    }
    return NULL;
}

hg_status hg_network_revive(hg_network *network, const hg_activation_report *report, uint64_t seed, size_t *revived,
                            hg_error *error)
{
    const node *activation = node_of(network, report);
    if (!activation)
        return hg_fail(error, HG_BAD_ARGUMENT, "revive: the network has no activation layer %s with %zu units",
                       report->layer, report->units);
    size_t count = 0;
    for (size_t unit = 0; unit < report->units; unit++) {
        if (!(report->unit[unit] & HG_UNIT_DEAD))
            continue;
        const hg_status status = follow(network, activation, unit, seed, check_only, error);
        if (status)
            return status;
        count++;
    }
    for (size_t unit = 0; unit < report->units; unit++)
        if (report->unit[unit] & HG_UNIT_DEAD)
            follow(network, activation, unit, seed, start_anew, NULL);
    if (revived)
        *revived = count;
    return HG_OK;
}
