/* See augmentation.h. */
#include <stdio.h>

#include "augmentation.h"
#include "hinge_side.h"

enum { PLAIN, MOVES, ELASTIC, KINDS };

static const hg_augmentation augmentations[KINDS] = {
    [PLAIN] = { .shift = 0 },
    [MOVES] = { .shift = 2, .rotation = 15, .scale = 0.15, .shear = 0.15 },
    [ELASTIC] = { .shift = 2, .rotation = 15, .scale = 0.15, .shear = 0.15, .elastic = 1 },
};

augmentation_result augmentation_measure(const bench *bench)
{
    const int rounds = bench->options.rounds;
    double microseconds[KINDS][MOST_ROUNDS] = { { 0 } }, share[KINDS][MOST_ROUNDS] = { { 0 } };
    hg_error error = { .message = "" };
    hinge_side *side = hinge_side_open(&(bench_work){ "document", BENCH_TRAIN, 128, 1, 0, 0, 0 }, &error);
    if (!side)
        fprintf(stderr, "bench: augmentation: %s\n", error.message);
    for (int r = 0; r < rounds && side; r++) {
        double cost[KINDS];
        for (int kind = 0; kind < KINDS; kind++) {
            hinge_side_augment(side, &augmentations[kind]);
            const double rate = hinge_side_rate(side, bench->options.seconds, &error);
            cost[kind] = rate > 0 ? 1e6 / rate : 0;
            microseconds[kind][r] = cost[kind] - cost[PLAIN];
            share[kind][r] = cost[PLAIN] > 0 ? microseconds[kind][r] / cost[PLAIN] : 0;
        }
    }
    hinge_side_close(side);
    return (augmentation_result){ { median_of(microseconds[MOVES], rounds), median_of(share[MOVES], rounds) },
                                  { median_of(microseconds[ELASTIC], rounds), median_of(share[ELASTIC], rounds) } };
}

void augmentation_print(const augmentation_result *result)
{
    printf("\naugmentation, document on one thread: shift, rotation, scale and shear\n"
           "add %.1f us an image, %.0f %% of its training; elastic as well: %.1f us, %.0f %%\n",
           result->moves.microseconds.middle, 100 * result->moves.share.middle, result->elastic.microseconds.middle,
           100 * result->elastic.share.middle);
}
