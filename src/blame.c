/* See blame.h. */
#include <math.h>
#include <string.h>

#include "src/blame.h"
#include "src/load.h"
#include "src/team.h"

static bool all_finite(const hg_real *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

static const char *first_bad_output(const hg_network *network, const shard *shard)
{
    for (size_t i = 0; i < shard->plan->count; i++)
        if (!all_finite(shard_output(shard, i), shape_units(shard->plan->ops[i].shape) * HG_LANES))
            return network->nodes[shard->plan->ops[i].node].name;
    return NULL;
}

static const char *first_bad_gradient(const hg_network *network)
{
    for (size_t i = 0; i < network->parameter_count; i++) {
        const parameter *parameter = &network->parameters[i];
        if (!parameter->spec.frozen && !all_finite(network->gradients + parameter->offset, parameter->count))
            return parameter->name;
    }
    return NULL;
}

hg_status blame_not_finite(hg_network *network, const hg_dataset *dataset, const augmenter *augmenter,
                           const uint32_t *index, size_t count, uint64_t seed, uint32_t epoch, double loss,
                           hg_error *error)
{
    const char *layer = NULL;
    team *team;
    if (!team_get(network, PLAN_INSPECT, &team, NULL) &&
        !shard_reserve(&team->shards[0], augmenter ? augmenter->scratch : 0, NULL))
        for (size_t first = 0; first < count && !layer; first += HG_LANES) {
            shard *shard = &team->shards[0];
            const size_t left = count - first;
            shard->training = true; /* as it was when the loss came out */
            shard->seed = seed;
            shard->epoch = epoch;
            hg_error unread = { .status = HG_OK };
            if (load_shard(dataset, augmenter, index + first, 0, left < HG_LANES ? left : HG_LANES, shard, &unread))
                break;
            shard_forward(network, shard, true);
            layer = first_bad_output(network, shard);
        }
    if (layer && strcmp(layer, network->nodes[network->input_node].name) == 0)
        return hg_fail(error, HG_NOT_FINITE, "the loss is %g: a pixel of the images is not finite (layer %s)", loss,
                       layer);
    if (layer)
        return hg_fail(error, HG_NOT_FINITE,
                       "the loss is %g: the output of layer %s is not finite; try a smaller learning rate", loss,
                       layer);
    const char *gradient = first_bad_gradient(network);
    return hg_fail(error, HG_NOT_FINITE,
                   "the loss is %g: the gradient of %s is not finite; try a smaller learning rate", loss,
                   gradient ? gradient : "a layer");
}
