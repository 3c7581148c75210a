/* hinge beside PyTorch: the two sides in turn, several rounds, medians. Prints a
 * table and writes the same as JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "sides.h"

enum { MOST_ROUNDS = 15, USUAL_ROUNDS = 5 };

typedef struct row {
    bench_work work;
    const char *label;
} row;

/* threads 0: all that are asked for */
static const row rows[] = {
    { { "document", 128, 0, BENCH_TRAIN }, "document, batch 128" },
    { { "document", 128, 1, BENCH_TRAIN }, "document, one thread" },
    { { "document", 32, 0, BENCH_TRAIN }, "document, batch 32" },
    { { "document-threshold", 128, 0, BENCH_TRAIN }, "document, threshold_relu" },
    { { "lenet5", 128, 0, BENCH_TRAIN }, "lenet5" },
    { { "mlp", 128, 0, BENCH_TRAIN }, "mlp" },
    { { "convnet", 128, 0, BENCH_TRAIN }, "convnet" },
    { { "vgg", 64, 0, BENCH_TRAIN }, "vgg" },
    { { "document", 1000, 0, BENCH_EVALUATE }, "document, evaluation" },
    { { "document", 1, 1, BENCH_PREDICT }, "document, one image" },
};

typedef struct median {
    double low, middle, high;
} median;

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static median median_of(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return (median){ values[0], values[count / 2], values[count - 1] };
}

typedef struct result {
    median hinge, installed, tuned, over_installed, over_tuned; /* samples/s; ratios round by round */
    char setting[64];
    double gflops, share; /* of the FMA peak measured in this row */
} result;

typedef struct bench {
    int threads, rounds;
    double seconds; /* of each measurement */
    pytorch *installed, *tuned;
} bench;

static result measure(const bench *bench, bench_work work)
{
    double hinge[MOST_ROUNDS], installed[MOST_ROUNDS], tuned[MOST_ROUNDS], first[MOST_ROUNDS], second[MOST_ROUNDS];
    result result = { .setting = "" };
    const char *setting = "";
    if (work.threads == 0)
        work.threads = bench->threads;
    const double peak = machine_peak(work.threads);
    for (int r = 0; r < bench->rounds; r++) {
        hinge[r] = hinge_rate(&work, bench->seconds);
        installed[r] = bench->installed ? pytorch_rate(bench->installed, &work, bench->seconds, &setting) : 0;
        tuned[r] = bench->tuned ? pytorch_rate(bench->tuned, &work, bench->seconds, &setting) : 0;
        first[r] = installed[r] > 0 ? hinge[r] / installed[r] : 0;
        second[r] = tuned[r] > 0 ? hinge[r] / tuned[r] : 0;
    }
    snprintf(result.setting, sizeof result.setting, "%s", setting);
    result.hinge = median_of(hinge, bench->rounds);
    result.installed = median_of(installed, bench->rounds);
    result.tuned = median_of(tuned, bench->rounds);
    result.over_installed = median_of(first, bench->rounds);
    result.over_tuned = median_of(second, bench->rounds);
    result.gflops = result.hinge.middle * hinge_flops(&work) / 1e9;
    result.share = peak > 0 ? result.gflops / peak : 0;
    return result;
}

static void add_median(cJSON *object, const char *name, median m)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    cJSON_AddItemToArray(list, cJSON_CreateNumber(m.low));
    cJSON_AddItemToArray(list, cJSON_CreateNumber(m.middle));
    cJSON_AddItemToArray(list, cJSON_CreateNumber(m.high));
}

static void add_result(cJSON *list, const row *row, int threads, const result *result)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "work", row->label);
    cJSON_AddStringToObject(object, "network", row->work.network);
    cJSON_AddNumberToObject(object, "batch", row->work.batch);
    cJSON_AddNumberToObject(object, "threads", row->work.threads ? row->work.threads : threads);
    add_median(object, "hinge_samples_per_second", result->hinge);
    add_median(object, "pytorch_installed_samples_per_second", result->installed);
    add_median(object, "pytorch_tuned_samples_per_second", result->tuned);
    add_median(object, "over_installed", result->over_installed);
    add_median(object, "over_tuned", result->over_tuned);
    cJSON_AddStringToObject(object, "tuned_setting", result->setting);
    cJSON_AddNumberToObject(object, "gflops", result->gflops);
    cJSON_AddNumberToObject(object, "share_of_peak", result->share);
    cJSON_AddItemToArray(list, object);
}

static void print_ratio(median ratio)
{
    if (ratio.middle > 0)
        printf(" %7.2f", ratio.middle);
    else
        printf(" %7s", "-");
}

static void print_result(const row *row, const result *result)
{
    printf("%-25s %9.0f %9.0f %9.0f", row->label, result->hinge.middle, result->installed.middle, result->tuned.middle);
    print_ratio(result->over_installed);
    print_ratio(result->over_tuned);
    printf(" %5.0f %3.0f%%\n", result->gflops, 100 * result->share);
    fflush(stdout);
}

static bool write_json(const char *path, cJSON *json)
{
    char *text = cJSON_Print(json);
    FILE *file = text ? fopen(path, "w") : NULL;
    const bool written = file && fputs(text, file) >= 0;
    const bool closed = file && fclose(file) == 0;
    free(text);
    return written && closed;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "build/bench.json";
    const char *only = argc > 2 ? argv[2] : "";
    hg_error error = { .message = "" };
    hg_network *probe =
        hg_network_create((const hg_layer[]){ hg_image_input(1, 2), hg_softmax(), hg_classification() }, 3, &error);
    if (!probe) {
        fprintf(stderr, "bench: %s\n", error.message);
        return EXIT_FAILURE;
    }
    bench bench = { .threads = hg_network_threads(probe), .rounds = USUAL_ROUNDS, .seconds = 0.5 };
    hg_network_destroy(probe);
    bench.installed = pytorch_start(false);
    bench.tuned = pytorch_start(true);
    printf("%d threads, %s; a cache line to the other core and back: %.0f ns\n", bench.threads, hg_simd_name(),
           bench.threads > 1 ? machine_round_trip() : 0);
    if (bench.installed)
        printf("PyTorch %s, as installed and tuned\n\n", pytorch_version(bench.installed));
    else
        puts("PyTorch is not installed: apt-get install python3-torch puts it beside hinge here\n");
    printf("%-25s %29s %15s %10s\n", "", "samples a second", "hinge over", "hinge's");
    printf("%-25s %9s %9s %9s %7s %7s %5s %4s\n", "training", "hinge", "installed", "tuned", "install", "tuned", "GF/s",
           "peak");
    cJSON *json = cJSON_CreateArray();
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (!strstr(rows[i].label, only))
            continue;
        const result result = measure(&bench, rows[i].work);
        print_result(&rows[i], &result);
        add_result(json, &rows[i], bench.threads, &result);
    }
    puts("\nMedians. The ratios are taken round by round, the two sides in turn. PyTorch as\n"
         "installed lets OpenBLAS's threads and OpenMP's fight for the cores; \"tuned\" is the\n"
         "best of its settings without that. GF/s counts dense operations; what pooling\n"
         "spares the weights' gradient counts as done.");
    printf("A cache line to the other core and back, afterwards: %.0f ns\n",
           bench.threads > 1 ? machine_round_trip() : 0);
    pytorch_stop(bench.installed);
    pytorch_stop(bench.tuned);
    const bool written = write_json(path, json);
    cJSON_Delete(json);
    if (!written)
        fprintf(stderr, "bench: cannot write %s\n", path);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
