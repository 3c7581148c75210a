/* Whole programs from start to end: examples/mnist beside a PyTorch script of the same task. */
#ifndef BENCH_WHOLE_H
#define BENCH_WHOLE_H

#include "rows.h"

enum { WHOLE_EPOCHS = 2 };

typedef struct whole {
    child_use hinge, installed, tuned; /* a training of WHOLE_EPOCHS */
    median hinge_step, installed_step; /* seconds from start to exit after one training step */
    median import_alone;               /* seconds of `import torch` */
} whole;

/* To be called while this process is small, see child_run. `pytorch`: it is installed. */
whole whole_measure(const bench *bench, bool pytorch);
void whole_print(const whole *whole, bool pytorch);

#endif
