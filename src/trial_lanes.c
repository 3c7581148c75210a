/* Which lanes of a shard a layer's outputs depend on: its own sample's alone, as a
 * rule; other samples' too, in batch normalization; never one that holds no sample. */
#include <string.h>

#include "src/trial.h"

static void move_lane(trial *trial, trial_shard *shard, size_t lane, hg_real by)
{
    for (size_t k = 0; k < trial->input_count; k++)
        for (size_t unit = 0; unit < trial->input_units[k]; unit++)
            shard->start[k][unit * HG_LANES + lane] += by;
}

/* Whether the outputs of a sample other than `lane` differ from `before`, or its loss from `loss`. */
static bool others_differ(const trial *trial, const trial_shard *shard, size_t lane, const hg_real *before,
                          const double *loss)
{
    for (size_t other = 0; other < shard->count; other++) {
        if (other == lane)
            continue;
        if (trial->is_output && shard->loss[other] != loss[other])
            return true;
        for (size_t unit = 0; unit < trial->output_units && !trial->is_output; unit++)
            if (shard->output[unit * HG_LANES + other] != before[unit * HG_LANES + other])
                return true;
    }
    return false;
}

hg_status trial_lanes(trial *trial, hg_error *error)
{
    static const trial_run plain = { .in_place = false };
    trial_shard *shard = &trial->shard[TRIAL_SHARDS - 1]; /* the ragged one */
    const size_t numbers = trial->output_units * HG_LANES;
    hg_real *before = hg_allocate(numbers, sizeof *before);
    if (!before)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory to check its gradients", trial->type->name);
    double loss[HG_LANES];
    hg_status status = trial_forward(trial, &plain, error);
    memcpy(before, shard->output, numbers * sizeof *before);
    memcpy(loss, shard->loss, sizeof loss);
    for (size_t lane = 0; lane < HG_LANES && !status; lane++) {
        const hg_real by = (hg_real)(lane < HG_LANES / 2 ? trial->unit / 4 : -trial->unit / 4);
        move_lane(trial, shard, lane, by);
        status = trial_forward(trial, &plain, error);
        move_lane(trial, shard, lane, -by);
        const bool differ = others_differ(trial, shard, lane, before, loss);
        if (differ && lane >= shard->count)
            status = trial_fail(trial, error,
                                "forward's outputs depend on lane %zu of a shard of %zu samples: lanes from "
                                "pass->count on hold none, whatever stands in them",
                                lane, shard->count);
        trial->coupled = trial->coupled || differ;
    }
    hg_release(before);
    return status;
}
