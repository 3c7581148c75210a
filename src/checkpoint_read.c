/* Going on from a checkpoint: see checkpoint.h. The file may be damaged or made by hand: each
 * number is checked before it is used. */
#include <math.h>
#include <string.h>

#include "src/json.h"
#include "src/model.h"
#include "src/training.h"

static hg_status damaged(const safetensors *file, const char *key, const char *wanted, hg_error *error)
{
    return hg_fail(error, HG_BAD_FILE, "%s: damaged: \"%s\" in \"" CHECKPOINT_KEY "\" is not %s", file->path, key,
                   wanted);
}

static hg_status read_whole(const safetensors *file, const cJSON *tree, const char *key, size_t most, size_t *value,
                            hg_error *error)
{
    int64_t whole;
    if (!json_whole(cJSON_GetObjectItemCaseSensitive(tree, key), &whole) || whole < 0 || (uint64_t)whole > most)
        return damaged(file, key, "a whole number in its range", error);
    *value = (size_t)whole;
    return HG_OK;
}

static hg_status read_real(const safetensors *file, const cJSON *tree, const char *key, double *value, hg_error *error)
{
    return json_real(cJSON_GetObjectItemCaseSensitive(tree, key), value) ? HG_OK
                                                                         : damaged(file, key, "a number", error);
}

static hg_status read_units(const safetensors *file, const cJSON *tree, const char *key, unsigned char most,
                            unsigned char *units, size_t count, hg_error *error)
{
    static const char digits[] = "0123456789abcdef";
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, key));
    if (!text || strlen(text) != count)
        return damaged(file, key, "a digit for each unit", error);
    for (size_t u = 0; u < count; u++) {
        const size_t digit = (size_t)(strchr(digits, text[u]) - digits);
        if (!strchr(digits, text[u]) || digit > most)
            return damaged(file, key, "a digit for each unit", error);
        units[u] = (unsigned char)digit;
    }
    return HG_OK;
}

/* ---- the text ---- */

static cJSON *parse(const safetensors *file, hg_error *error)
{
    const char *text = safetensors_metadata(file, CHECKPOINT_KEY);
    if (!text) {
        hg_fail(error, HG_BAD_FILE,
                "%s: is no checkpoint (\"" CHECKPOINT_KEY
                "\" is missing in its metadata); to start from the weights of "
                "a model file, use hg_network_load_weights",
                file->path);
        return NULL;
    }
    size_t stopped;
    cJSON *tree = json_parse(text, strlen(text), &stopped);
    if (!tree)
        hg_fail(error, HG_BAD_FILE, "%s: damaged: \"" CHECKPOINT_KEY "\" is not JSON at byte %zu", file->path, stopped);
    return tree;
}

/* Where it goes on, with the sums; their units are left out. */
static hg_status read_position(const training *t, const safetensors *file, const cJSON *tree, position *position,
                               hg_error *error)
{
    const size_t steps = training_epoch_steps(t);
    size_t epoch = 0;
    hg_status status = read_whole(file, tree, "epoch", INT32_MAX, &epoch, error);
    if (!status && epoch == 0)
        status = damaged(file, "epoch", "a whole number from 1", error);
    if (!status)
        status = read_whole(file, tree, "step", steps - 1, &position->step, error);
    if (!status)
        status =
            read_whole(file, tree, "correct", position->step * (size_t)t->options.batch, &position->correct, error);
    if (!status)
        status = read_real(file, tree, "loss_sum", &position->loss_sum, error);
    if (!status)
        status = read_real(file, tree, "seconds", &position->seconds, error);
    position->epoch = (int)epoch;
    return status;
}

static hg_status check_length(const training *t, const safetensors *file, const position *position, hg_error *error)
{
    const training there = { .dataset = t->dataset, .options = t->options, .position = *position };
    const uint64_t steps = training_steps(&there);
    if (position->epoch - (position->step == 0) > t->options.epochs)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: has come to epoch %d, further than .epochs = %d; give at least %d",
                       file->path, position->epoch, t->options.epochs, position->epoch);
    if (t->options.steps > 0 && steps > t->options.steps)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "%s: has done %llu steps, more than .steps = %llu; give at least as many, or 0 for no limit",
                       file->path, (unsigned long long)steps, (unsigned long long)t->options.steps);
    return HG_OK;
}

hg_status checkpoint_open(const training *t, safetensors *file, hg_error *error)
{
    hg_status status = safetensors_open(file, t->options.resume, error);
    if (status)
        return status;
    position position = { .epoch = 0 };
    cJSON *tree = parse(file, error);
    status = tree ? checkpoint_agree(t, file, cJSON_GetObjectItemCaseSensitive(tree, "options"), error) : HG_BAD_FILE;
    if (!status)
        status = read_position(t, file, tree, &position, error);
    if (!status)
        status = check_length(t, file, &position, error);
    cJSON_Delete(tree);
    if (status)
        safetensors_close(file);
    return status;
}

/* ---- all of it ---- */

static hg_status read_best(training *t, const safetensors *file, const cJSON *tree, hg_error *error)
{
    validation *validation = &t->validation;
    const size_t done = (size_t)t->position.epoch - 1;
    size_t best = 0;
    hg_status status = read_whole(file, tree, "best_epoch", t->options.validation ? done : 0, &best, error);
    if (!status && t->options.validation && done > 0 && best == 0)
        status = damaged(file, "best_epoch", "an epoch", error);
    if (!status)
        status = read_real(file, tree, "best_loss", &validation->best.loss, error);
    if (!status)
        status = read_real(file, tree, "best_accuracy", &validation->best.accuracy, error);
    validation->best_epoch = (int)best;
    validation->epochs_since = (int)(done - best);
    return status;
}

static hg_status read_tensors(training *t, const safetensors *file, hg_error *error)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < checkpoint_tensors(t) && !status; i++) {
        const safetensors_tensor *found;
        status = model_tensor(file, &t->checkpoint.tensors[i], &found, error);
        if (!status)
            status = safetensors_read(file, found, t->checkpoint.tensors[i].values, error);
    }
    return status;
}

static hg_status load(training *t, const safetensors *file, const cJSON *tree, hg_error *error)
{
    enum { FLAGS = HG_UNIT_DEAD | HG_UNIT_SILENT | HG_UNIT_NEW | HG_UNIT_REVIVED };
    hg_network *network = t->network;
    const size_t units = network->unit_count;
    hg_status status = read_position(t, file, tree, &t->position, error);
    if (!status)
        status = read_best(t, file, tree, error);
    if (!status)
        status = read_units(file, tree, "active", true, t->active, units, error);
    if (!status)
        status = read_units(file, tree, "silent", true, network->silent, units, error);
    if (!status)
        status = read_units(file, tree, "unit", FLAGS, network->unit, units, error);
    if (!status)
        status = read_tensors(t, file, error);
    if (!status)
        status = model_read(network, file, error);
    if (status)
        return status;
    network->optimizer_steps = training_steps(t);
    average_resume(&t->average, training_steps(t), t->position.epoch - 1);
    return HG_OK;
}

hg_status checkpoint_load(training *t, const safetensors *file, hg_error *error)
{
    cJSON *tree = parse(file, error);
    const hg_status status = tree ? load(t, file, tree, error) : HG_BAD_FILE;
    cJSON_Delete(tree);
    return status;
}
