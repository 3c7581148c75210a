/* What is kept of several rounds. */
#ifndef BENCH_MEDIAN_H
#define BENCH_MEDIAN_H

enum { MOST_ROUNDS = 15 };

typedef struct median {
    double low, middle, high;
} median;

/* Of 1 to MOST_ROUNDS values. */
median median_of(const double *values, int count);

#endif
