/* What a training must share with the checkpoint that it goes on from: texts by name, and
 * one that differs is named with both values. */
#include <inttypes.h>
#include <string.h>

#include "src/architecture.h"
#include "src/load.h"
#include "src/model.h"
#include "src/training.h"

/* ---- writing ---- */

static const char *const schedule_words[] = { "constant", "stepwise", "exponential", "cosine", NULL };
static const char *const average_words[] = { "none", "ema", "swa", NULL };

#define FIELD(kind, field, words)                                              \
    {                                                                          \
        "." #field, HG_OPTION_##kind, offsetof(hg_train_options, field), words \
    }
static const hg_option fields[] = {
    FIELD(INT, batch, NULL),
    FIELD(BOOL, no_shuffle, NULL),
    FIELD(REAL, augment.shift, NULL),
    FIELD(REAL, augment.rotation, NULL),
    FIELD(REAL, augment.scale, NULL),
    FIELD(REAL, augment.shear, NULL),
    FIELD(REAL, augment.elastic, NULL),
    FIELD(REAL, augment.smoothness, NULL),
    FIELD(REAL, augment.noise, NULL),
    FIELD(REAL, augment.background, NULL),
    FIELD(BOOL, augment.flip, NULL),
    FIELD(ENUM, schedule.kind, schedule_words),
    FIELD(REAL, schedule.factor, NULL),
    FIELD(REAL, schedule.every, NULL),
    FIELD(REAL, schedule.warmup, NULL),
    FIELD(REAL, clip_norm, NULL),
    FIELD(ENUM, average.kind, average_words),
    FIELD(REAL, average.decay, NULL),
    FIELD(INT, average.from, NULL),
    FIELD(BOOL, keep_best, NULL),
};

/* Words are in quotes already: every value becomes a text, so that all are compared alike. */
static void append_option(json_text *json, const char *prefix, const hg_option *option, const void *options)
{
    const char *quote = option->kind == HG_OPTION_ENUM ? "" : "\"";
    json_append(json, ",\"%s%s\":%s", prefix, option->name, quote);
    option_append(json, option, (const char *)options + option->offset);
    json_append(json, "%s", quote);
}

/* Of some of the samples, and of all if there are few: another data set of the same shape is noticed. */
static hg_status append_data(json_text *json, const char *key, const hg_dataset *dataset, hg_error *error)
{
    enum { MOST_SAMPLES = 64 };
    const uint64_t start = 0xCBF29CE484222325, prime = 0x100000001B3; /* FNV-1a */
    if (!dataset) {
        json_append(json, ",\"%s\":\"none\"", key);
        return HG_OK;
    }
    const size_t samples = dataset->count < MOST_SAMPLES ? dataset->count : MOST_SAMPLES;
    const size_t pixels = shape_units(dataset->shape);
    float *image = hg_allocate(pixels, sizeof *image);
    hg_status status = image ? HG_OK : hg_fail(error, HG_NO_MEMORY, "no memory for an image of %zu pixels", pixels);
    uint64_t hash = start;
    for (size_t i = 0; i < samples && !status; i++) {
        int label = 0;
        hg_error cause = { .status = HG_OK };
        status = load_image(dataset, i * dataset->count / samples, image, &label, &cause);
        if (status)
            hg_fail(error, status, "%s", cause.message);
        hash = (hash ^ (uint64_t)label) * prime;
        for (size_t p = 0; p < pixels && !status; p++) {
            uint32_t bits;
            memcpy(&bits, &image[p], sizeof bits);
            hash = (hash ^ bits) * prime;
        }
    }
    hg_release(image);
    json_append(json, ",\"%s\":\"%zu images of %d x %d x %d, %d classes, content %016" PRIx64 "\"", key, dataset->count,
                dataset->shape.height, dataset->shape.width, dataset->shape.channels, dataset->classes, hash);
    return status;
}

/* Only some schedules look ahead to the training's end. */
static void append_length(json_text *json, const training *t)
{
    const hg_schedule *schedule = &t->options.schedule;
    const bool spans =
        schedule->kind == HG_SCHEDULE_COSINE || (schedule->kind == HG_SCHEDULE_STEPWISE && schedule->every == 0);
    json_append(json, ",\"number of epochs that the schedule spans\":\"");
    json_append_real(json, spans ? training_length(t) : 0);
    json_append(json, "\"");
}

static hg_status append_agreement(const training *t, json_text *json, hg_error *error)
{
    const hg_optimizer *optimizer = &t->options.optimizer;
    json_append(json, "{\"bits of a number\":\"%zu\"", 8 * sizeof(hg_real));
    hg_status status = append_data(json, "training data", t->dataset, error);
    if (!status)
        status = append_data(json, "validation data", t->options.validation, error);
    json_append(json, ",\".optimizer\":");
    json_append_string(json, optimizer->type->name);
    for (size_t i = 0; i < optimizer->type->option_count; i++)
        append_option(json, ".optimizer's ", &optimizer->type->options[i], optimizer->options);
    json_append(json, ",\".seed\":\"%" PRIu64 "\"", t->options.seed);
    for (size_t i = 0; i < HG_COUNT(fields); i++)
        append_option(json, "", &fields[i], &t->options);
    append_length(json, t);
    json_append(json, "}");
    return !status && json->failed ? hg_fail(error, HG_NO_MEMORY, "no memory for the text of the options") : status;
}

hg_status checkpoint_agreement(const training *t, char **text, hg_error *error)
{
    json_text json = { 0 };
    const hg_status status = append_agreement(t, &json, error);
    if (status)
        hg_release(json.text);
    else
        *text = json.text;
    return status;
}

/* ---- comparing ---- */

/* The part of a layer's text that fits into a message. */
enum { LAYER_TEXT = 120 };

static void layer_text(const cJSON *layer, char text[LAYER_TEXT])
{
    if (!layer || !cJSON_PrintPreallocated((cJSON *)layer, text, LAYER_TEXT, false)) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(layer, "name"));
        snprintf(text, LAYER_TEXT, "%.100s", name ? name : layer ? "a layer" : "none");
    }
}

static hg_status compare_layers(const safetensors *file, const char *theirs, const char *ours, hg_error *error)
{
    if (strcmp(theirs, ours) == 0)
        return HG_OK;
    size_t stopped;
    cJSON *there = json_parse(theirs, strlen(theirs), &stopped), *here = json_parse(ours, strlen(ours), &stopped);
    const cJSON *a = there ? there->child : NULL, *b = here ? here->child : NULL;
    size_t layer = 1;
    for (; a && b && cJSON_Compare(a, b, true); layer++) {
        a = a->next;
        b = b->next;
    }
    char left[LAYER_TEXT], right[LAYER_TEXT];
    layer_text(a, left);
    layer_text(b, right);
    cJSON_Delete(there);
    cJSON_Delete(here);
    return hg_fail(error, HG_BAD_ARGUMENT,
                   "%s: layer %zu of its network is %s, of this one %s; give it the same network, or start anew",
                   file->path, layer, left, right);
}

static hg_status agree_on_layers(const training *t, const safetensors *file, hg_error *error)
{
    const char *theirs = safetensors_metadata(file, MODEL_LAYERS_KEY);
    json_text ours = { 0 };
    hg_status status = architecture_write(t->network, &ours, error);
    if (!status)
        status = compare_layers(file, theirs ? theirs : "", ours.text, error);
    hg_release(ours.text);
    return status;
}

static hg_status compare(const safetensors *file, const cJSON *theirs, const cJSON *ours, hg_error *error)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, ours)
    {
        const char *here = cJSON_GetStringValue(item);
        const char *there = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(theirs, item->string));
        if (!there)
            return hg_fail(error, HG_BAD_FILE, "%s: damaged, or of another version of hinge: it has no \"%s\"",
                           file->path, item->string);
        if (strcmp(here, there) != 0)
            return hg_fail(error, HG_BAD_ARGUMENT,
                           "%s: its %s is %.100s, that of this training %.100s; give it the same, or start anew",
                           file->path, item->string, there, here);
    }
    return HG_OK;
}

hg_status checkpoint_agree(const training *t, const safetensors *file, const cJSON *theirs, hg_error *error)
{
    char *text;
    size_t stopped;
    hg_status status = agree_on_layers(t, file, error);
    if (!status)
        status = checkpoint_agreement(t, &text, error);
    if (status)
        return status;
    cJSON *ours = json_parse(text, strlen(text), &stopped);
    status = ours ? compare(file, theirs, ours, error) : hg_fail(error, HG_NO_MEMORY, "no memory for the options");
    cJSON_Delete(ours);
    hg_release(text);
    return status;
}
