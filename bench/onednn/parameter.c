/* A tensor that is trained: see network.h. */
#include <stdlib.h>
#include <string.h>

#include "network.h"

/* Written in a plain layout and reordered, as the chosen one may have padding, which stays zero. */
static void start_uniform(workshop *workshop, dnnl_memory_t value, double bound)
{
    const dnnl_memory_desc_t *layout = layout_of(value);
    const dnnl_memory_desc_t plain = describe(layout->ndims, layout->dims, layout->ndims == 4 ? dnnl_oihw : dnnl_a);
    dnnl_memory_t numbers = workshop_memory(workshop, &plain);
    size_t count;
    float *number = numbers_of(numbers, &count);
    for (size_t i = 0; i < count; i++)
        number[i] = (float)(bound * (2.0 * rand() / RAND_MAX - 1));
    program copy = { .count = 0 };
    dnnl_memory_t converted = program_convert(&copy, workshop, numbers, layout);
    program_run(&copy, workshop);
    program_clear(&copy);
    memcpy(numbers_of(value, NULL), numbers_of(converted, NULL), dnnl_memory_desc_get_size(layout));
}

parameter parameter_create(workshop *workshop, const dnnl_memory_desc_t *layout, double bound)
{
    parameter parameter = { .value = workshop_memory(workshop, layout) };
    numbers_of(parameter.value, &parameter.count);
    parameter.sum = calloc(parameter.count, sizeof(float));
    parameter.velocity = calloc(parameter.count, sizeof(float));
    must(parameter.sum && parameter.velocity ? dnnl_success : dnnl_out_of_memory, "parameters");
    if (bound > 0)
        start_uniform(workshop, parameter.value, bound);
    return parameter;
}

void parameter_destroy(parameter *parameter)
{
    free(parameter->sum);
    free(parameter->velocity);
}
