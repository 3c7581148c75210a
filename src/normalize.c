/* The input layer's mean and deviation image from a data set. */
#include <math.h>

#include "src/failure.h"
#include "src/load.h"
#include "src/team.h"

enum { BLOCK_SHARDS = 64 }; /* samples are summed in fixed blocks, so that the sums are the same for any threads */

/* Sums of x and x^2 of every pixel, one pair of images a block. */
typedef struct sums {
    size_t pixels;
    double *origin;     /* [pixels]: the first image; x is counted from there, so that what never changes sums to 0 */
    double *x, *square; /* [blocks][pixels] */
    const hg_dataset *dataset;
    team *team;
    first_failure failure;
} sums;

static void add_shard(const shard *shard, const hg_real *images, const double *origin, double *x, double *square,
                      size_t pixels)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t l = 0; l < shard->count; l++) {
            const double value = (double)images[p * HG_LANES + l] - origin[p];
            x[p] += value;
            square[p] += value * value;
        }
}

static hg_status sum_block(sums *sums, size_t block, shard *shard, hg_error *error)
{
    const size_t begin = block * BLOCK_SHARDS * HG_LANES;
    for (size_t s = 0; s < BLOCK_SHARDS && begin + s * HG_LANES < sums->dataset->count; s++) {
        const size_t first = begin + s * HG_LANES, left = sums->dataset->count - first;
        const hg_status status =
            load_shard(sums->dataset, NULL, NULL, first, left < HG_LANES ? left : HG_LANES, shard, error);
        if (status)
            return status;
        add_shard(shard, shard_images(shard), sums->origin, sums->x + block * sums->pixels,
                  sums->square + block * sums->pixels, sums->pixels);
    }
    return HG_OK;
}

static void run_block(size_t block, int worker, void *context)
{
    sums *sums = context;
    hg_error local = { .status = HG_OK };
    if (sum_block(sums, block, &sums->team->shards[worker], &local))
        first_failure_note(&sums->failure, block, &local);
}

static bool all_finite(const sums *sums, size_t blocks)
{
    for (size_t i = 0; i < blocks * sums->pixels; i++)
        if (!isfinite(sums->x[i]))
            return false;
    return true;
}

static void write_statistics(const sums *sums, size_t blocks, hg_real *mean, hg_real *deviation)
{
    const double count = (double)sums->dataset->count;
    for (size_t p = 0; p < sums->pixels; p++) {
        double x = 0, square = 0;
        for (size_t block = 0; block < blocks; block++) {
            x += sums->x[block * sums->pixels + p];
            square += sums->square[block * sums->pixels + p];
        }
        const double variance = square / count - (x / count) * (x / count);
        if (mean)
            mean[p] = (hg_real)(sums->origin[p] + x / count);
        if (deviation)
            deviation[p] = variance > 0 ? (hg_real)sqrt(variance) : 1;
    }
}

hg_status hg_network_normalize(hg_network *network, const hg_dataset *dataset, hg_error *error)
{
    sums sums = { .pixels = shape_units(dataset->shape), .dataset = dataset, .failure = first_failure_none() };
    hg_status status = load_check(network, dataset, "the data set", error);
    if (!status)
        status = team_get(network, PLAN_FAST, &sums.team, error);
    if (status)
        return status;
    const parameter *mean = parameters_of_node(network, network->input_node, "mean");
    const parameter *deviation = parameters_of_node(network, network->input_node, "deviation");
    if (mean || deviation) {
        const size_t block_samples = BLOCK_SHARDS * HG_LANES,
                     blocks = (dataset->count + block_samples - 1) / block_samples;
        sums.origin = hg_allocate(sums.pixels, sizeof *sums.origin);
        sums.x = hg_allocate(blocks, sums.pixels * sizeof *sums.x);
        sums.square = hg_allocate(blocks, sums.pixels * sizeof *sums.square);
        if (!sums.origin || !sums.x || !sums.square)
            status = hg_fail(error, HG_NO_MEMORY, "no memory for the statistics of %zu pixels", sums.pixels);
        if (!status)
            status = load_shard(dataset, NULL, NULL, 0, 1, &sums.team->shards[0], error);
        for (size_t p = 0; p < sums.pixels && !status; p++)
            sums.origin[p] = (double)shard_images(&sums.team->shards[0])[p * HG_LANES];
        if (!status) {
            pool_run(sums.team->pool, blocks, run_block, &sums);
            status = first_failure_status(&sums.failure, error);
        }
        if (!status && !all_finite(&sums, blocks))
            status = hg_fail(error, HG_NOT_FINITE, "a pixel of the data set's images is infinite or not a number");
        if (!status)
            write_statistics(&sums, blocks, mean ? network->values + mean->offset : NULL,
                             deviation ? network->values + deviation->offset : NULL);
        hg_release(sums.origin);
        hg_release(sums.x);
        hg_release(sums.square);
    }
    if (!status)
        network_mark_normalized(network);
    return status;
}
