/* Random changes of images while they are loaded for training. */
#ifndef HINGE_DATASETS_AUGMENT_H
#define HINGE_DATASETS_AUGMENT_H

#include <hinge/datasets.h>

#include "datasets/warp.h"

/* What happens to images of one shape; read by many threads at once. */
typedef struct augmenter {
    hg_augmentation options;
    hg_shape shape;
    uint64_t seed;
    bool changes; /* false: images stay as they are */
    elastic elastic;
    size_t scratch; /* numbers that augmenter_run needs */
} augmenter;

/* HG_BAD_ARGUMENT if an option is out of its range or the images are too large. */
hg_status augmenter_set_up(augmenter *augmenter, const hg_augmentation *options, hg_shape shape, uint64_t seed,
                           hg_error *error);

/* Image `index` in an epoch, [channels][height][width]. image may be out. */
void augmenter_run(const augmenter *augmenter, uint32_t epoch, uint32_t index, const float *image, float *scratch,
                   float *out);

/* What was drawn for an image, but for elastic distortion and noise. */
typedef struct augment_drawn {
    double shift_x, shift_y; /* pixels to the right and downwards */
    double rotation;         /* degrees, counterclockwise */
    double scale;            /* factor */
    double shear;            /* pixels to the right for each pixel downwards, before the rotation */
    bool flip;
} augment_drawn;

augment_drawn augment_draw(const hg_augmentation *options, hg_random *random);

/* Everything turns about the image's middle. */
warp_map augment_map(const augment_drawn *drawn, hg_shape shape);

#endif
