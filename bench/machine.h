/* What the machine can do right now. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* Multiply-adds in registers at the level of instructions in use, on `threads`
 * threads at once: GFLOP/s of all together. */
double machine_peak(int threads);

/* A cache line's way to another core and back, in nanoseconds; 0 on one core. */
double machine_round_trip(void);

#endif
