/* What a side is asked to do for a while. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

typedef enum bench_mode { BENCH_TRAIN, BENCH_EVALUATE, BENCH_PREDICT } bench_mode;

typedef struct bench_work {
    const char *network; /* a name of networks.c */
    bench_mode mode;
    int batch;         /* samples a step; of hinge's evaluation: its own */
    int threads;       /* 0: all */
    int images;        /* in the data set; 0: a few thousand */
    int side, filters; /* of the document's network; 0: 28 pixels both ways, 20 filters */
} bench_work;

#endif
