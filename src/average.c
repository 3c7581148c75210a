/* See average.h. */
#include <math.h>
#include <string.h>

#include "src/average.h"

enum { PIECE = 2048 /* numbers, a multiple of HG_LANES */ };

static const double USUAL_DECAY = 0.999, USUAL_SWA_START = 0.75;

hg_status average_check(hg_average *options, int epochs, hg_error *error)
{
    switch (options->kind) {
    case HG_AVERAGE_NONE:
        return HG_OK;
    case HG_AVERAGE_EMA:
        if (options->from != 0)
            return hg_fail(error, HG_BAD_ARGUMENT, "ema: from %d: only hg_swa takes .from", options->from);
        if (options->decay == 0)
            options->decay = USUAL_DECAY;
        if (!(options->decay > 0 && options->decay < 1))
            return hg_fail(error, HG_BAD_ARGUMENT, "ema: decay %g: it lies between 0 and 1, both left out",
                           options->decay);
        return HG_OK;
    case HG_AVERAGE_SWA:
        if (options->decay != 0)
            return hg_fail(error, HG_BAD_ARGUMENT, "swa: decay %g: it has none; hg_swa(.from = 8) names an epoch",
                           options->decay);
        if (options->from == 0)
            options->from = 1 + (int)(USUAL_SWA_START * epochs);
        if (options->from < 1 || options->from > epochs)
            return hg_fail(error, HG_BAD_ARGUMENT,
                           "swa: from epoch %d; with %d epochs of training it is one of 1 to %d", options->from, epochs,
                           epochs);
        return HG_OK;
    }
    return hg_fail(error, HG_BAD_ARGUMENT, "average: there is no kind %d; use hg_ema() or hg_swa()",
                   (int)options->kind);
}

hg_status average_create(average *average, const hg_network *network, hg_average options, hg_error *error)
{
    *average = (struct average){ .options = options };
    if (options.kind == HG_AVERAGE_NONE)
        return HG_OK;
    average->values = hg_allocate(network->total, sizeof *average->values);
    return average->values
               ? HG_OK
               : hg_fail(error, HG_NO_MEMORY, "no memory for the average of %zu parameters", network->total);
}

void average_destroy(average *average)
{
    hg_release(average->values);
    average->values = NULL;
}

void average_begin(average *average, const hg_network *network)
{
    if (average->values)
        memcpy(average->values, network->values, network->total * sizeof *average->values);
}

void average_resume(average *average, uint64_t steps, int epochs)
{
    const int swa = epochs - average->options.from + 1;
    if (average->options.kind == HG_AVERAGE_EMA)
        average->taken = steps;
    if (average->options.kind == HG_AVERAGE_SWA)
        average->taken = swa > 0 ? (uint64_t)swa : 0;
}

/* What the threads of average_step share. */
typedef struct moving {
    hg_real *average;
    const hg_real *values;
    size_t total;
    hg_real share;
} moving;

static void move_piece(size_t number, int worker, void *context)
{
    (void)worker;
    const moving *moving = context;
    const size_t begin = number * PIECE, left = moving->total - begin;
    simd_current()->kernels->approach(moving->average + begin, moving->values + begin, moving->share,
                                      left < PIECE ? left : PIECE);
}

void average_step(average *average, const hg_network *network, pool *pool)
{
    if (average->options.kind != HG_AVERAGE_EMA)
        return;
    average->taken++;
    const double t = (double)average->taken, decay = fmin(average->options.decay, (1 + t) / (10 + t));
    moving moving = { average->values, network->values, network->total, (hg_real)(1 - decay) };
    pool_run(pool, (network->total + PIECE - 1) / PIECE, move_piece, &moving);
}

void average_epoch(average *average, const hg_network *network, int epoch)
{
    if (average->options.kind != HG_AVERAGE_SWA || epoch < average->options.from)
        return;
    average->taken++;
    if (average->taken == 1)
        average_begin(average, network);
    else
        simd_current()->kernels->approach(average->values, network->values, 1 / (hg_real)average->taken,
                                          network->total);
}

static void exchange(average *average, hg_network *network)
{
    for (size_t i = 0; i < network->total; i++) {
        const hg_real kept = network->values[i];
        network->values[i] = average->values[i];
        average->values[i] = kept;
    }
    average->exchanged = !average->exchanged;
    network->hidden = average->exchanged ? average->values : NULL;
}

void average_show(average *average, hg_network *network)
{
    if (average->taken > 0 && !average->exchanged)
        exchange(average, network);
}

void average_hide(average *average, hg_network *network)
{
    if (average->exchanged)
        exchange(average, network);
}
