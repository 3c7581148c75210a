/* What all threads give over one: a shared machine's cores may give less than their number. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include "rows.h"

typedef struct threads_result {
    median hinge, machine; /* times one thread: document training, and the FMA peak */
} threads_result;

threads_result threads_measure(const bench *bench);
void threads_print(const bench *bench, const threads_result *result);

#endif
