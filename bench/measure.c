/* Measuring one row: see rows.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hinge_side.h"
#include "machine.h"
#include "other_sides.h"
#include "rows.h"

/* OpenBLAS's threads go on looking for work for a while after the last of it. */
static const long SETTLE_NANOSECONDS = 60 * 1000 * 1000;

static const double FIRST_SECONDS = 0.01;

typedef struct contest {
    const bench *bench;
    bench_work work;
    hinge_side *hinge;
    child *onednn;
} contest;

static double hinge_rate(const contest *contest, double seconds)
{
    hg_error error = { .message = "" };
    const double rate = contest->hinge ? hinge_side_rate(contest->hinge, seconds, &error) : 0;
    if (contest->hinge && rate == 0)
        fprintf(stderr, "bench: %s: %s\n", contest->work.network, error.message);
    return rate;
}

static double rate_of(const contest *contest, side side, double seconds, const char **setting)
{
    const bench *bench = contest->bench;
    const bench_work *work = &contest->work;
    *setting = "";
    nanosleep(&(struct timespec){ .tv_nsec = SETTLE_NANOSECONDS }, NULL);
    switch (side) {
    case SIDE_HINGE:
        return hinge_rate(contest, seconds);
    case SIDE_INSTALLED:
        return bench->installed ? pytorch_rate(bench->installed, work, seconds, setting) : 0;
    case SIDE_TUNED:
        return bench->tuned ? pytorch_rate(bench->tuned, work, seconds, setting) : 0;
    case SIDE_ONEDNN:
        return contest->onednn ? onednn_rate(contest->onednn, work, seconds, setting) : 0;
    default:
        return 0;
    }
}

/* Each side's first request makes its network and looks for its best setting. */
static void prepare(const contest *contest, result *result)
{
    for (side s = 0; s < SIDES; s++) {
        const char *setting;
        rate_of(contest, s, FIRST_SECONDS, &setting);
        snprintf(result->setting[s], CHILD_LINE, "%s", setting);
    }
}

static void run_rounds(const contest *contest, result *result)
{
    const int rounds = contest->bench->options.rounds;
    const double flops = networks_flops(&contest->work);
    double rate[SIDES][MOST_ROUNDS], ratio[SIDES][MOST_ROUNDS], peak[MOST_ROUNDS], share[MOST_ROUNDS];
    for (int r = 0; r < rounds; r++) {
        const char *setting;
        for (side s = 0; s < SIDES; s++) {
            rate[s][r] = rate_of(contest, s, contest->bench->options.seconds, &setting);
            ratio[s][r] = rate[s][r] > 0 ? rate[SIDE_HINGE][r] / rate[s][r] : 0;
        }
        peak[r] = machine_peak(contest->work.threads);
        share[r] = peak[r] > 0 ? rate[SIDE_HINGE][r] * flops / 1e9 / peak[r] : 0;
    }
    for (side s = 0; s < SIDES; s++) {
        result->rate[s] = median_of(rate[s], rounds);
        result->ratio[s] = median_of(ratio[s], rounds);
    }
    result->peak = median_of(peak, rounds);
    result->share = median_of(share, rounds);
    result->gflops = result->rate[SIDE_HINGE].middle * flops / 1e9;
}

result rows_measure(const bench *bench, const row *row)
{
    hg_error error = { .message = "" };
    contest contest = { .bench = bench, .work = row->work };
    if (contest.work.threads == 0)
        contest.work.threads = bench->threads;
    result result = { .work = contest.work };
    contest.hinge = hinge_side_open(&contest.work, &error);
    if (!contest.hinge)
        fprintf(stderr, "bench: %s: %s\n", row->label, error.message);
    contest.onednn = row->onednn ? onednn_start(bench->onednn_path, contest.work.threads) : NULL;
    prepare(&contest, &result);
    run_rounds(&contest, &result);
    child_stop(contest.onednn);
    hinge_side_close(contest.hinge);
    return result;
}
