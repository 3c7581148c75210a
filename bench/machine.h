/* What the machine can do right now. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* Multiply-adds in registers at the level of instructions in use, on `threads`
 * threads at once: GFLOP/s of all together. */
double machine_peak(int threads);

/* The processor's own name. Returns text. */
enum { MACHINE_NAME_LENGTH = 128 };
const char *machine_name(char text[MACHINE_NAME_LENGTH]);

/* A cache line's way to another core and back, in nanoseconds; 0 on one core. */
double machine_round_trip(void);

#endif
