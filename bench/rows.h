/* What is measured side by side. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>

#include "child.h"
#include "median.h"
#include "options.h"
#include "work.h"

typedef enum side { SIDE_HINGE, SIDE_INSTALLED, SIDE_TUNED, SIDE_ONEDNN, SIDES } side;

typedef struct row {
    const char *label;
    bench_work work;
    bool onednn; /* that side can do it too */
} row;

typedef struct section {
    const char *title;
    const row *rows;
    int count;
} section;

extern const section sections[];
extern const int section_count;

/* Whether the command line asks for a row. */
bool rows_wanted(const char *label, const options *options);

/* ---- measuring ---- */

typedef struct bench {
    options options;
    int threads;              /* all */
    child *installed, *tuned; /* PyTorch; NULL: not installed */
    char onednn_path[CHILD_LINE];
    char onednn_version[CHILD_LINE]; /* empty: not installed */
} bench;

typedef struct result {
    bench_work work;     /* with the number of threads filled in */
    median rate[SIDES];  /* samples a second; all 0 where a side is missing or failed */
    median ratio[SIDES]; /* hinge's rate over the side's, round by round */
    char setting[SIDES][CHILD_LINE];
    double gflops;      /* hinge's, dense */
    median peak, share; /* the machine's FMA peak in GFLOP/s, round by round; hinge's share of it */
} result;

/* Several rounds, the sides in turn. */
result rows_measure(const bench *bench, const row *row);

#endif
