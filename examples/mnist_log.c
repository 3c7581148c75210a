/* The log of a run. cJSON writes a double with the digits it needs to come back as
 * it was, and one that is not finite as null. */
#include <errno.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "mnist_log.h"

hg_status mnist_log_open(mnist_log *log, const char *path, bool append, hg_error *error)
{
    *log = (mnist_log){ .path = path };
    if (!path)
        return HG_OK;
    log->stream = fopen(path, append ? "a" : "w");
    if (!log->stream)
        return hg_fail(error, HG_IO, "--log: cannot write %s: %s", path, strerror(errno));
    return HG_OK;
}

static cJSON *layer_object(const hg_activation_report *layer)
{
    const struct {
        const char *key;
        double value;
    } rows[] = {
        { "zero_share", layer->zero_share },       { "silent", (double)layer->silent },
        { "dead", (double)layer->dead },           { "units", (double)layer->units },
        { "new_dead", (double)layer->new_dead },   { "revived", (double)layer->revived },
        { "threshold_min", layer->threshold_min }, { "threshold_mean", layer->threshold_mean },
        { "threshold_max", layer->threshold_max },
    };
    const size_t threshold_rows = 3;
    size_t count = layer->thresholds > 0 ? HG_COUNT(rows) : HG_COUNT(rows) - threshold_rows;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < count; i++) {
        if (!cJSON_AddNumberToObject(object, rows[i].key, rows[i].value)) {
            cJSON_Delete(object);
            return NULL;
        }
    }
    return object;
}

/* Whether all of it found memory. */
static bool fill_epoch(cJSON *object, const hg_epoch_report *report)
{
    const struct {
        const char *key;
        double value;
    } rows[] = {
        { "epoch", report->epoch },
        { "steps", (double)report->steps },
        { "train_seconds", report->train_seconds },
        { "train_loss", report->train_loss },
        { "train_accuracy", report->train_accuracy },
        { "test_seconds", report->test.seconds },
        { "test_loss", report->test.loss },
        { "test_accuracy", report->test.accuracy },
        { "learning_rate", report->learning_rate },
        { "validation_loss", report->validation.loss },
        { "validation_accuracy", report->validation.accuracy },
        { "best_epoch", report->best_epoch },
    };
    const size_t validation_rows = 3;
    const size_t count = report->validated ? HG_COUNT(rows) : HG_COUNT(rows) - validation_rows;
    for (size_t i = 0; i < count; i++) {
        if (!cJSON_AddNumberToObject(object, rows[i].key, rows[i].value))
            return false;
    }
    cJSON *layers = cJSON_AddObjectToObject(object, "layers");
    if (!layers)
        return false;
    for (size_t i = 0; i < report->layer_count; i++) {
        cJSON *layer = layer_object(&report->layers[i]);
        if (!cJSON_AddItemToObject(layers, report->layers[i].layer, layer)) {
            cJSON_Delete(layer);
            return false;
        }
    }
    return true;
}

static hg_status fail_writing(mnist_log *log, int why, hg_error *error)
{
    if (log->stream)
        fclose(log->stream);
    log->stream = NULL;
    return hg_fail(error, HG_IO, "--log: cannot write %s: %s; the log ends here", log->path, strerror(why));
}

hg_status mnist_log_epoch(mnist_log *log, const hg_epoch_report *report, hg_error *error)
{
    if (!log->stream)
        return HG_OK;
    cJSON *object = cJSON_CreateObject();
    char *line = object && fill_epoch(object, report) ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!line)
        return fail_writing(log, ENOMEM, error);
    int written = fprintf(log->stream, "%s\n", line);
    bool failed = written < 0 || fflush(log->stream) != 0;
    int why = errno;
    cJSON_free(line);
    return failed ? fail_writing(log, why, error) : HG_OK;
}

hg_status mnist_log_close(mnist_log *log, hg_error *error)
{
    FILE *stream = log->stream;
    log->stream = NULL;
    if (stream && fclose(stream) != 0)
        return fail_writing(log, errno, error);
    return HG_OK;
}
