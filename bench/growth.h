/* How hinge's cost grows with the batch, the filters, the image and the threads. */
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

#include <stdbool.h>

#include "rows.h"

/* Prints Markdown tables. False if something failed. */
bool growth_run(const bench *bench);

#endif
