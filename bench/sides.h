/* The two sides of the comparison: both do the same work for a while and say how
 * many samples a second they managed. */
#ifndef BENCH_SIDES_H
#define BENCH_SIDES_H

#include <hinge/hinge.h>

typedef enum bench_mode { BENCH_TRAIN, BENCH_EVALUATE, BENCH_PREDICT } bench_mode;

typedef struct bench_work {
    const char *network; /* a row of networks.h */
    int batch, threads;
    bench_mode mode;
} bench_work;

/* ---- hinge ---- */

/* 0 and a message on standard error if something failed. */
double hinge_rate(const bench_work *work, double seconds);

/* Floating point operations for one sample, dense: forward, and for training the
 * weights' gradients and the inputs' except the first layer's. */
double hinge_flops(const bench_work *work);

/* ---- PyTorch, in a process of its own ---- */

typedef struct pytorch pytorch;

/* `tuned` picks the environment and settings that suit PyTorch best. NULL if there
 * is no python3 with torch. */
pytorch *pytorch_start(bool tuned);
void pytorch_stop(pytorch *torch); /* NULL is fine */
const char *pytorch_version(const pytorch *torch);

/* Its samples a second; *setting names what was best, valid until the next call. 0 on failure. */
double pytorch_rate(pytorch *torch, const bench_work *work, double seconds, const char **setting);

#endif
