/* Where samples come from. */
#ifndef HINGE_DATASETS_H
#define HINGE_DATASETS_H

#include <hinge/layer.h>

HG_BEGIN_DECLARATIONS

/* A numbered collection of labelled images. Anyone can make one: fill in the
 * struct. Everything is read by many threads at once and never written. */
typedef struct hg_dataset hg_dataset;
struct hg_dataset {
    size_t count;                   /* samples, at least 1 */
    hg_shape shape;                 /* of each image */
    int classes;                    /* labels are 0 to classes - 1 */
    const char *const *class_names; /* [classes], or NULL: they have none */

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

/* ---- augmentation ---- */

/* How an image may be changed at random each time a network is trained on it; a field
 * left at zero changes nothing. Everything is drawn uniformly and anew for each image
 * and epoch, the same for all channels but for the noise. All moves together cost one
 * bilinear interpolation. */
typedef struct hg_augmentation {
    double shift;      /* pixels: at most so many across, and so many up or down; 0 to the image's longer side */
    double rotation;   /* degrees: at most, either way, about the middle; 0 to 180 */
    double scale;      /* 0.1: a factor of 0.9 to 1.1; 0 to 0.9 */
    double shear;      /* pixels across for each pixel up or down: at most, either way; 0 to 2 */
    double elastic;    /* pixels: standard deviation of the displacements, in x and in y, of an elastic distortion;
                        * Simard et al. 2003: alpha / (sigma sqrt(12 pi)), 1.4 in their best network */
    double smoothness; /* pixels: its sigma, over which displacements are alike; 0: 4, Simard's; else at least 1 */
    double noise;      /* standard deviation of what is added to each pixel, about normal; 0 to 1. May leave [0, 1] */
    double background; /* what lies outside of the image; 0 to 1 */
    bool flip;         /* every other image, at random, is mirrored left to right */
} hg_augmentation;

/* Writes to out, which may be image, what training makes of an image [channels][height]
 * [width]: index is its number in the data set, seed that of the training, epoch counts
 * from 1. The same numbers for the same arguments. HG_BAD_ARGUMENT if a field is out of
 * its range or not finite, HG_NO_MEMORY; out is then untouched. */
HG_API hg_status hg_augment(const hg_augmentation *augmentation, hg_shape shape, const float *image, uint64_t seed,
                            uint32_t epoch, uint32_t index, float *out, hg_error *error);

/* ---- pictures: PNG, JPEG, BMP, PGM and PPM ----
 * What is transparent shows white behind it, a photograph is turned as its EXIF
 * orientation says, and grey is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
 * Files need not be trusted: damaged ones fail with a message, and none takes more
 * memory than its stated size needs. */
typedef struct hg_picture {
    int channels, height, width; /* channels: 1 (grey) or 3 (red, green, blue) */
    unsigned char *pixels;       /* [channels][height][width], 0 to 255 */
} hg_picture;

enum {
    HG_PICTURE_BYTES = 1 << 28, /* at most, of a file */
    HG_PICTURE_PIXELS = 1 << 26 /* at most, of a picture: height * width */
};

/* Reads a file as `channels` channels (0: as many as it has, 1 or 3). HG_IO if it cannot
 * be read, HG_BAD_FILE if it is no such picture, damaged, cut off or too large.
 * On failure *picture is as it was; else release it with hg_picture_release. */
HG_API hg_status hg_picture_read(hg_picture *picture, const char *path, int channels, hg_error *error);

/* The same of a file's content in memory; messages begin with `name`. */
HG_API hg_status hg_picture_decode(hg_picture *picture, const char *name, const void *bytes, size_t size, int channels,
                                   hg_error *error);
HG_API void hg_picture_release(hg_picture *picture); /* NULL, or one that is all zero, is fine */

/* Resizes to shape.height x shape.width, each way by itself: smaller by averaging
 * areas, larger by going straight between pixels. image is [channels][height][width]
 * in [0, 1], whole 255ths, as hg_network_predict takes it. HG_BAD_ARGUMENT if the
 * picture's channels are not the shape's, or a size is below 1. */
HG_API hg_status hg_picture_fit(const hg_picture *picture, hg_shape shape, float *image, hg_error *error);

/* ---- a folder of pictures: folder/class/picture.png ----
 * Each folder in `folder` is a class; the pictures in it, and in folders in it, are its
 * samples: files that end in png, jpg, jpeg, bmp, pgm, ppm or pnm, whatever the case.
 * Classes are numbered by name and samples ordered by path, byte by byte, in any locale.
 * Hidden files and folders are passed over, links to folders are followed only where
 * they are a class. */

/* Which samples: each one's part is a hash of its "class/picture.png" alone, so that
 * further pictures leave the part of the others as it is. */
typedef enum hg_folder_part { HG_WHOLE_FOLDER, HG_TRAINING_PART, HG_VALIDATION_PART } hg_folder_part;

typedef struct hg_image_folder_options {
    hg_shape shape; /* every picture becomes so large, by hg_picture_fit; channels 1 or 3 */
    hg_folder_part part;
    double validation_share; /* of the pictures, about; 0: 0.2 */

    /* The classes, where they are known beforehand: labels are places in this list, and a
     * folder that is not in it is an error. NULL: the folders themselves. */
    const char *const *class_names;
    size_t class_count;

    size_t memory; /* bytes that decoded pictures may take; 0: 1 GiB. If they are more, they
                    * stay in their files and are read whenever they are asked for. */
    int threads;   /* that decode; 0: all cores */
    bool strict;   /* what would be skipped is an error */

    /* Told, in the order of paths, of each picture that cannot be read, folder without
     * pictures, and file that is passed over although it looks like a picture: of each in
     * the part that it would be in. */
    void (*on_skip)(const char *path, const char *why, void *context);
    void *context;
} hg_image_folder_options;

/* NULL with *error filled in if the folder, or one in it, cannot be read, or no picture
 * is left. At most 256 classes and all in memory: the fastest to train on. Release with hg_dataset_destroy. */
HG_API hg_dataset *hg_image_folder_open(const char *folder, const hg_image_folder_options *options, hg_error *error);

/* The path of sample `index` of such a data set, which owns it. */
HG_API const char *hg_image_folder_path(const hg_dataset *dataset, size_t index);

HG_END_DECLARATIONS

#endif
