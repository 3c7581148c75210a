/* See table.h. */
#include <stdio.h>
#include <string.h>

#include "table.h"

static int decimals(double number)
{
    return number < 10 ? 2 : number < 100 ? 1 : 0;
}

const char *table_spread(char text[SPREAD_LENGTH], median m)
{
    const int places = m.high < 10 ? 2 : m.high < 1000 ? 1 : 0;
    snprintf(text, SPREAD_LENGTH, "%.*f..%.*f", places, m.low, places, m.high);
    return text;
}

void table_heading(const section *section)
{
    const bool latency = section->rows[0].work.mode == BENCH_PREDICT;
    printf("\n%-19s%24s%15s%22s\n", section->title, latency ? "microseconds" : "samples a second", "hinge over",
           latency ? "tuned" : "hinge's");
    printf("%-19s%8s%8s%8s%8s%7s%12s%10s\n", "", "hinge", "PyTorch", "tuned", "PyTorch", "tuned", "low..high",
           latency ? "is" : "GF/s peak");
}

static void print_rate(const result *result, side side)
{
    const double rate = result->rate[side].middle, microseconds = 1e6;
    if (rate <= 0)
        printf("%8s", "failed");
    else if (result->work.mode == BENCH_PREDICT)
        printf("%8.1f", microseconds / rate);
    else
        printf("%8.0f", rate);
}

static void print_ratio(int width, median ratio)
{
    if (ratio.middle > 0)
        printf("%*.*f", width, decimals(ratio.middle), ratio.middle);
    else
        printf("%*s", width, "-");
}

void table_row(const bench *bench, const result *result, const char *label)
{
    char spread[SPREAD_LENGTH];
    printf("%-19s", label);
    print_rate(result, SIDE_HINGE);
    if (bench->installed && bench->tuned) {
        print_rate(result, SIDE_INSTALLED);
        print_rate(result, SIDE_TUNED);
    } else {
        printf("%16s", "not installed");
    }
    print_ratio(8, result->ratio[SIDE_INSTALLED]);
    print_ratio(7, result->ratio[SIDE_TUNED]);
    printf("%12s", result->ratio[SIDE_TUNED].middle > 0 ? table_spread(spread, result->ratio[SIDE_TUNED]) : "-");
    if (result->work.mode == BENCH_PREDICT)
        printf("%10.*s\n", (int)strcspn(result->setting[SIDE_TUNED], ","), result->setting[SIDE_TUNED]);
    else
        printf("%5.0f%4.0f%%\n", result->gflops, 100 * result->share.middle);
    fflush(stdout);
}

void table_onednn_heading(const bench *bench)
{
    if (bench->onednn_version[0] != '\0')
        printf("\n%-19s%8s%8s%8s%12s\n", "beside oneDNN's own", "hinge", "oneDNN", "ratio", "low..high");
    else
        puts("\nbeside oneDNN's own: not installed; apt-get install libdnnl-dev, of version 2");
}

void table_onednn(const bench *bench, const result *result, const char *label)
{
    char spread[SPREAD_LENGTH];
    const median ratio = result->ratio[SIDE_ONEDNN];
    if (bench->onednn_version[0] == '\0')
        return;
    printf("%-19s", label);
    print_rate(result, SIDE_HINGE);
    print_rate(result, SIDE_ONEDNN);
    print_ratio(8, ratio);
    printf("%12s\n", ratio.middle > 0 ? table_spread(spread, ratio) : "-");
    printf("    oneDNN's best: %s\n", result->setting[SIDE_ONEDNN]);
    fflush(stdout);
}
