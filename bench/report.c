/* See report.h. A median is written as [low, middle, high]. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include <hinge/hinge.h>

#include "machine.h"
#include "report.h"

struct report {
    cJSON *all, *rows;
};

report *report_create(void)
{
    report *report = calloc(1, sizeof *report);
    cJSON *all = report ? cJSON_CreateObject() : NULL;
    cJSON *rows = all ? cJSON_AddArrayToObject(all, "rows") : NULL;
    if (rows) {
        *report = (struct report){ all, rows };
        return report;
    }
    cJSON_Delete(all);
    free(report);
    return NULL;
}

void report_destroy(report *report)
{
    cJSON_Delete(report->all);
    free(report);
}

static void add_median(cJSON *object, const char *name, median m)
{
    cJSON_AddItemToObject(object, name, cJSON_CreateDoubleArray((double[]){ m.low, m.middle, m.high }, 3));
}

void report_machine(report *report, const bench *bench, const char *pytorch_version, double round_trip_before,
                    double round_trip_after)
{
    char name[MACHINE_NAME_LENGTH];
    cJSON *machine = cJSON_AddObjectToObject(report->all, "machine");
    cJSON_AddStringToObject(machine, "processor", machine_name(name));
    cJSON_AddNumberToObject(machine, "threads", bench->threads);
    cJSON_AddStringToObject(machine, "instructions", hg_simd_name());
    cJSON_AddNumberToObject(machine, "round_trip_before_ns", round_trip_before);
    cJSON_AddNumberToObject(machine, "round_trip_after_ns", round_trip_after);
    cJSON_AddNumberToObject(report->all, "rounds", bench->options.rounds);
    cJSON_AddNumberToObject(report->all, "seconds", bench->options.seconds);
    cJSON *versions = cJSON_AddObjectToObject(report->all, "versions");
    cJSON_AddStringToObject(versions, "hinge", hg_version());
    cJSON_AddStringToObject(versions, "pytorch", pytorch_version);
    cJSON_AddStringToObject(versions, "onednn", bench->onednn_version);
}

void report_row(report *report, const bench *bench, const section *section, const row *row, const result *result)
{
    static const char *const names[SIDES] = { "hinge", "pytorch_installed", "pytorch_tuned", "onednn" };
    const bool present[SIDES] = { true, bench->installed, bench->tuned,
                                  row->onednn && bench->onednn_version[0] != '\0' };
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "section", section->title);
    cJSON_AddStringToObject(object, "row", row->label);
    cJSON_AddStringToObject(object, "network", result->work.network);
    cJSON_AddNumberToObject(object, "batch", result->work.batch);
    cJSON_AddNumberToObject(object, "threads", result->work.threads);
    for (int i = 0; i < SIDES; i++) {
        if (!present[i])
            continue;
        cJSON *side = cJSON_AddObjectToObject(object, names[i]);
        add_median(side, "samples_per_second", result->rate[i]);
        if (i == SIDE_HINGE)
            continue;
        add_median(side, "hinge_over_it", result->ratio[i]);
        cJSON_AddStringToObject(side, "setting", result->setting[i]);
    }
    cJSON_AddNumberToObject(object, "gflops", result->gflops);
    add_median(object, "peak_gflops", result->peak);
    add_median(object, "share_of_peak", result->share);
    cJSON_AddItemToArray(report->rows, object);
}

void report_threads(report *report, const threads_result *result)
{
    cJSON *object = cJSON_AddObjectToObject(report->all, "all_threads_over_one");
    add_median(object, "hinge", result->hinge);
    add_median(object, "fma_peak", result->machine);
}

void report_augmentation(report *report, const augmentation_result *result)
{
    cJSON *object = cJSON_AddObjectToObject(report->all, "augmentation");
    add_median(object, "moves_microseconds", result->moves.microseconds);
    add_median(object, "moves_share", result->moves.share);
    add_median(object, "elastic_microseconds", result->elastic.microseconds);
    add_median(object, "elastic_share", result->elastic.share);
}

static void add_use(cJSON *object, const char *name, child_use use)
{
    cJSON *item = cJSON_AddObjectToObject(object, name);
    cJSON_AddNumberToObject(item, "seconds", use.seconds);
    cJSON_AddNumberToObject(item, "peak_megabytes", use.megabytes);
}

void report_whole(report *report, const whole *whole)
{
    cJSON *object = cJSON_AddObjectToObject(report->all, "whole_programs");
    cJSON_AddNumberToObject(object, "epochs", WHOLE_EPOCHS);
    add_use(object, "hinge", whole->hinge);
    add_use(object, "pytorch_installed", whole->installed);
    add_use(object, "pytorch_tuned", whole->tuned);
    add_median(object, "hinge_one_step_seconds", whole->hinge_step);
    add_median(object, "pytorch_one_step_seconds", whole->installed_step);
    add_median(object, "pytorch_import_seconds", whole->import_alone);
}

bool report_write(const report *report, const char *path)
{
    char *text = cJSON_Print(report->all);
    FILE *file = text ? fopen(path, "w") : NULL;
    const bool written = file && fputs(text, file) >= 0;
    const bool closed = file && fclose(file) == 0;
    free(text);
    if (!written || !closed)
        fprintf(stderr, "bench: cannot write %s\n", path);
    return written && closed;
}
