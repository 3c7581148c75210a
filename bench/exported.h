/* One image through the document's network as C, made by hg_export_c. */
#ifndef BENCH_EXPORTED_H
#define BENCH_EXPORTED_H

#include "rows.h"

/* Microseconds an image; all 0 if there is no compiler, or something else failed. */
median exported_measure(const bench *bench);
void exported_print(const median *microseconds);

#endif
