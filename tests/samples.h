/* Small data sets that count how often each sample is read and go wrong on purpose,
 * small networks, and an allocator that fails on purpose. */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include <stdatomic.h>

#include <hinge/hinge.h>

typedef enum samples_fault {
    SAMPLES_WHOLE,
    SAMPLES_FAIL,        /* "sample 7 is torn", HG_IO */
    SAMPLES_FAIL_MUTELY, /* HG_IO without filling in the error */
    SAMPLES_LABEL_HIGH,
    SAMPLES_LABEL_NEGATIVE,
    SAMPLES_NAN
} samples_fault;

typedef struct samples {
    hg_dataset dataset; /* reads one by one */
    hg_dataset bytes;   /* the same as bytes in memory */
    atomic_int *reads;  /* [count]: how often each was read */
    samples_fault fault;
    size_t fault_from; /* this sample and all behind it */
} samples;

/* Random images and labels, the same for a seed. */
void samples_open(samples *samples, size_t count, hg_shape shape, int classes, uint64_t seed);
void samples_close(samples *samples);

/* All images [count][units] and labels; the caller frees *images and *labels. */
void samples_copy(const samples *samples, hg_real **images, int **labels);

enum { SMALL_SIDE = 8, SMALL_CLASSES = 4 };
static const hg_shape small_shape = { 1, SMALL_SIDE, SMALL_SIDE };

/* Convolution 3x3 to 5 channels, ReLU of one kind, pooling, fully connected: 8 x 8 images, 4 classes. */
hg_network *small_network(hg_layer activation, int threads);

/* All parameters' values, frozen ones too, one behind the other; the caller frees. */
hg_real *copy_parameters(hg_network *network, size_t *count);
void assert_same_parameters(hg_network *a, hg_network *b);

/* Writes random numbers in (-scale, scale) to every learnable parameter. */
void randomize_parameters(hg_network *network, double scale, uint64_t seed);

/* Counts what is allocated and not released. Of the allocations after `allow`, so
 * many succeed (-1, and before it: all). */
void failing_allocator_install(void);
void failing_allocator_allow(long allocations);
long failing_allocator_outstanding(void);
void failing_allocator_remove(void);

#endif
