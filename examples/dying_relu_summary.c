/* Means over seeds, differences paired by seed. */
#include <math.h>

#include "dying_relu_statistics.h"
#include "dying_relu_summary.h"

static const double PER_CENT = 100;

const run *experiment_find(const experiment *experiment, int scenario, int activation, int seed)
{
    const size_t each = experiment->count / (size_t)experiment->seeds;
    for (size_t i = 0; i < each; i++) {
        const run *run = &experiment->runs[(size_t)seed * each + i];
        if (run->scenario == scenario && run->activation == activation)
            return run->state == RUN_MISSING ? NULL : run;
    }
    return NULL;
}

const run_epoch *run_at(const run *run, int epoch)
{
    return &run->epochs[epoch < run->last_epoch ? epoch : run->last_epoch];
}

static void add_thresholds(summary *summary, const run *run)
{
    const run_epoch *start = run_at(run, 0), *end = run_at(run, run->last_epoch);
    const bool first = !summary->thresholds;
    summary->thresholds = true;
    summary->threshold_start = start->threshold_mean;
    summary->threshold_min = first ? end->threshold_min : fmin(summary->threshold_min, end->threshold_min);
    summary->threshold_max = first ? end->threshold_max : fmax(summary->threshold_max, end->threshold_max);
    summary->threshold_mean += end->threshold_mean;
}

static void add_run(summary *summary, const run *run)
{
    const run_epoch *end = run_at(run, run->last_epoch);
    summary->failed += run_failed(run);
    summary->dead += (double)end->dead / (double)end->units;
    summary->silent += (double)end->silent / (double)end->units;
    if (end->thresholds > 0)
        add_thresholds(summary, run);
}

summary summarize(const experiment *experiment, int scenario, int activation)
{
    summary summary = { .runs = 0 };
    double *accuracy = hg_allocate((size_t)experiment->seeds, 2 * sizeof *accuracy);
    if (!accuracy)
        return summary;
    double *difference = accuracy + experiment->seeds;
    for (int seed = 0; seed < experiment->seeds; seed++) {
        const run *run = experiment_find(experiment, scenario, activation, seed);
        const struct run *relu = experiment_find(experiment, scenario, RELU, seed);
        if (!run)
            continue;
        accuracy[summary.runs++] = PER_CENT * run->test_accuracy;
        if (relu)
            difference[summary.pairs++] = PER_CENT * (run->test_accuracy - relu->test_accuracy);
        add_run(&summary, run);
    }
    if (summary.runs > 0) {
        summary.accuracy = statistics_mean(accuracy, summary.runs);
        summary.deviation = statistics_deviation(accuracy, summary.runs);
        summary.dead /= (double)summary.runs;
        summary.silent /= (double)summary.runs;
        summary.threshold_mean /= (double)summary.runs;
    }
    if (summary.pairs > 0) {
        summary.difference = statistics_mean(difference, summary.pairs);
        summary.half_width = statistics_half_width(difference, summary.pairs);
    }
    hg_release(accuracy);
    return summary;
}
