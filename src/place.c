/* Where the buffers of a plan lie. Time runs forward over the operations, then
 * backward over them; a buffer is alive from its first writer to its last reader,
 * and two that are never alive together may share memory. */
#include "src/network.h"

typedef struct buffer {
    size_t size, born, dies; /* bytes; times, both included */
    size_t *offset;
} buffer;

typedef struct placement {
    plan *plan;
    buffer *buffers;
    size_t count, forward; /* forward: so many of them, the first, serve the forward pass */
    bool overflow;
} placement;

static size_t backward_time(const plan *plan, size_t op)
{
    return 2 * plan->count - 1 - op;
}

static size_t activation_bytes(placement *placement, hg_shape shape)
{
    size_t bytes;
    if (__builtin_mul_overflow(shape_units(shape), HG_LANES * sizeof(hg_real), &bytes))
        placement->overflow = true;
    return bytes;
}

static buffer *want(placement *placement, size_t size, size_t born, size_t dies, size_t *offset)
{
    buffer *buffer = &placement->buffers[placement->count++];
    *buffer = (struct buffer){ size, born, dies, offset };
    return buffer;
}

/* The first gap among the buffers placed so far that are alive at the same time. */
static bool first_fit(const placement *placement, const buffer *wanted, size_t *offset)
{
    *offset = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (const buffer *other = placement->buffers; other < wanted; other++) {
            const bool together = other->born <= wanted->dies && wanted->born <= other->dies;
            size_t end;
            if (__builtin_add_overflow(*offset, wanted->size, &end))
                return false;
            if (together && *other->offset < end && *offset < *other->offset + other->size) {
                *offset = (*other->offset + other->size + HG_ALIGNMENT - 1) / HG_ALIGNMENT * HG_ALIGNMENT;
                moved = true;
            }
        }
    }
    return true;
}

static bool in_place(const plan *plan, const plan_op *op)
{
    const plan_op *before = &plan->ops[op->input[0]];
    return op->type->traits & HG_IN_PLACE && before->readers == 1 && !(before->type->traits & HG_READS_OUTPUT);
}

static bool gradient_in_place(const plan *plan, const plan_op *op)
{
    return op->type->traits & HG_IN_PLACE_GRADIENT && plan->ops[op->input[0]].readers == 1;
}

/* When the memory of an operation's gradient is free again: it may go on as its input's. */
static size_t gradient_dies(const plan *plan, size_t op)
{
    while (gradient_in_place(plan, &plan->ops[op]))
        op = plan->ops[op].input[0];
    return backward_time(plan, op);
}

static void want_all(placement *placement)
{
    plan *plan = placement->plan;
    const size_t end = 2 * plan->count - 1;
    size_t largest = 0, widest = 0;
    for (size_t i = 0; i < plan->count; i++) {
        plan_op *op = &plan->ops[i];
        const size_t size = activation_bytes(placement, op->shape);
        largest = size > largest ? size : largest;
        widest = op->input_count > widest ? op->input_count : widest;
        if (!in_place(plan, op))
            want(placement, size, i, backward_time(plan, i), &op->output);
        want(placement, op->saved_size, i, backward_time(plan, i), &op->saved);
        want(placement, op->scratch_size, i, i, &op->scratch);
    }
    placement->forward = placement->count;
    /* a reader's gradients are written when its backward runs; in the loop of one's own the result's before all */
    for (size_t i = plan->count; i-- > 0;) {
        plan_op *op = &plan->ops[i];
        size_t first = i == plan->result ? plan->count : backward_time(plan, i);
        bool shared = false;
        for (size_t r = i + 1; r < plan->count; r++)
            for (size_t k = 0; k < plan->ops[r].input_count; k++)
                if (plan->ops[r].input[k] == i) {
                    first = backward_time(plan, r) < first ? backward_time(plan, r) : first;
                    shared = shared || gradient_in_place(plan, &plan->ops[r]);
                }
        if (!shared)
            want(placement, activation_bytes(placement, op->shape), first, gradient_dies(plan, i), &op->gradient);
        if (op->type->traits & HG_IS_INPUT)
            want(placement, activation_bytes(placement, op->shape), backward_time(plan, i), end, &plan->image_gradient);
        want(placement, op->scratch_size, backward_time(plan, i), backward_time(plan, i), &op->backward_scratch);
    }
    plan->spare_size = largest;
    if (__builtin_mul_overflow(largest, widest, &largest))
        placement->overflow = true;
    want(placement, largest, plan->count, end, &plan->spare);
}

static bool place_all(placement *placement)
{
    plan *plan = placement->plan;
    for (size_t b = 0; b < placement->count; b++) {
        buffer *buffer = &placement->buffers[b];
        size_t end;
        if (!first_fit(placement, buffer, buffer->offset) ||
            __builtin_add_overflow(*buffer->offset, buffer->size, &end))
            return false;
        plan->block_size = end > plan->block_size ? end : plan->block_size;
        if (b < placement->forward)
            plan->forward_size = plan->block_size;
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (in_place(plan, &plan->ops[i]))
            plan->ops[i].output = plan->ops[plan->ops[i].input[0]].output;
        if (plan->ops[i].type->traits & HG_IS_INPUT)
            plan->images = plan->ops[i].output;
    }
    for (size_t i = plan->count; i-- > 0;)
        if (gradient_in_place(plan, &plan->ops[i]))
            plan->ops[plan->ops[i].input[0]].gradient = plan->ops[i].gradient;
    return true;
}

hg_status plan_place(plan *plan, hg_error *error)
{
    enum { BUFFERS_PER_OP = 7 };
    placement placement = { .plan = plan };
    placement.buffers = hg_allocate(plan->count, BUFFERS_PER_OP * sizeof *placement.buffers);
    if (!placement.buffers)
        return hg_fail(error, HG_NO_MEMORY, "no memory for the plan");
    want_all(&placement);
    const bool placed = !placement.overflow && place_all(&placement);
    hg_release(placement.buffers);
    return placed ? HG_OK : hg_fail(error, HG_BAD_NETWORK, "the network's activations are too large for memory");
}
