/* See threads.h. */
#include <stdio.h>

#include "hinge_side.h"
#include "machine.h"
#include "table.h"
#include "threads.h"

threads_result threads_measure(const bench *bench)
{
    const int rounds = bench->options.rounds, threads[] = { 1, bench->threads };
    double hinge[MOST_ROUNDS] = { 0 }, machine[MOST_ROUNDS] = { 0 };
    hinge_side *side[] = { NULL, NULL };
    hg_error error = { .message = "" };
    for (int i = 0; i < 2; i++) {
        side[i] = hinge_side_open(&(bench_work){ "document", BENCH_TRAIN, 128, threads[i], 0, 0, 0 }, &error);
        if (!side[i])
            fprintf(stderr, "bench: threads: %s\n", error.message);
    }
    for (int r = 0; r < rounds && side[0] && side[1]; r++) {
        double rate[2], peak[2];
        for (int i = 0; i < 2; i++) {
            rate[i] = hinge_side_rate(side[i], bench->options.seconds, &error);
            peak[i] = machine_peak(threads[i]);
        }
        hinge[r] = rate[0] > 0 ? rate[1] / rate[0] : 0;
        machine[r] = peak[0] > 0 ? peak[1] / peak[0] : 0;
    }
    for (int i = 0; i < 2; i++)
        hinge_side_close(side[i]);
    return (threads_result){ median_of(hinge, rounds), median_of(machine, rounds) };
}

void threads_print(const bench *bench, const threads_result *result)
{
    char hinge[SPREAD_LENGTH], machine[SPREAD_LENGTH];
    printf("\n%d threads over one, training document: hinge %.2f (%s);\n", bench->threads, result->hinge.middle,
           table_spread(hinge, result->hinge));
    printf("the machine itself, by its FMA peak, gives %.2f (%s)\n", result->machine.middle,
           table_spread(machine, result->machine));
}
