/* Where samples come from. */
#ifndef HINGE_DATASETS_H
#define HINGE_DATASETS_H

#include <hinge/layer.h>

HG_BEGIN_DECLARATIONS

/* A numbered collection of labelled images. Anyone can make one: fill in the
 * struct. Everything is read by many threads at once and never written. */
typedef struct hg_dataset hg_dataset;
struct hg_dataset {
    size_t count;   /* samples, at least 1 */
    hg_shape shape; /* of each image */
    int classes;    /* labels are 0 to classes - 1 */

    /* Writes image `index` to image, [channels][height][width] in [0, 1], and its
     * class to *label. On failure fills in *error. */
    hg_status (*read)(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error);

    /* If all images are bytes in memory: [count][channels][height][width], 0 to 255,
     * and their labels [count]. Then `read` may be NULL, and reading is faster. */
    const unsigned char *pixels;
    const unsigned char *labels;

    /* A view: image i is image index[i] of `whole`, which is none itself. `read` reads that one; who
     * knows of views finds its pixels there. NULL: no view. */
    const hg_dataset *whole;
    const uint32_t *index; /* [count] */

    void (*destroy)(hg_dataset *dataset); /* releases everything; NULL: nothing to do */
    void *context;                        /* the maker's own */
};

/* NULL is fine. */
HG_API void hg_dataset_destroy(hg_dataset *dataset);

/* Two views of a data set: *part has `share` of its images, in (0, 1) and rounded, drawn at
 * random by the seed, and *rest the others, both in the data set's order. Images in memory
 * are not copied, and read as fast. The data set must outlive both; each is released with
 * hg_dataset_destroy. On failure both stay untouched. */
HG_API hg_status hg_dataset_split(const hg_dataset *dataset, double share, uint64_t seed, hg_dataset **rest,
                                  hg_dataset **part, hg_error *error);

/* Images and labels of two IDX files (http://yann.lecun.com/exdb/mnist/), each
 * plain or .gz: unsigned bytes of rank 3 [count, height, width] and rank 1 [count].
 * NULL with *error filled in if a file is missing, damaged, too long or too short,
 * the counts disagree, or a label is >= classes. Release with hg_dataset_destroy. */
HG_API hg_dataset *hg_idx_open(const char *images_path, const char *labels_path, int classes, hg_error *error);

typedef enum hg_mnist_part { HG_MNIST_TRAINING, HG_MNIST_TEST } hg_mnist_part;

/* MNIST, or anything under the same file names (Fashion-MNIST), from a folder:
 * train-images-idx3-ubyte and so on, each plain or with .gz behind it. */
HG_API hg_dataset *hg_mnist_open(const char *folder, hg_mnist_part part, hg_error *error);

/* `count` 28 x 28 images of digits drawn from strokes with a random hand, ten
 * classes; image `index` depends on seed and index alone, so that two sets of one
 * seed begin alike. Draws with `threads` threads (0: all cores). */
HG_API hg_dataset *hg_synthetic_digits(size_t count, uint64_t seed, int threads, hg_error *error);

HG_END_DECLARATIONS

#endif
