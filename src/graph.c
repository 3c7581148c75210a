/* See graph.h. */
#include <string.h>

#include "src/graph.h"

static const char **options_inputs(void *options, const hg_layer_type *type)
{
    return (const char **)((char *)options + type->inputs_offset);
}

/* ---- connections ---- */

static bool find_node(const hg_network *network, const char *name, size_t *found)
{
    for (size_t i = 0; i < network->node_count; i++)
        if (strcmp(network->nodes[i].name, name) == 0) {
            *found = i;
            return true;
        }
    return false;
}

hg_status graph_connect(hg_network *network, size_t index, hg_error *error)
{
    node *node = &network->nodes[index];
    const char **names = options_inputs(node->options, node->type);
    while (node->input_count < HG_MAX_INPUTS && names[node->input_count]) {
        const char *name = names[node->input_count];
        size_t from;
        if (!find_node(network, name, &from))
            return hg_fail(error, HG_BAD_NETWORK, "layer %zu (%s): no layer is called %s, its input %zu", index + 1,
                           node->name, name, node->input_count + 1);
        node->input[node->input_count++] = from;
    }
    const bool is_input = node->type->traits & HG_IS_INPUT;
    if (node->input_count == 0 && !is_input && index > 0)
        node->input[node->input_count++] = index - 1;
    if (node->input_count < node->type->min_inputs || node->input_count > node->type->max_inputs)
        return hg_fail(error, HG_BAD_NETWORK,
                       "layer %zu (%s): %zu inputs, where %s takes %zu to %zu; name them with .inputs = {...}",
                       index + 1, node->name, node->input_count, node->type->name, node->type->min_inputs,
                       node->type->max_inputs);
    for (size_t i = 0; i < node->input_count; i++)
        network->nodes[node->input[i]].consumers++;
    return HG_OK;
}

hg_status graph_find_ends(hg_network *network, hg_error *error)
{
    size_t inputs = 0, outputs = 0;
    for (size_t i = 0; i < network->node_count; i++) {
        const unsigned traits = network->nodes[i].type->traits;
        if (traits & HG_IS_INPUT) {
            network->input_node = i;
            inputs++;
        }
        if (traits & HG_IS_OUTPUT) {
            network->output_node = i;
            outputs++;
        }
    }
    if (inputs != 1)
        return hg_fail(error, HG_BAD_NETWORK,
                       "the network has %zu input layers; it needs one, as in hg_image_input(28, 28)", inputs);
    if (outputs != 1)
        return hg_fail(error, HG_BAD_NETWORK,
                       "the network has %zu output layers; it needs one, as in hg_classification()", outputs);
    for (size_t i = 0; i < network->node_count; i++)
        if (i == network->output_node ? network->nodes[i].consumers > 0 : network->nodes[i].consumers == 0)
            return hg_fail(error, HG_BAD_NETWORK, "layer %zu (%s): %s", i + 1, network->nodes[i].name,
                           i == network->output_node ? "the output layer cannot be another layer's input"
                                                     : "no layer takes its output");
    network->result_node = network->nodes[network->output_node].input[0];
    return HG_OK;
}

/* The copy of the options spells out what the caller left to us. */
void graph_write_names(hg_network *network)
{
    for (size_t i = 0; i < network->node_count; i++) {
        node *node = &network->nodes[i];
        const char **names = options_inputs(node->options, node->type);
        *(const char **)((char *)node->options + node->type->name_offset) = node->name;
        for (size_t k = 0; k < HG_MAX_INPUTS; k++)
            names[k] = k < node->input_count ? network->nodes[node->input[k]].name : NULL;
    }
}

void graph_merge_output(hg_network *network)
{
    node *output = &network->nodes[network->output_node];
    const node *before = &network->nodes[network->result_node];
    if (!output->type->merges || strcmp(before->type->name, output->type->merges) != 0)
        return;
    output->input[output->input_count++] = before->input[0];
    output->merged = true;
}

/* ---- order ---- */

hg_status graph_sort(hg_network *network, hg_error *error)
{
    bool *done = hg_allocate(network->node_count, sizeof *done);
    if (!done)
        return hg_fail(error, HG_NO_MEMORY, "no memory for the network");
    size_t sorted = 0;
    while (sorted < network->node_count) {
        size_t next = 0;
        for (; next < network->node_count; next++) {
            const node *node = &network->nodes[next];
            size_t ready = 0;
            for (size_t k = 0; k < node->input_count; k++)
                ready += done[node->input[k]];
            if (!done[next] && ready == node->input_count)
                break;
        }
        if (next == network->node_count)
            break;
        done[next] = true;
        network->order[sorted++] = next;
    }
    hg_status status = HG_OK;
    for (size_t i = 0; i < network->node_count && !status; i++)
        if (!done[i])
            status = hg_fail(error, HG_BAD_NETWORK, "layer %zu (%s): its inputs lead back to itself, in a cycle", i + 1,
                             network->nodes[i].name);
    hg_release(done);
    return status;
}
