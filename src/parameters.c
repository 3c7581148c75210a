/* All parameters in one flat buffer, by name, and where they start. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/late.h"

enum { LINE = HG_ALIGNMENT / sizeof(float) /* numbers; tensors begin on a multiple */ };

static size_t round_to_line(size_t count)
{
    return (count + LINE - 1) / LINE * LINE;
}

static hg_status declare_node(hg_network *network, size_t index, hg_error *error)
{
    node *node = &network->nodes[index];
    hg_shape input[HG_MAX_INPUTS];
    for (size_t k = 0; k < node->input_count; k++)
        input[k] = network->nodes[node->input[k]].shape;
    hg_layer_setup setup;
    const hg_status status = network_setup_node(network, index, input, HG_NO_POOL, &setup, error);
    if (status)
        return status;
    hg_release(setup.state);
    node->late = late_is_better(node->type, &setup);
    node->first_parameter = network->parameter_count;
    for (size_t i = 0; i < setup.parameter_count; i++) {
        parameter *parameter = &network->parameters[network->parameter_count++];
        parameter->spec = setup.parameter[i];
        parameter->node = index;
        const hg_status counted = hg_shape_count(&parameter->spec.shape, &parameter->count, error);
        if (counted)
            return error ? network_blame(network, index, error) : counted;
        const size_t size = strlen(node->name) + 1 + strlen(parameter->spec.name) + 1;
        parameter->name = hg_allocate(size, 1);
        if (!parameter->name)
            return hg_fail(error, HG_NO_MEMORY, "no memory for the network");
        snprintf(parameter->name, size, "%s.%s", node->name, parameter->spec.name);
    }
    return HG_OK;
}

static hg_status place(hg_network *network, bool frozen, bool late, hg_error *error)
{
    for (size_t i = 0; i < network->parameter_count; i++) {
        parameter *parameter = &network->parameters[i];
        if (parameter->spec.frozen != frozen || network->nodes[parameter->node].late != late)
            continue;
        parameter->offset = network->total;
        if (__builtin_add_overflow(network->total, round_to_line(parameter->count), &network->total))
            return hg_fail(error, HG_BAD_NETWORK, "the network has more parameters than memory has addresses");
    }
    return HG_OK;
}

static hg_status check_numbers(const hg_network *network, hg_error *error)
{
    size_t numbers = 0;
    for (size_t i = 0; i < network->parameter_count; i++)
        if (__builtin_add_overflow(numbers, network->parameters[i].count, &numbers))
            numbers = SIZE_MAX;
    return numbers <= network->most_numbers
               ? HG_OK
               : hg_fail(error, HG_BAD_FILE, "its layers have %zu parameters, far more than its tensors hold", numbers);
}

hg_status parameters_create(hg_network *network, hg_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < network->node_count; i++)
        count += network->nodes[i].parameter_count;
    network->parameters = hg_allocate(count, sizeof *network->parameters);
    if (!network->parameters)
        return hg_fail(error, HG_NO_MEMORY, "no memory for the network");
    for (size_t i = 0; i < network->node_count; i++) {
        const hg_status status = declare_node(network, i, error);
        if (status)
            return status;
    }
    hg_status status = check_numbers(network, error);
    if (!status)
        status = place(network, false, false, error);
    network->early = network->total;
    if (!status)
        status = place(network, false, true, error);
    network->learnable = network->total;
    if (!status)
        status = place(network, true, false, error);
    if (status)
        return status;
    network->values = hg_allocate(network->total, sizeof *network->values);
    network->gradients = hg_allocate(network->learnable, sizeof *network->gradients);
    if (!network->values || !network->gradients)
        return hg_fail(error, HG_NO_MEMORY, "no memory for %zu parameters", network->total);
    return HG_OK;
}

parameter *parameters_of_node(const hg_network *network, size_t index, const char *short_name)
{
    const node *node = &network->nodes[index];
    for (size_t i = 0; i < node->parameter_count; i++) {
        parameter *parameter = &network->parameters[node->first_parameter + i];
        if (strcmp(parameter->spec.name, short_name) == 0)
            return parameter;
    }
    return NULL;
}

void parameter_draw(const hg_parameter_spec *spec, hg_real *values, size_t count, hg_random *random)
{
    const double glorot = sqrt(6.0 / (double)(spec->fan_in + spec->fan_out));
    const double he = sqrt(2.0 / (double)spec->fan_in);
    for (size_t k = 0; k < count; k++)
        switch (spec->start) {
        case HG_GLOROT:
            values[k] = (hg_real)(glorot * (2 * hg_random_uniform(random) - 1));
            break;
        case HG_HE:
            values[k] = (hg_real)(he * hg_random_normal(random));
            break;
        case HG_CONSTANT:
            values[k] = (hg_real)spec->start_value;
            break;
        }
}

void hg_network_initialize(hg_network *network, uint64_t seed)
{
    for (size_t i = 0; i < network->parameter_count; i++) {
        const parameter *parameter = &network->parameters[i];
        hg_random random = hg_random_stream(seed, HG_FOR_START, (uint32_t)i, 0);
        parameter_draw(&parameter->spec, network->values + parameter->offset, parameter->count, &random);
    }
    network->normalized = false;
    network->seed = seed;
    network->forwards = 0;
}

size_t hg_network_parameter_count(const hg_network *network)
{
    return network->parameter_count;
}

bool parameter_is_learned(const parameter *parameter)
{
    return !parameter->spec.frozen && parameter->spec.running == 0;
}

size_t hg_network_learnable_count(const hg_network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < network->parameter_count; i++)
        if (parameter_is_learned(&network->parameters[i]))
            count += network->parameters[i].count;
    return count;
}

hg_parameter hg_network_parameter(hg_network *network, size_t index)
{
    const parameter *parameter = &network->parameters[index];
    return (hg_parameter){ parameter->name,
                           parameter->spec.shape,
                           parameter->count,
                           network->values + parameter->offset,
                           parameter_is_learned(parameter) ? network->gradients + parameter->offset : NULL,
                           parameter->spec.lower,
                           parameter->spec.upper };
}

bool hg_network_find_parameter(hg_network *network, const char *name, hg_parameter *found)
{
    for (size_t i = 0; i < network->parameter_count; i++)
        if (strcmp(network->parameters[i].name, name) == 0) {
            *found = hg_network_parameter(network, i);
            return true;
        }
    return false;
}
