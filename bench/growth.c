/* See growth.h. All points of a table are measured in every round, one after the
 * other, so that a machine that slows down or speeds up does so for all. */
#include <stdio.h>

#include "growth.h"
#include "hinge_side.h"
#include "machine.h"
#include "table.h"

enum { MOST_POINTS = 16, BATCH = 128, SIDE_PIXELS = 28, FILTERS = 20 };

typedef struct point {
    int value; /* what grows */
    bench_work work;
    hinge_side *side;
    double flops;
    double rate[MOST_ROUNDS], peak[MOST_ROUNDS];
} point;

typedef struct growth {
    const bench *bench;
    const char *what;
    point points[MOST_POINTS];
    int count;
} growth;

static void print_point(const growth *growth, const point *point)
{
    char spread[SPREAD_LENGTH];
    const int rounds = growth->bench->options.rounds;
    double share[MOST_ROUNDS], gflops[MOST_ROUNDS];
    for (int r = 0; r < rounds; r++) {
        gflops[r] = point->rate[r] * point->flops / 1e9;
        share[r] = point->peak[r] > 0 ? 100 * gflops[r] / point->peak[r] : 0;
    }
    const median rate = median_of(point->rate, rounds), shares = median_of(share, rounds);
    printf("| %d | %.0f | %s | %.1f | %.1f | %.0f %% |\n", point->value, rate.middle, table_spread(spread, rate),
           point->flops / 1e6, median_of(gflops, rounds).middle, shares.middle);
}

static bool measure(growth *growth)
{
    const options *options = &growth->bench->options;
    hg_error error = { .message = "" };
    bool measured = true;
    for (int p = 0; p < growth->count && measured; p++) {
        point *point = &growth->points[p];
        point->flops = networks_flops(&point->work);
        point->side = hinge_side_open(&point->work, &error);
        measured = point->side != NULL;
    }
    for (int r = 0; r < options->rounds && measured; r++)
        for (int p = 0; p < growth->count && measured; p++) {
            point *point = &growth->points[p];
            point->rate[r] = hinge_side_rate(point->side, options->seconds, &error);
            point->peak[r] = machine_peak(point->work.threads);
            measured = point->rate[r] > 0;
        }
    for (int p = 0; p < growth->count; p++)
        hinge_side_close(growth->points[p].side);
    if (!measured)
        fprintf(stderr, "bench: %s: %s\n", growth->what, error.message);
    return measured;
}

static bool run(growth *growth)
{
    if (!measure(growth))
        return false;
    printf("\n| %s | samples/s | low..high | MFLOP a sample | GFLOP/s | of the FMA peak |\n", growth->what);
    puts("|---:|---:|---:|---:|---:|---:|");
    for (int p = 0; p < growth->count; p++)
        print_point(growth, &growth->points[p]);
    fflush(stdout);
    return true;
}

static void print_origin(const bench *bench)
{
    char name[MACHINE_NAME_LENGTH];
    printf("%s, %d threads, %s; hinge %s; medians of %d rounds.\n", machine_name(name), bench->threads, hg_simd_name(),
           hg_version(), bench->options.rounds);
}

static growth begin(const bench *bench, const char *what)
{
    return (growth){ .bench = bench, .what = what };
}

static bench_work *add(growth *growth, int value)
{
    point *point = &growth->points[growth->count++];
    *point = (struct point){ .value = value };
    point->work = (bench_work){ .network = "document",
                                .batch = BATCH,
                                .threads = growth->bench->threads,
                                .side = SIDE_PIXELS,
                                .filters = FILTERS };
    return &point->work;
}

bool growth_run(const bench *bench)
{
    static const int batches[] = { 1, 16, 32, 128, 512, 2048 }, filters[] = { 20, 40, 80, 160 },
                     sides[] = { 28, 56, 112 };
    growth by_batch = begin(bench, "batch"), by_filters = begin(bench, "filters"), by_side = begin(bench, "image side"),
           by_threads = begin(bench, "threads");
    for (size_t i = 0; i < HG_COUNT(batches); i++)
        add(&by_batch, batches[i])->batch = batches[i];
    for (size_t i = 0; i < HG_COUNT(filters); i++)
        add(&by_filters, filters[i])->filters = filters[i];
    for (size_t i = 0; i < HG_COUNT(sides); i++)
        add(&by_side, sides[i])->side = sides[i];
    /* doubled once past the cores */
    for (int threads = 1; threads <= 2 * bench->threads && by_threads.count < MOST_POINTS; threads *= 2)
        add(&by_threads, threads)->threads = threads;
    print_origin(bench);
    return run(&by_batch) && run(&by_filters) && run(&by_side) && run(&by_threads);
}
