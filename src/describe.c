/* A network as a table. */
#include <string.h>

#include <hinge/hinge.h>

#include "src/network.h"

enum { COLUMN = 32 };

const char *hg_version(void)
{
    return HG_VERSION;
}

static size_t learnable_of(const hg_network *network, const node *node)
{
    size_t count = 0;
    for (size_t i = 0; i < node->parameter_count; i++) {
        const parameter *parameter = &network->parameters[node->first_parameter + i];
        if (parameter_is_learned(parameter))
            count += parameter->count;
    }
    return count;
}

void hg_network_describe(const hg_network *network, FILE *stream)
{
    int width = (int)strlen("layer");
    for (size_t i = 0; i < network->node_count; i++) {
        const int length = (int)strlen(network->nodes[i].name);
        width = length > width ? length : width;
    }
    fprintf(stream, "%3s  %-*s  %-16s %-16s %10s\n", "", width, "layer", "type", "output", "parameters");
    for (size_t i = 0; i < network->node_count; i++) {
        const node *node = &network->nodes[i];
        char shape[COLUMN];
        snprintf(shape, sizeof shape, "%d x %d x %d", node->shape.height, node->shape.width, node->shape.channels);
        fprintf(stream, "%3zu  %-*s  %-16s %-16s %10zu\n", i + 1, width, node->name, node->type->name, shape,
                learnable_of(network, node));
    }
    fprintf(stream, "%3s  %-*s  %-16s %-16s %10zu\n", "", width, "total", "", "", hg_network_learnable_count(network));
}
