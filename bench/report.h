/* The same as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "augmentation.h"
#include "threads.h"
#include "whole.h"

typedef struct report report;

/* NULL without memory. Release with report_destroy. */
report *report_create(void);
void report_destroy(report *report);

void report_machine(report *report, const bench *bench, const char *pytorch_version, double round_trip_before,
                    double round_trip_after);
void report_row(report *report, const bench *bench, const section *section, const row *row, const result *result);
void report_augmentation(report *report, const augmentation_result *result);
void report_threads(report *report, const threads_result *result);
void report_whole(report *report, const whole *whole);

/* False, with a message on standard error, if the file could not be written whole. */
bool report_write(const report *report, const char *path);

#endif
