/* See slots.h. */
#include <string.h>

#include "src/slots.h"

enum {
    MOST_LEAVES = 16, /* at most MAX_SLOTS */
    CHUNK = 2048      /* numbers, a multiple of HG_LANES */
};

hg_status slots_create(slots *slots, size_t size, size_t batch, hg_error *error)
{
    const size_t shards = (batch + HG_LANES - 1) / HG_LANES;
    slots->leaf_shards = (shards + MOST_LEAVES - 1) / MOST_LEAVES;
    slots->count = (shards + slots->leaf_shards - 1) / slots->leaf_shards;
    slots->size = size;
    size_t bytes;
    slots->gradients = NULL;
    if (!__builtin_mul_overflow(slots->size, sizeof(hg_real), &bytes))
        slots->gradients = hg_allocate(slots->count, bytes);
    if (!slots->gradients)
        return hg_fail(error, HG_NO_MEMORY, "no memory for the gradients of %zu parameters in %zu parts", slots->size,
                       slots->count);
    return HG_OK;
}

void slots_destroy(slots *slots)
{
    hg_release(slots->gradients);
    slots->gradients = NULL;
}

hg_real *slots_at(const slots *slots, size_t leaf)
{
    return slots->gradients + leaf * slots->size;
}

bool slots_sum(const slots *slots, size_t leaves, size_t begin, size_t count, hg_real *sum)
{
    const hg_real *slot[MAX_SLOTS];
    for (size_t leaf = 0; leaf < leaves; leaf++)
        slot[leaf] = slots_at(slots, leaf) + begin;
    return simd_current()->kernels->sum_slots(slot, leaves, count, sum);
}

static size_t padded_count(const parameter *parameter)
{
    return (parameter->count + HG_LANES - 1) / HG_LANES * HG_LANES;
}

hg_status chunks_create(const hg_network *network, chunk **chunks, size_t *count, hg_error *error)
{
    *count = 0;
    for (size_t i = 0; i < network->parameter_count; i++)
        if (!network->parameters[i].spec.frozen)
            *count += (padded_count(&network->parameters[i]) + CHUNK - 1) / CHUNK;
    *chunks = hg_allocate(*count, sizeof **chunks);
    if (!*chunks)
        return hg_fail(error, HG_NO_MEMORY, "no memory for %zu pieces of work", *count);
    chunk *next = *chunks;
    for (size_t i = 0; i < network->parameter_count; i++) {
        const parameter *parameter = &network->parameters[i];
        const size_t end = padded_count(parameter);
        for (size_t begin = 0; begin < end && !parameter->spec.frozen; begin += CHUNK)
            *next++ = (chunk){ parameter, parameter->offset + begin, end - begin < CHUNK ? end - begin : CHUNK };
    }
    return HG_OK;
}
