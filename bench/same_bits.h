/* The promise that the number of threads changes no bit, kept in this very build. */
#ifndef BENCH_SAME_BITS_H
#define BENCH_SAME_BITS_H

#include <stdbool.h>

/* Trains the document's network for some steps with 1, 3 and all threads and prints a
 * line. False if a parameter differs, or something failed. */
bool same_bits(int threads);

#endif
