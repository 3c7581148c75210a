/* hinge beside PyTorch and oneDNN: the sides in turn, several rounds, medians. Prints
 * tables and writes the same as JSON. bench/README.md says what is measured and how. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hinge/hinge.h>

#include "augmentation.h"
#include "exported.h"
#include "growth.h"
#include "machine.h"
#include "other_sides.h"
#include "report.h"
#include "same_bits.h"
#include "table.h"

enum { PATH_LENGTH = 4096 };

static const char WHOLE_LABEL[] = "whole programs", THREADS_LABEL[] = "threads", AUGMENTATION_LABEL[] = "augmentation",
                  EXPORTED_LABEL[] = "exported";

/* ---- beginning and end ---- */

static int usual_threads(void)
{
    const hg_layer layers[] = { hg_image_input(1, 2), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    const int threads = network ? hg_network_threads(network) : 1;
    hg_network_destroy(network);
    return threads;
}

static void find_onednn(bench *bench)
{
    snprintf(bench->onednn_path, sizeof bench->onednn_path, "%s/onednn", bench->options.build);
    child *onednn = onednn_start(bench->onednn_path, bench->threads);
    if (onednn)
        snprintf(bench->onednn_version, sizeof bench->onednn_version, "%s", child_version(onednn));
    child_stop(onednn);
}

static const char *pytorch_version(const bench *bench)
{
    return bench->installed ? child_version(bench->installed) : "";
}

static double round_trip(const bench *bench)
{
    return bench->threads > 1 ? machine_round_trip() : 0;
}

static void print_machine(const bench *bench, double trip)
{
    char name[MACHINE_NAME_LENGTH];
    printf("\n%.40s, %d threads, %s: FMA peak %.0f GFLOP/s\n", machine_name(name), bench->threads, hg_simd_name(),
           machine_peak(bench->threads));
    if (trip > 0)
        printf("a cache line to the other core and back: %.0f ns\n", trip);
    printf("hinge %s, ", hg_version());
    if (bench->installed)
        printf("PyTorch %s, ", pytorch_version(bench));
    else
        printf("PyTorch not installed (apt-get install python3-torch),\n");
    if (bench->onednn_version[0] != '\0')
        printf("oneDNN %s\n", bench->onednn_version);
    else
        puts("oneDNN not installed (apt-get install libdnnl-dev, of version 2)");
}

static void print_legend(double trip)
{
    printf("\nMedians of several rounds; in a round the sides take turns, and ratios are taken\n"
           "round by round. \"PyTorch\" is as installed. Nobody should be fooled by that ratio:\n"
           "as installed, OpenBLAS's threads fight OpenMP's for the cores, and most of its\n"
           "two-thread time is lost there. \"Tuned\" is the best that we can make of it:\n"
           "OPENBLAS_NUM_THREADS=1 and a malloc that keeps its memory, and the fastest of\n"
           "channels first or last, eager, traced or frozen, pooling before or behind the\n"
           "activation, inference mode, OpenBLAS with more threads; bench.json says which.\n"
           "GF/s and the share of the FMA peak count every multiply and add of the dense\n"
           "layers (forward, weights' gradients, inputs' gradients but the first layer's).\n"
           "Behind a max pooling hinge may skip three quarters of a convolution's weight\n"
           "gradient, as only winners have one, and where filters are 3 x 3 or 5 x 5 half\n"
           "of a convolution's multiplications and more, by Winograd's transforms: these\n"
           "count as if they had been done.\n");
    if (trip > 0)
        printf("A cache line to the other core and back, now: %.0f ns\n", trip);
}

/* ---- the middle ---- */

static void run_section(const bench *bench, const section *section, report *report)
{
    enum { MOST_ROWS = 16 };
    const row *beside_onednn[MOST_ROWS];
    result results[MOST_ROWS];
    int count = 0;
    bool headed = false;
    for (int i = 0; i < section->count; i++) {
        const row *row = &section->rows[i];
        if (!rows_wanted(row->label, &bench->options))
            continue;
        if (!headed)
            table_heading(section);
        headed = true;
        const result result = rows_measure(bench, row);
        table_row(bench, &result, row->label);
        report_row(report, bench, section, row, &result);
        if (row->onednn && count < MOST_ROWS) {
            beside_onednn[count] = row;
            results[count++] = result;
        }
    }
    if (count > 0)
        table_onednn_heading(bench);
    for (int i = 0; i < count; i++)
        table_onednn(bench, &results[i], beside_onednn[i]->label);
}

static bool run_all(bench *bench, report *report)
{
    if (!same_bits(bench->threads))
        return false;
    const bool pytorch = pytorch_find();
    if (rows_wanted(WHOLE_LABEL, &bench->options)) {
        const whole whole = whole_measure(bench, pytorch);
        whole_print(&whole, pytorch);
        report_whole(report, &whole);
    }
    find_onednn(bench);
    bench->installed = pytorch ? pytorch_start(false) : NULL;
    bench->tuned = pytorch ? pytorch_start(true) : NULL;
    const double before = round_trip(bench);
    print_machine(bench, before);
    for (int i = 0; i < section_count; i++)
        run_section(bench, &sections[i], report);
    if (bench->threads > 1 && rows_wanted(THREADS_LABEL, &bench->options)) {
        const threads_result threads = threads_measure(bench);
        threads_print(bench, &threads);
        report_threads(report, &threads);
    }
    if (rows_wanted(AUGMENTATION_LABEL, &bench->options)) {
        const augmentation_result augmentation = augmentation_measure(bench);
        augmentation_print(&augmentation);
        report_augmentation(report, &augmentation);
    }
    if (rows_wanted(EXPORTED_LABEL, &bench->options)) {
        const median exported = exported_measure(bench);
        exported_print(&exported);
    }
    const double after = round_trip(bench);
    print_legend(after);
    report_machine(report, bench, pytorch_version(bench), before, after);
    return true;
}

int main(int argc, char **argv)
{
    char path[PATH_LENGTH];
    bench bench = { .installed = NULL };
    if (!options_parse(&bench.options, argc, argv))
        return EXIT_FAILURE;
    if (bench.options.help) {
        options_help();
        return EXIT_SUCCESS;
    }
    bench.threads = usual_threads();
    if (bench.options.growth)
        return growth_run(&bench) ? EXIT_SUCCESS : EXIT_FAILURE;
    report *report = report_create();
    snprintf(path, sizeof path, "%s/bench.json", bench.options.build);
    const bool done = report && run_all(&bench, report) && report_write(report, path);
    child_stop(bench.installed);
    child_stop(bench.tuned);
    if (report)
        report_destroy(report);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
