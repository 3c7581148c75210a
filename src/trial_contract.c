/* The rules of hinge/layer.h that a layer must keep beside its formulas. */
#include <math.h>
#include <string.h>

#include "src/network.h"
#include "src/trial.h"

/* What one pass computed, kept to be compared with another's. */
typedef struct kept {
    hg_real *output[TRIAL_SHARDS], *input_gradient[TRIAL_SHARDS][HG_MAX_INPUTS];
    hg_real *parameter_gradient[HG_MAX_PARAMETERS];
    double loss[TRIAL_SHARDS][HG_LANES];
} kept;

/* Adding to a start costs bits; the order of a sum may differ. */
static const double CLOSE = 1e-3, GRADIENT_START = 1;

static hg_real *copy(const hg_real *from, size_t count)
{
    hg_real *to = hg_allocate(count, sizeof *to);
    if (to)
        memcpy(to, from, count * sizeof *to);
    return to;
}

static bool keep_outputs(const trial *trial, kept *kept)
{
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        memcpy(kept->loss[s], trial->shard[s].loss, sizeof kept->loss[s]);
        kept->output[s] = copy(trial->shard[s].output, trial->output_units * HG_LANES);
        if (!kept->output[s])
            return false;
    }
    return true;
}

static bool keep_gradients(const trial *trial, kept *kept)
{
    bool all = true;
    for (size_t s = 0; s < TRIAL_SHARDS; s++)
        for (size_t k = 0; k < trial->input_count; k++) {
            kept->input_gradient[s][k] = copy(trial->shard[s].input_gradient[k], trial->input_units[k] * HG_LANES);
            all = all && kept->input_gradient[s][k];
        }
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        if (trial->parameter_gradient[i]) {
            kept->parameter_gradient[i] = copy(trial->parameter_gradient[i], trial->parameter_size[i]);
            all = all && kept->parameter_gradient[i];
        }
    return all;
}

static void release(kept *kept)
{
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        hg_release(kept->output[s]);
        for (size_t k = 0; k < HG_MAX_INPUTS; k++)
            hg_release(kept->input_gradient[s][k]);
    }
    for (size_t i = 0; i < HG_MAX_PARAMETERS; i++)
        hg_release(kept->parameter_gradient[i]);
}

/* ---- forward ---- */

static hg_status check_written(const trial *trial, bool training, hg_error *error)
{
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        const trial_shard *shard = &trial->shard[s];
        for (size_t lane = 0; trial->is_output && lane < shard->count; lane++)
            if (!isfinite(shard->loss[lane]))
                return trial_fail(trial, error,
                                  "forward leaves the loss of sample %zu at %g: not written, or computed "
                                  "from numbers past the end of a buffer",
                                  s * HG_LANES + lane, shard->loss[lane]);
        /* in training, layers behind this one go through all lanes */
        const size_t lanes = training ? HG_LANES : shard->count;
        for (size_t i = 0; !trial->is_output && i < trial->output_units * HG_LANES; i++)
            if (i % HG_LANES < lanes && !isfinite(shard->output[i]))
                return trial_fail(trial, error,
                                  "forward%s leaves the output of unit %zu, lane %zu of %zu samples, at %g: not "
                                  "written, or computed from a number that was not",
                                  training ? "" : " when not training", i / HG_LANES, i % HG_LANES, shard->count,
                                  (double)shard->output[i]);
    }
    return HG_OK;
}

static hg_status check_same_outputs(const trial *trial, const kept *kept, hg_error *error)
{
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        const trial_shard *shard = &trial->shard[s];
        if (memcmp(shard->output, kept->output[s], trial->output_units * HG_LANES * sizeof(hg_real)) != 0 ||
            (trial->is_output && memcmp(shard->loss, kept->loss[s], shard->count * sizeof *shard->loss) != 0))
            return trial_fail(trial, error,
                              "forward gives other outputs for the same inputs: it keeps something between calls, or "
                              "draws random numbers not keyed by pass->seed, epoch, layer and sample");
    }
    return HG_OK;
}

static hg_status check_forward(trial *trial, kept *kept, hg_error *error)
{
    hg_status status = trial_forward(trial, &(trial_run){ .evaluating = true }, error);
    if (!status)
        status = check_written(trial, false, error);
    if (!status)
        status = trial_forward(trial, &(trial_run){ 0 }, error);
    if (!status)
        status = check_written(trial, true, error);
    if (status)
        return status;
    if (!keep_outputs(trial, kept))
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory to check its gradients", trial->type->name);
    status = trial_forward(trial, &(trial_run){ 0 }, error);
    return status ? status : check_same_outputs(trial, kept, error);
}

/* ---- backward ---- */

static hg_status check_input_gradients(const trial *trial, hg_error *error)
{
    for (size_t s = 0; s < TRIAL_SHARDS; s++)
        for (size_t k = 0; k < trial->input_count; k++)
            for (size_t i = 0; i < trial->input_units[k] * HG_LANES; i++) {
                const double gradient = (double)trial->shard[s].input_gradient[k][i];
                if (!isfinite(gradient))
                    return trial_fail(
                        trial, error,
                        "backward leaves the gradient of input %zu, unit %zu, lane %zu, at %g: it must be "
                        "overwritten, and computed only from what the traits say backward may read",
                        k + 1, i / HG_LANES, i % HG_LANES, gradient);
                if (i % HG_LANES >= trial->shard[s].count && gradient != 0)
                    return trial_fail(
                        trial, error,
                        "backward gives input %zu, unit %zu, a gradient of %g in lane %zu, which holds no "
                        "sample: output_gradient is 0 there, and so must this be",
                        k + 1, i / HG_LANES, gradient, i % HG_LANES);
            }
    return HG_OK;
}

static hg_status check_same(const trial *trial, const hg_real *a, const hg_real *b, size_t count, double start,
                            const char *tensor, const char *rule, hg_error *error)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)b[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)a[i] - start - (double)b[i]) <= CLOSE * largest))
            return trial_fail(trial, error, "the gradient of %s, number %zu, is %g instead of %g %s", tensor, i,
                              (double)a[i], (double)b[i] + start, rule);
    return HG_OK;
}

static hg_status check_same_parameters(const trial *trial, const kept *kept, double start, const char *rule,
                                       hg_error *error)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < trial->setup.parameter_count && !status; i++)
        if (trial->parameter_gradient[i])
            status = check_same(trial, trial->parameter_gradient[i], kept->parameter_gradient[i],
                                trial->parameter_size[i], start, trial->setup.parameter[i].name, rule, error);
    return status;
}

static hg_status check_same_inputs(const trial *trial, const kept *kept, const char *rule, hg_error *error)
{
    static const char *const names[HG_MAX_INPUTS] = { "input 1", "input 2", "input 3", "input 4",
                                                      "input 5", "input 6", "input 7", "input 8" };
    hg_status status = HG_OK;
    for (size_t s = 0; s < TRIAL_SHARDS; s++)
        for (size_t k = 0; k < trial->input_count && !status; k++)
            status = check_same(trial, trial->shard[s].input_gradient[k], kept->input_gradient[s][k],
                                trial->input_units[k] * HG_LANES, 0, names[k], rule, error);
    return status;
}

static hg_status again(trial *trial, const trial_run *run, hg_error *error)
{
    const hg_status status = trial_forward(trial, run, error);
    return status ? status : trial_backward(trial, run, error);
}

static hg_status check_batch(trial *trial, const kept *kept, hg_error *error)
{
    if (!trial->type->backward_batch)
        return HG_OK;
    const hg_real *inputs[TRIAL_SHARDS], *output_gradients[TRIAL_SHARDS];
    hg_batch_pass pass = { .options = trial->options,
                           .state = trial->setup.state,
                           .input_shape = trial->input_shape[0],
                           .output_shape = trial->setup.output,
                           .shards = TRIAL_SHARDS,
                           .input = inputs,
                           .output_gradient = output_gradients };
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        inputs[s] = trial->shard[s].start[0];
        output_gradients[s] = trial->shard[s].slope;
    }
    memcpy(pass.parameter_gradient, trial->parameter_gradient, sizeof pass.parameter_gradient);
    for (int add = 0; add < 2; add++) {
        pass.add = add;
        for (size_t i = 0; i < trial->setup.parameter_count; i++)
            for (size_t n = 0; trial->parameter_gradient[i] && n < trial->parameter_size[i]; n++)
                trial->parameter_gradient[i][n] = (hg_real)GRADIENT_START;
        for (size_t part = 0; part < trial->setup.parts; part++)
            trial->type->backward_batch(&pass, part);
        const hg_status status =
            check_same_parameters(trial, kept, add ? GRADIENT_START : 0,
                                  add ? "by backward_batch with pass->add" : "by backward_batch", error);
        if (status)
            return status;
    }
    return HG_OK;
}

static hg_status check_backward(trial *trial, kept *kept, hg_error *error)
{
    static const trial_run plain = { 0 }, started = { .gradient_start = GRADIENT_START },
                           in_place = { .in_place = true }, without_inputs = { .inputs_unasked = true },
                           without_parameters = { .parameters_unasked = true };
    hg_status status = again(trial, &plain, error);
    if (!status)
        status = check_input_gradients(trial, error);
    if (status)
        return status;
    if (!keep_gradients(trial, kept))
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory to check its gradients", trial->type->name);
    status = again(trial, &started, error);
    if (!status)
        status = check_same_parameters(trial, kept, GRADIENT_START,
                                       "where 1 was there before: parameter gradients are added to", error);
    if (!status)
        status = again(trial, &in_place, error);
    if (!status)
        status = check_same_inputs(trial, kept, "when it works in place, as its traits allow", error);
    if (!status)
        status = check_same_parameters(trial, kept, 0, "when it works in place, as its traits allow", error);
    if (!status)
        status = again(trial, &without_inputs, error);
    if (!status)
        status = check_same_parameters(trial, kept, 0, "when nobody asks for the inputs' gradients", error);
    if (!status && trial->type->backward_batch)
        status = again(trial, &without_parameters, error);
    if (!status && trial->type->backward_batch)
        status = check_same_inputs(trial, kept, "when nobody asks for the parameters' gradients", error);
    if (!status)
        status = check_batch(trial, kept, error);
    return status ? status : again(trial, &plain, error);
}

hg_status trial_contract(trial *trial, hg_error *error)
{
    kept kept = { .output = { NULL } };
    hg_status status = check_forward(trial, &kept, error);
    if (!status)
        status = check_backward(trial, &kept, error);
    release(&kept);
    return status;
}
