/* Writing checkpoints: see checkpoint.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/clock.h"
#include "src/model.h"
#include "src/training.h"
#include "src/write_file.h"

static const double SECONDS_PER_MINUTE = 60;

hg_status checkpoint_check(const hg_train_options *options, hg_error *error)
{
    if (!(options->checkpoint_minutes >= 0) || isinf(options->checkpoint_minutes))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "a checkpoint every %g minutes: it must be finite and not negative, and 0 is after epochs only",
                       options->checkpoint_minutes);
    if (options->checkpoint_minutes > 0 && !options->checkpoint)
        return hg_fail(error, HG_BAD_ARGUMENT, ".checkpoint_minutes is %g, but no .checkpoint names a file",
                       options->checkpoint_minutes);
    if (!options->checkpoint)
        return HG_OK;
    write_file probe;
    const hg_status status = write_file_open(&probe, options->checkpoint, error);
    if (!status)
        write_file_abandon(&probe);
    return status;
}

/* ---- the tensors beside the network's own ---- */

enum { MOST_SECTIONS = HG_MAX_OPTIMIZER_STATES + 2 };

/* One number for each of the network's, of all parameters or those that are learned. */
typedef struct section {
    const char *name;
    hg_real *values;
    bool learned;
} section;

static size_t list_sections(const training *t, section sections[MOST_SECTIONS])
{
    static const char *const states[HG_MAX_OPTIMIZER_STATES] = { "state_1", "state_2" };
    const hg_network *network = t->network;
    size_t count = 0;
    for (size_t i = 0; i < network->state_owner->states; i++)
        sections[count++] = (section){ states[i], network->state[i], true };
    if (t->average.values)
        sections[count++] = (section){ "average", t->average.values, false };
    if (t->validation.values)
        sections[count++] = (section){ "best", t->validation.values, false };
    return count;
}

static bool add_tensor(checkpoint *checkpoint, const parameter *parameter, const section *section)
{
    const size_t size = strlen(MODEL_FOREIGN_PREFIX) + strlen(section->name) + 1 + strlen(parameter->name) + 1;
    char *name = hg_allocate(size, 1);
    if (!name)
        return false;
    snprintf(name, size, MODEL_FOREIGN_PREFIX "%s.%s", section->name, parameter->name);
    checkpoint->tensors[checkpoint->count++] = (hg_parameter){ .name = name,
                                                               .shape = parameter->spec.shape,
                                                               .count = parameter->count,
                                                               .values = section->values + parameter->offset };
    return true;
}

static bool list_tensors(training *t)
{
    const hg_network *network = t->network;
    checkpoint *checkpoint = &t->checkpoint;
    section sections[MOST_SECTIONS];
    const size_t count = list_sections(t, sections);
    checkpoint->tensors = hg_allocate(count * network->parameter_count, sizeof *checkpoint->tensors);
    if (!checkpoint->tensors)
        return false;
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < network->parameter_count; i++)
            if ((!sections[s].learned || parameter_is_learned(&network->parameters[i])) &&
                !add_tensor(checkpoint, &network->parameters[i], &sections[s]))
                return false;
    checkpoint->best = t->validation.values ? network->parameter_count : 0;
    return true;
}

size_t checkpoint_tensors(const training *t)
{
    return t->checkpoint.count - (t->validation.best_epoch > 0 ? 0 : t->checkpoint.best);
}

/* ---- making ---- */

hg_status checkpoint_create(training *t, hg_error *error)
{
    t->checkpoint.tried = clock_seconds();
    if (!t->options.checkpoint && !t->options.resume)
        return HG_OK;
    if (!list_tensors(t))
        return hg_fail(error, HG_NO_MEMORY, "no memory for a list of what a checkpoint holds");
    return t->options.checkpoint ? checkpoint_agreement(t, &t->checkpoint.agreement, error) : HG_OK;
}

void checkpoint_destroy(checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->count; i++)
        hg_release((void *)checkpoint->tensors[i].name);
    hg_release(checkpoint->tensors);
    hg_release(checkpoint->agreement);
    *checkpoint = (struct checkpoint){ .count = 0 };
}

/* ---- saving ---- */

bool checkpoint_due(const training *t)
{
    const double minutes = t->options.checkpoint_minutes;
    return minutes > 0 && clock_seconds() - t->checkpoint.tried >= minutes * SECONDS_PER_MINUTE;
}

/* A digit a unit. */
static void append_units(json_text *json, const char *key, const unsigned char *units, size_t count)
{
    json_append(json, ",\"%s\":\"", key);
    for (size_t u = 0; u < count; u++)
        json_append(json, "%x", units[u]);
    json_append(json, "\"");
}

static void append_number(json_text *json, const char *key, double value)
{
    json_append(json, ",\"%s\":", key);
    json_append_real(json, value);
}

static void append_all(const training *t, json_text *json)
{
    const hg_network *network = t->network;
    const position *position = &t->position;
    json_append(json, "{\"epoch\":%d,\"step\":%zu,\"correct\":%zu", position->epoch, position->step, position->correct);
    append_number(json, "loss_sum", position->loss_sum);
    append_number(json, "seconds", position->seconds);
    json_append(json, ",\"best_epoch\":%d", t->validation.best_epoch);
    append_number(json, "best_loss", t->validation.best.loss);
    append_number(json, "best_accuracy", t->validation.best.accuracy);
    append_units(json, "active", t->active, network->unit_count);
    append_units(json, "silent", network->silent, network->unit_count);
    append_units(json, "unit", network->unit, network->unit_count);
    json_append(json, ",\"options\":%s}", t->checkpoint.agreement);
}

static hg_status write(const training *t, hg_error *error)
{
    json_text json = { 0 };
    append_all(t, &json);
    const hg_status status =
        json.failed ? hg_fail(error, HG_NO_MEMORY, "%s: no memory for its header", t->options.checkpoint)
                    : model_write(t->network, t->options.checkpoint, t->checkpoint.tensors, checkpoint_tensors(t),
                                  (safetensors_note){ CHECKPOINT_KEY, json.text }, error);
    hg_release(json.text);
    return status;
}

void checkpoint_save(training *t)
{
    if (!t->options.checkpoint)
        return;
    hg_error error = { .status = HG_OK };
    const double start = clock_seconds();
    write(t, &error);
    t->checkpoint.failure = error;
    t->checkpoint.tried = clock_seconds();
    const hg_checkpoint_report report = { .epoch = t->position.epoch,
                                          .epoch_step = t->position.step,
                                          .step = training_steps(t),
                                          .status = error.status,
                                          .message = error.message,
                                          .seconds = t->checkpoint.tried - start };
    if (t->options.on_checkpoint)
        t->options.on_checkpoint(&report, t->options.context);
}
