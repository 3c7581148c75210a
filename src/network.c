/* From an array of layers to a network: names, shapes, memory. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "src/graph.h"
#include "src/loop.h"
#include "src/team.h"
#include "src/notes.h"

enum { MAX_LAYERS = 4096, NAME_LENGTH = 128 };

size_t shape_units(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static const char *layer_name(const hg_layer *layer)
{
    return *(const char *const *)((const char *)layer->options + layer->type->name_offset);
}

static char *copy_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = hg_allocate(size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

hg_status network_blame(const hg_network *network, size_t index, hg_error *error)
{
    if (!error)
        return HG_BAD_NETWORK;
    char message[HG_ERROR_LENGTH];
    memcpy(message, error->message, sizeof message);
    return hg_fail(error, error->status, "layer %zu (%s): %s", index + 1, network->nodes[index].name, message);
}

static hg_status no_memory(hg_error *error)
{
    return hg_fail(error, HG_NO_MEMORY, "no memory for the network");
}

/* ---- names ---- */

static hg_status name_node(hg_network *network, const hg_layer *layers, size_t index, hg_error *error)
{
    const hg_layer *layer = &layers[index];
    node *node = &network->nodes[index];
    char automatic[NAME_LENGTH];
    const char *name = layer_name(layer);
    if (!name) {
        size_t number = 1;
        for (size_t i = 0; i < index; i++)
            number += layers[i].type == layer->type && !layer_name(&layers[i]);
        snprintf(automatic, sizeof automatic, "%s_%zu", layer->type->name, number);
        name = automatic;
    }
    if (name[0] == '\0' || strlen(name) >= NAME_LENGTH)
        return hg_fail(error, HG_BAD_NETWORK, "layer %zu: a name has 1 to %d characters", index + 1, NAME_LENGTH - 1);
    for (size_t i = 0; i < index; i++)
        if (strcmp(network->nodes[i].name, name) == 0)
            return hg_fail(error, HG_BAD_NETWORK, "layer %zu: the name %s is taken by layer %zu; names must differ",
                           index + 1, name, i + 1);
    node->name = copy_text(name);
    return node->name ? HG_OK : no_memory(error);
}

static hg_status copy_layer(hg_network *network, const hg_layer *layers, size_t index, hg_error *error)
{
    const hg_layer *layer = &layers[index];
    if (!layer->type || !layer->options)
        return hg_fail(error, HG_BAD_NETWORK, "layer %zu has no type or no options; use the macros of layers.h",
                       index + 1);
    const size_t size = *(const size_t *)layer->options;
    if (size != layer->type->options_size)
        return hg_fail(error, HG_BAD_NETWORK,
                       "layer %zu (%s): its options have %zu bytes, not %zu: built for another version of the library",
                       index + 1, layer->type->name, size, layer->type->options_size);
    node *node = &network->nodes[index];
    node->type = simd_layer(layer->type);
    node->options = hg_allocate(1, size);
    if (!node->options)
        return no_memory(error);
    memcpy(node->options, layer->options, size);
    return name_node(network, layers, index, error);
}

/* ---- shapes ---- */

hg_status network_setup_node(const hg_network *network, size_t index, const hg_shape *input, hg_pool_order pool,
                             hg_layer_setup *setup, hg_error *error)
{
    const node *node = &network->nodes[index];
    *setup = (hg_layer_setup){ .options = node->options, .input_count = node->input_count, .pool = pool };
    memcpy(setup->input, input, node->input_count * sizeof *input);
    hg_error local = { .message = "" };
    const hg_status status = node->type->setup(setup, &local);
    if (!status)
        return HG_OK;
    hg_release(setup->state);
    setup->state = NULL;
    network_blame(network, index, &local);
    return hg_fail(error, status, "%s", local.message);
}

/* Units and their bytes in a shard are counted in int32 and size_t everywhere below. */
static hg_status check_shape(const hg_network *network, size_t index, hg_shape shape, hg_error *error)
{
    int units;
    if (__builtin_mul_overflow(shape.channels, shape.height, &units) ||
        __builtin_mul_overflow(units, shape.width, &units) ||
        __builtin_mul_overflow(units, HG_LANES * (int)sizeof(hg_real), &units))
        return hg_fail(error, HG_BAD_NETWORK, "layer %zu (%s): its output of %d x %d x %d is too large", index + 1,
                       network->nodes[index].name, shape.height, shape.width, shape.channels);
    return HG_OK;
}

static hg_status infer_shapes(hg_network *network, hg_error *error)
{
    for (size_t i = 0; i < network->node_count; i++) {
        const size_t index = network->order[i];
        node *node = &network->nodes[index];
        hg_shape input[HG_MAX_INPUTS];
        for (size_t k = 0; k < node->input_count; k++)
            input[k] = network->nodes[node->input[k]].shape;
        hg_layer_setup setup;
        hg_status status = network_setup_node(network, index, input, HG_NO_POOL, &setup, error);
        if (status)
            return status;
        hg_release(setup.state);
        status = check_shape(network, index, setup.output, error);
        if (status)
            return status;
        node->shape = setup.output;
        node->parameter_count = setup.parameter_count;
    }
    return HG_OK;
}

static hg_status make_reports(hg_network *network, hg_error *error)
{
    for (size_t i = 0; i < network->node_count; i++) {
        node *node = &network->nodes[i];
        if (!(node->type->traits & HG_IS_ACTIVATION))
            continue;
        node->activation = network->activation_count++;
        node->first_unit = network->unit_count;
        network->unit_count += (size_t)node->shape.channels;
    }
    network->silent = hg_allocate(network->unit_count, 1);
    network->unit = hg_allocate(network->unit_count, 1);
    network->reports = hg_allocate(network->activation_count, sizeof *network->reports);
    return network->silent && network->unit && network->reports ? HG_OK : no_memory(error);
}

/* ---- all of it ---- */

static hg_status build(hg_network *network, const hg_layer *layers, size_t count, hg_error *error)
{
    network->nodes = hg_allocate(count, sizeof *network->nodes);
    network->order = hg_allocate(count, sizeof *network->order);
    if (!network->nodes || !network->order)
        return no_memory(error);
    network->node_count = count;
    hg_status status = HG_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = copy_layer(network, layers, i, error);
    for (size_t i = 0; i < count && !status; i++)
        status = graph_connect(network, i, error);
    if (!status)
        status = graph_sort(network, error);
    if (!status)
        status = graph_find_ends(network, error);
    if (status)
        return status;
    graph_write_names(network);
    graph_merge_output(network);
    status = infer_shapes(network, error);
    if (!status)
        status = parameters_create(network, error);
    if (!status)
        status = make_reports(network, error);
    for (int kind = 0; kind < PLAN_KINDS && !status; kind++) {
        network->plans[kind] = plan_create(network, (plan_kind)kind, error);
        if (!network->plans[kind])
            status = HG_BAD_NETWORK;
    }
    return status;
}

hg_network *hg_network_create(const hg_layer *layers, size_t count, hg_error *error)
{
    return network_create_within(layers, count, SIZE_MAX, error);
}

hg_network *network_create_within(const hg_layer *layers, size_t count, size_t most_numbers, hg_error *error)
{
    if (!layers || count == 0 || count > MAX_LAYERS) {
        hg_fail(error, HG_BAD_NETWORK, "a network of %zu layers; it has 1 to %d", count, MAX_LAYERS);
        return NULL;
    }
    if (simd_check(error))
        return NULL;
    hg_network *network = hg_allocate(1, sizeof *network);
    if (!network) {
        no_memory(error);
        return NULL;
    }
    network->most_numbers = most_numbers;
    if (build(network, layers, count, error)) {
        hg_network_destroy(network);
        return NULL;
    }
    hg_network_set_threads(network, 0, NULL);
    hg_network_initialize(network, 0);
    return network;
}

void hg_network_destroy(hg_network *network)
{
    if (!network)
        return;
    loop_destroy(network->loop);
    for (int kind = 0; kind < PLAN_KINDS; kind++) {
        team_destroy(network->teams[kind]);
        plan_destroy(network->plans[kind]);
    }
    pool_destroy(network->pool);
    notes_release(&network->notes);
    for (size_t i = 0; i < network->node_count; i++) {
        hg_release(network->nodes[i].name);
        hg_release(network->nodes[i].options);
    }
    for (size_t i = 0; i < network->parameter_count; i++)
        hg_release(network->parameters[i].name);
    hg_release(network->nodes);
    hg_release(network->order);
    hg_release(network->parameters);
    hg_release(network->values);
    hg_release(network->gradients);
    for (int i = 0; i < HG_MAX_OPTIMIZER_STATES; i++)
        hg_release(network->state[i]);
    hg_release(network->silent);
    hg_release(network->unit);
    hg_release(network->reports);
    hg_release(network);
}

size_t hg_network_layer_count(const hg_network *network)
{
    return network->node_count;
}

hg_layer_info hg_network_layer(const hg_network *network, size_t index)
{
    const node *node = &network->nodes[index];
    return (hg_layer_info){ node->name,           node->type, node->options, node->shape, node->first_parameter,
                            node->parameter_count };
}

hg_shape hg_network_input_shape(const hg_network *network)
{
    return network->nodes[network->input_node].shape;
}

int hg_network_classes(const hg_network *network)
{
    return (int)shape_units(network->nodes[network->result_node].shape);
}

void network_mark_normalized(hg_network *network)
{
    network->normalized = true;
}
