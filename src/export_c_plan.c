/* Stages and slots of a network that becomes C text; see export_c.h. */
#include <string.h>

#include "src/export_c.h"

size_t export_c_reader(const export_c *c, size_t index)
{
    const hg_network *network = c->network;
    size_t reader = network->node_count, readers = 0;
    for (size_t i = 0; i < network->node_count; i++)
        for (size_t k = 0; k < network->nodes[i].input_count; k++)
            if (network->nodes[i].input[k] == index && i != network->output_node) {
                reader = i;
                readers++;
            }
    return readers == 1 ? reader : network->node_count;
}

static enum export_kind kind_of(const export_c *c, size_t index)
{
    return export_c_layer(&c->network->nodes[index])->kind;
}

static int add_slot(export_c *c, size_t numbers, size_t stage)
{
    c->slots[c->slot_count] = (export_slot){ .numbers = numbers + EXPORT_PIECE, .first = stage, .last = stage };
    return (int)c->slot_count++;
}

/* The nodes behind a convolution that see one filter's map at a time; a pooling is the last of them. */
static size_t end_of_chain(export_c *c, size_t index)
{
    const size_t row = (size_t)export_c_conv2d(c, index).width;
    for (size_t next = export_c_reader(c, index); next < c->network->node_count; next = export_c_reader(c, index)) {
        const enum export_kind kind = kind_of(c, next);
        if (kind != EXPORT_ELEMENTWISE && kind != EXPORT_NOTHING && kind != EXPORT_BY_CHANNEL)
            break;
        c->chained[next] = true;
        c->row[next] = row;
        index = next;
        if (kind == EXPORT_BY_CHANNEL)
            break;
    }
    return index;
}

static void plan_stage(export_c *c, size_t index)
{
    const node *node = &c->network->nodes[index];
    const enum export_kind kind = kind_of(c, index);
    const size_t number = c->stage_count++;
    export_stage *stage = &c->stages[number];
    *stage = (export_stage){ .first = index, .last = index, .map = EXPORT_NO_SLOT, .padded = EXPORT_NO_SLOT };
    for (size_t k = 0; k < node->input_count; k++)
        c->slots[c->slot[node->input[k]]].last = number;
    if (kind == EXPORT_CONVOLUTION) {
        const export_conv2d conv2d = export_c_conv2d(c, index);
        stage->last = end_of_chain(c, index);
        stage->map = add_slot(c, conv2d.numbers, number);
        if (conv2d.copies)
            stage->padded = add_slot(c, conv2d.padded, number);
    }
    const bool in_place =
        kind == EXPORT_NOTHING || (kind == EXPORT_ELEMENTWISE && export_c_reader(c, node->input[0]) == index);
    stage->slot =
        in_place ? c->slot[node->input[0]] : add_slot(c, shape_units(c->network->nodes[stage->last].shape), number);
    c->slot[index] = c->slot[stage->last] = stage->slot;
}

/* Each slot at the lowest place where no other lies that is in use at the same time. */
static void place_slots(export_c *c)
{
    for (size_t i = 0; i < c->slot_count; i++) {
        export_slot *slot = &c->slots[i];
        for (size_t k = 0; k < i; k++) {
            const export_slot *other = &c->slots[k];
            const bool at_once = slot->first <= other->last && other->first <= slot->last;
            if (at_once && slot->offset < other->offset + other->numbers &&
                other->offset < slot->offset + slot->numbers) {
                slot->offset = other->offset + other->numbers;
                k = (size_t)-1; /* the new place is to be looked at from the beginning */
            }
        }
        if (slot->offset + slot->numbers > c->memory)
            c->memory = slot->offset + slot->numbers;
    }
}

hg_status export_c_plan(export_c *c, hg_error *error)
{
    enum { SLOTS_PER_STAGE = 3 };
    const hg_network *network = c->network;
    const size_t count = network->node_count;
    c->stages = hg_allocate(count, sizeof *c->stages);
    c->slots = hg_allocate(SLOTS_PER_STAGE * count, sizeof *c->slots);
    c->slot = hg_allocate(count, sizeof *c->slot);
    c->chained = hg_allocate(count, sizeof *c->chained);
    c->row = hg_allocate(count, sizeof *c->row);
    if (!c->stages || !c->slots || !c->slot || !c->chained || !c->row)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a list of %zu layers", count);
    for (size_t i = 0; i < count; i++)
        if (network->order[i] != network->output_node && !c->chained[network->order[i]])
            plan_stage(c, network->order[i]);
    if (c->stage_count > 0) /* the result is copied behind the last stage */
        c->slots[c->slot[network->result_node]].last = c->stage_count - 1;
    place_slots(c);
    return HG_OK;
}

void export_c_plan_release(export_c *c)
{
    hg_release(c->stages);
    hg_release(c->slots);
    hg_release(c->slot);
    hg_release(c->chained);
    hg_release(c->row);
}
