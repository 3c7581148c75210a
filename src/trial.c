/* See trial.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/network.h"
#include "src/trial.h"

enum { POISON = 0xff /* every byte of it: NaN in float and double */ };

hg_status trial_fail(const trial *trial, hg_error *error, const char *format, ...)
{
    char message[HG_ERROR_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return hg_fail(error, HG_BAD_LAYER, "%s: %s", trial->type->name, message);
}

/* ---- buffers with a row of NaN behind them ---- */

static void *guarded(trial *trial, size_t bytes, const char *what, bool added_to)
{
    const hg_real untouched = (hg_real)-0.0; /* which adding anything, even 0, changes */
    unsigned char *memory = hg_allocate(bytes + HG_ALIGNMENT, 1);
    if (!memory)
        return NULL;
    memset(memory, POISON, bytes + HG_ALIGNMENT);
    for (size_t i = 0; added_to && i < HG_ALIGNMENT; i += sizeof untouched)
        memcpy(memory + bytes + i, &untouched, sizeof untouched);
    trial->guard[trial->guards++] = (trial_guard){ what, memory, bytes, added_to };
    return memory;
}

static hg_real *guarded_rows(trial *trial, size_t units, const char *what)
{
    return guarded(trial, units * HG_LANES * sizeof(hg_real), what, false);
}

static hg_status check_guards(const trial *trial, hg_error *error)
{
    const hg_real untouched = (hg_real)-0.0;
    for (size_t g = 0; g < trial->guards; g++) {
        const trial_guard *guard = &trial->guard[g];
        const unsigned char *behind = guard->memory + guard->bytes;
        for (size_t i = 0; i < HG_ALIGNMENT; i++)
            if (behind[i] !=
                (guard->added_to ? ((const unsigned char *)&untouched)[i % sizeof untouched] : (unsigned char)POISON))
                return trial_fail(trial, error, "it writes past the end of its %s (%zu bytes)", guard->what,
                                  guard->bytes);
    }
    return HG_OK;
}

bool trial_allocate(trial *trial)
{
    trial->scratch = guarded(trial, trial->setup.scratch, "scratch", false);
    trial->active = guarded(trial, (size_t)trial->setup.output.channels, "active", false);
    bool all = trial->scratch && trial->active;
    for (size_t i = 0; i < trial->setup.parameter_count; i++) {
        const hg_parameter_spec *spec = &trial->setup.parameter[i];
        const size_t bytes = trial->parameter_size[i] * sizeof(hg_real);
        trial->parameter[i] = guarded(trial, bytes, spec->name, false);
        trial->parameter_gradient[i] = spec->frozen ? NULL : guarded(trial, bytes, "parameter gradient", true);
        all = all && trial->parameter[i] && (spec->frozen || trial->parameter_gradient[i]);
    }
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        trial_shard *shard = &trial->shard[s];
        for (size_t k = 0; k < trial->input_count; k++) {
            shard->start[k] = hg_allocate(trial->input_units[k], HG_LANES * sizeof(hg_real));
            shard->input[k] = guarded_rows(trial, trial->input_units[k], "input");
            shard->input_gradient[k] = guarded_rows(trial, trial->input_units[k], "input gradient");
            all = all && shard->start[k] && shard->input[k] && shard->input_gradient[k];
        }
        shard->slope = hg_allocate(trial->output_units, HG_LANES * sizeof(hg_real));
        shard->output = guarded_rows(trial, trial->output_units, "output");
        shard->output_gradient = guarded_rows(trial, trial->output_units, "output gradient");
        shard->saved = guarded(trial, trial->setup.saved, "saved", false);
        all = all && shard->slope && shard->output && shard->output_gradient && shard->saved;
    }
    return all;
}

void trial_close(trial *trial)
{
    for (size_t g = 0; g < trial->guards; g++)
        hg_release(trial->guard[g].memory);
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        hg_release(trial->shard[s].slope);
        for (size_t k = 0; k < HG_MAX_INPUTS; k++)
            hg_release(trial->shard[s].start[k]);
    }
    hg_release(trial->setup.state);
}

/* ---- running ---- */

static hg_pass pass_of(trial *trial, const trial_run *run, size_t s)
{
    trial_shard *shard = &trial->shard[s];
    hg_pass pass = { .options = trial->options,
                     .state = trial->setup.state,
                     .count = shard->count,
                     .training = !run->evaluating,
                     .input_count = trial->input_count,
                     .output_shape = trial->setup.output,
                     .output = shard->output,
                     .saved = shard->saved,
                     .scratch = trial->scratch,
                     .active = trial->active,
                     .seed = trial->seed,
                     .epoch = 1,
                     .label = shard->label,
                     .gradient_scale = 1,
                     .loss = shard->loss };
    memcpy(pass.input_shape, trial->input_shape, sizeof pass.input_shape);
    for (size_t k = 0; k < trial->input_count; k++)
        pass.input[k] = shard->input[k];
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        pass.parameter[i] = trial->parameter[i];
    for (size_t lane = 0; lane < shard->count; lane++)
        pass.sample[lane] = (uint32_t)(s * HG_LANES + lane);
    if (run->in_place && trial->type->traits & HG_IN_PLACE)
        pass.output = shard->input[0];
    return pass;
}

static void poison(hg_real *rows, size_t units)
{
    memset(rows, POISON, units * HG_LANES * sizeof *rows);
}

hg_status trial_forward(trial *trial, const trial_run *run, hg_error *error)
{
    memset(trial->active, 0, (size_t)trial->setup.output.channels);
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        trial_shard *shard = &trial->shard[s];
        memset(trial->scratch, POISON, trial->setup.scratch);
        memset(shard->saved, POISON, trial->setup.saved);
        poison(shard->output, trial->output_units);
        for (size_t lane = 0; lane < HG_LANES; lane++)
            shard->loss[lane] = NAN;
        for (size_t k = 0; k < trial->input_count; k++)
            memcpy(shard->input[k], shard->start[k], trial->input_units[k] * HG_LANES * sizeof(hg_real));
        const hg_pass pass = pass_of(trial, run, s);
        trial->type->forward(&pass);
    }
    return check_guards(trial, error);
}

hg_status trial_backward(trial *trial, const trial_run *run, hg_error *error)
{
    const unsigned traits = trial->type->traits;
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        for (size_t n = 0; trial->parameter_gradient[i] && n < trial->parameter_size[i]; n++)
            trial->parameter_gradient[i][n] = (hg_real)run->gradient_start;
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        trial_shard *shard = &trial->shard[s];
        hg_pass pass = pass_of(trial, run, s);
        memset(trial->scratch, POISON, trial->setup.scratch);
        /* the memory of what backward does not read may have been given to others */
        if (traits & HG_IN_PLACE && pass.output != shard->input[0])
            poison(shard->input[0], trial->input_units[0]);
        if (!(traits & HG_READS_OUTPUT))
            poison(pass.output, trial->output_units);
        memcpy(shard->output_gradient, shard->slope, trial->output_units * HG_LANES * sizeof(hg_real));
        pass.output_gradient = trial->is_output ? NULL : shard->output_gradient;
        for (size_t k = 0; k < trial->input_count; k++) {
            poison(shard->input_gradient[k], trial->input_units[k]);
            pass.input_gradient[k] = run->inputs_unasked ? NULL : shard->input_gradient[k];
        }
        if (run->in_place && traits & HG_IN_PLACE_GRADIENT && pass.input_gradient[0])
            pass.input_gradient[0] = shard->output_gradient;
        for (size_t i = 0; i < trial->setup.parameter_count; i++)
            pass.parameter_gradient[i] = run->parameters_unasked ? NULL : trial->parameter_gradient[i];
        trial->type->backward(&pass);
        if (pass.input_gradient[0] == shard->output_gradient)
            memcpy(shard->input_gradient[0], shard->output_gradient,
                   trial->input_units[0] * HG_LANES * sizeof(hg_real));
    }
    return check_guards(trial, error);
}
