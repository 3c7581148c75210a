/* See other_sides.h. */
#include <stddef.h>
#include <stdio.h>

#include "other_sides.h"

enum { NUMBER = 16 };

/* OpenBLAS's own threads fight OpenMP's, and freed memory goes back to the system
 * at every step, unless told otherwise. */
static const char *const tuned_environment[] = { "OPENBLAS_NUM_THREADS=1", "MALLOC_MMAP_THRESHOLD_=1000000000",
                                                 "MALLOC_TRIM_THRESHOLD_=4000000000", NULL };

static const char *python; /* the one that has torch */

static const char *kind(bool tuned)
{
    return tuned ? "tuned" : "installed";
}

static child_use import_torch(const char *interpreter)
{
    static const char *const text = "try:\n import torch\nexcept ImportError:\n raise SystemExit(1)";
    return child_run((const char *const[]){ interpreter, "-c", text, NULL }, NULL);
}

bool pytorch_find(void)
{
    /* Debian's python3 has Debian's torch, whatever else is first in the path */
    static const char *const interpreters[] = { "/usr/bin/python3", "python3" };
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters && !python; i++)
        if (import_torch(interpreters[i]).seconds > 0)
            python = interpreters[i];
    return python != NULL;
}

child *pytorch_start(bool tuned)
{
    const char *const arguments[] = { python, "-B", "bench/pytorch.py", kind(tuned), NULL };
    return child_start(arguments, tuned ? tuned_environment : NULL);
}

double pytorch_rate(child *pytorch, const bench_work *work, double seconds, const char **setting)
{
    static const char *const modes[] = { "train", "evaluate", "predict" };
    char request[CHILD_LINE];
    snprintf(request, sizeof request, "%s %d %d %g %s", work->network, work->batch, work->threads, seconds,
             modes[work->mode]);
    return child_ask(pytorch, request, setting);
}

child_use pytorch_run(bool tuned, const char *folder, int epochs, int steps)
{
    char epoch_count[NUMBER], step_count[NUMBER];
    snprintf(epoch_count, sizeof epoch_count, "%d", epochs);
    snprintf(step_count, sizeof step_count, "%d", steps);
    const char *const arguments[] = { python,     "-B", "bench/pytorch_whole.py", kind(tuned), folder, epoch_count,
                                      step_count, NULL };
    return folder ? child_run(arguments, tuned ? tuned_environment : NULL) : import_torch(python);
}

child *onednn_start(const char *path, int threads)
{
    char setting[CHILD_LINE];
    snprintf(setting, sizeof setting, "OMP_NUM_THREADS=%d", threads);
    return child_start((const char *const[]){ path, NULL }, (const char *const[]){ setting, NULL });
}

double onednn_rate(child *onednn, const bench_work *work, double seconds, const char **setting)
{
    char request[CHILD_LINE];
    snprintf(request, sizeof request, "%d %g", work->batch, seconds);
    return child_ask(onednn, request, setting);
}
