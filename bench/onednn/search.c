/* See search.h. One setting after the other takes its best value while the rest stay
 * as they are, twice over. */
#include <stdio.h>
#include <stdlib.h>

#include "../clock.h"
#include "search.h"

enum { BAND = SIDE / CLASSES /* rows */, WARM_STEPS = 2, TOY_BATCH = 128, TOY_STEPS = 30, PASSES = 2 };

static const double TRIAL_SECONDS = 0.1;

/* So small that nothing is learned while measuring: a gradient that vanishes is slow. */
static const float LEARNING_RATE = 1e-4f, TOY_LEARNING_RATE = 0.01f;

/* ---- data ---- */

data data_create(void)
{
    const data data = { calloc(SAMPLES * PIXELS, sizeof(float)), calloc(SAMPLES, sizeof(int)),
                        calloc(SAMPLES, sizeof(int)) };
    must(data.images && data.labels && data.random ? dnnl_success : dnnl_out_of_memory, "images");
    for (int s = 0; s < SAMPLES; s++) {
        data.labels[s] = rand() % CLASSES;
        data.random[s] = rand() % CLASSES;
        for (int pixel = 0; pixel < PIXELS; pixel++) {
            const bool bright = pixel / (SIDE * BAND) == data.labels[s];
            data.images[s * PIXELS + pixel] = (float)rand() / (float)RAND_MAX + (bright ? 1.0f : 0.0f);
        }
    }
    return data;
}

void data_destroy(data *data)
{
    free(data->images);
    free(data->labels);
    free(data->random);
}

/* ---- measuring ---- */

double search_rate(network *network, const data *data, int batch, double seconds)
{
    const int batches = SAMPLES / batch;
    double start = 0, taken = 0;
    int steps = -WARM_STEPS;
    for (; steps < 1 || taken < seconds; steps++) {
        if (steps == 0)
            start = now();
        const size_t first = (size_t)((steps + WARM_STEPS) % batches * batch);
        network_train(network, data->images + first * PIXELS, data->random + first, batch, LEARNING_RATE);
        taken = now() - start;
    }
    return steps * (double)batch / taken;
}

/* If the gradients are right, a batch again and again is soon known. */
static bool learns(const settings *settings, const data *data)
{
    network network;
    double first = 0, last = 0;
    if (!network_open(&network, settings))
        return false;
    for (int step = 0; step < TOY_STEPS; step++) {
        last = network_train(&network, data->images, data->labels, TOY_BATCH, TOY_LEARNING_RATE);
        first = step == 0 ? last : first;
    }
    network_close(&network);
    if (last < first / 2)
        return true;
    fprintf(stderr, "bench: oneDNN: the loss went from %g to %g; it does not learn\n", first, last);
    return false;
}

/* ---- the search ---- */

typedef struct search {
    const data *data;
    int batch;
    settings best;
    double rate;
} search;

/* False if there is no such implementation. */
static bool try_settings(search *search, settings settings)
{
    network network;
    if (search->batch % settings.samples != 0 || !network_open(&network, &settings))
        return false;
    const double rate = search_rate(&network, search->data, search->batch, TRIAL_SECONDS);
    network_close(&network);
    if (rate > search->rate) {
        search->rate = rate;
        search->best = settings;
    }
    return true;
}

static void try_each(search *search)
{
    static const int micro_batches[] = { 32, 64, 128 };
    static const dnnl_format_tag_t layouts[] = { dnnl_format_tag_any, dnnl_nhwc, dnnl_nchw };
    settings settings = search->best;
    for (int i = 0; i < (int)(sizeof layouts / sizeof *layouts); i++) {
        settings.layout = layouts[i];
        try_settings(search, settings);
    }
    settings = search->best;
    for (settings.pooling_backward = POOLING_BY_COMPARISON; try_settings(search, settings);)
        settings.pooling_backward++;
    settings = search->best;
    for (settings.pooling = 0; try_settings(search, settings);)
        settings.pooling++;
    settings = search->best;
    for (int i = 0; i < (int)(sizeof micro_batches / sizeof *micro_batches); i++) {
        settings.samples = micro_batches[i];
        try_settings(search, settings);
    }
}

bool search_best(network *network, const data *data, int batch)
{
    search search = { .data = data, .batch = batch };
    search.best = (settings){ .samples = 32, .layout = dnnl_format_tag_any };
    for (int pass = 0; pass < PASSES; pass++) {
        search.rate = 0;
        try_each(&search);
    }
    return learns(&search.best, data) && network_open(network, &search.best);
}
