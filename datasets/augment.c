/* See include/hinge/datasets.h. A pixel p of the result is the image at
 *
 *     flip^-1 scale^-1 shear^-1 rotation^-1 (p - middle - shift) + middle + displacement(p)
 *
 * and noise is added to it. */
#include <math.h>
#include <string.h>

#include "datasets/augment.h"
#include "datasets/four.h"

static const double USUAL_SMOOTHNESS = 4; /* pixels: Simard's */
static const double DEGREE = 3.14159265358979323846 / 180;

/* ---- what may be asked for ---- */

typedef struct range {
    const char *name, *unit;
    double value, lowest, highest;
} range;

static hg_status check_ranges(const hg_augmentation *options, hg_shape shape, hg_error *error)
{
    const double side = shape.height > shape.width ? shape.height : shape.width;
    const range ranges[] = {
        { "shift", " pixels", options->shift, 0, side },
        { "rotation", " degrees", options->rotation, 0, 180 },
        { "scale", "", options->scale, 0, 0.9 },
        { "shear", "", options->shear, 0, 2 },
        { "elastic", " pixels", options->elastic, 0, side },
        { "smoothness", " pixels", options->smoothness == 0 ? USUAL_SMOOTHNESS : options->smoothness, 1, 1e6 },
        { "noise", "", options->noise, 0, 1 },
        { "background", "", options->background, 0, 1 },
    };
    for (size_t i = 0; i < HG_COUNT(ranges); i++) {
        const range *r = &ranges[i];
        if (!(r->value >= r->lowest && r->value <= r->highest))
            return hg_fail(error, HG_BAD_ARGUMENT, "augmentation: %s is %g%s: give %g to %g", r->name, r->value,
                           r->unit, r->lowest, r->highest);
    }
    return HG_OK;
}

static bool changes(const hg_augmentation *options)
{
    return options->shift > 0 || options->rotation > 0 || options->scale > 0 || options->shear > 0 ||
           options->elastic > 0 || options->flip || options->noise > 0;
}

hg_status augmenter_set_up(augmenter *augmenter, const hg_augmentation *options, hg_shape shape, uint64_t seed,
                           hg_error *error)
{
    *augmenter = (struct augmenter){ .options = *options, .shape = shape, .seed = seed };
    if (shape.channels < 1 || shape.height < 1 || shape.width < 1)
        return hg_fail(error, HG_BAD_ARGUMENT, "augmentation: images of %d x %d x %d: give at least 1 x 1 x 1",
                       shape.height, shape.width, shape.channels);
    const hg_status status = check_ranges(options, shape, error);
    if (status)
        return status;
    if (!warp_fits(shape))
        return hg_fail(error, HG_BAD_ARGUMENT, "augmentation: images of %d x %d x %d are too large", shape.height,
                       shape.width, shape.channels);
    augmenter->changes = changes(options);
    augmenter->scratch = warp_scratch(shape);
    if (options->elastic > 0) {
        augmenter->elastic =
            elastic_plan(shape, options->elastic, options->smoothness > 0 ? options->smoothness : USUAL_SMOOTHNESS);
        augmenter->scratch += elastic_numbers(&augmenter->elastic);
    }
    return HG_OK;
}

/* ---- drawing ---- */

static double between(hg_random *random, double low, double high)
{
    return low + (high - low) * hg_random_uniform(random);
}

/* Always as many numbers, so that one option does not change what is drawn for another. */
augment_drawn augment_draw(const hg_augmentation *options, hg_random *random)
{
    augment_drawn drawn;
    drawn.shift_x = between(random, -options->shift, options->shift);
    drawn.shift_y = between(random, -options->shift, options->shift);
    drawn.rotation = between(random, -options->rotation, options->rotation);
    drawn.scale = between(random, 1 - options->scale, 1 + options->scale);
    drawn.shear = between(random, -options->shear, options->shear);
    drawn.flip = hg_random_below(random, 2) == 1 && options->flip;
    return drawn;
}

warp_map augment_map(const augment_drawn *drawn, hg_shape shape)
{
    const double cosine = cos(drawn->rotation * DEGREE), sine = sin(drawn->rotation * DEGREE);
    const double middle_x = (shape.width - 1) / 2.0, middle_y = (shape.height - 1) / 2.0;
    const double side = drawn->flip ? -1 : 1;
    warp_map map = { .x = { side * (cosine - drawn->shear * sine) / drawn->scale,
                            side * (-sine - drawn->shear * cosine) / drawn->scale },
                     .y = { sine / drawn->scale, cosine / drawn->scale } };
    const double from_x = middle_x + drawn->shift_x, from_y = middle_y + drawn->shift_y;
    map.x[2] = middle_x - map.x[0] * from_x - map.x[1] * from_y;
    map.y[2] = middle_y - map.y[0] * from_x - map.y[1] * from_y;
    return map;
}

/* ---- noise ---- */

enum { BYTE_BITS = 8, BYTE_MASK = (1 << BYTE_BITS) - 1 };

/* A random word's bytes a, b, c, d make four numbers, a + b + c + d, a - b + c - d and so
 * on: uncorrelated, and nearly normal, being sums of four (their kurtosis is 2.7, not 3). */
static four noise_of(uint32_t bits, float scale)
{
    const float middle = BYTE_MASK / 2.0F;
    const float a = (float)(bits & BYTE_MASK) - middle, b = (float)(bits >> BYTE_BITS & BYTE_MASK) - middle;
    const float c = (float)(bits >> 2 * BYTE_BITS & BYTE_MASK) - middle, d = (float)(bits >> 3 * BYTE_BITS) - middle;
    const float ab = a + b, a_b = a - b, cd = c + d, c_d = c - d;
    return scale * (four){ ab + cd, ab - cd, a_b + c_d, a_b - c_d };
}

static void add_noise(float deviation, size_t count, hg_random *random, float *image)
{
    /* a byte's variance is (256^2 - 1) / 12 */
    const float scale = deviation / sqrtf((float)FOUR * ((1 << 2 * BYTE_BITS) - 1) / 12);
    size_t i = 0;
    for (; i + FOUR <= count; i += FOUR)
        *(four *)(image + i) += noise_of(hg_random_bits(random), scale);
    const four last = noise_of(hg_random_bits(random), scale);
    for (size_t k = 0; i + k < count; k++)
        image[i + k] += last[k];
}

/* ---- all of it ---- */

static size_t pixels_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

void augmenter_run(const augmenter *augmenter, uint32_t epoch, uint32_t index, const float *image, float *scratch,
                   float *out)
{
    const hg_augmentation *options = &augmenter->options;
    const hg_shape shape = augmenter->shape;
    hg_random random = hg_random_stream(augmenter->seed, HG_FOR_AUGMENTATION, epoch, index);
    const augment_drawn drawn = augment_draw(options, &random);
    const warp_map map = augment_map(&drawn, shape);
    const elastic *elastic = options->elastic > 0 ? &augmenter->elastic : NULL;
    float *field = scratch + warp_scratch(shape);
    if (elastic)
        elastic_draw(elastic, &random, field);
    warp_image(&map, elastic, field, (float)options->background, shape, image, scratch, out);
    if (options->noise > 0)
        add_noise((float)options->noise, pixels_of(shape), &random, out);
}

hg_status hg_augment(const hg_augmentation *augmentation, hg_shape shape, const float *image, uint64_t seed,
                     uint32_t epoch, uint32_t index, float *out, hg_error *error)
{
    augmenter augmenter;
    const hg_status status = augmenter_set_up(&augmenter, augmentation, shape, seed, error);
    if (status)
        return status;
    if (!augmenter.changes) {
        memmove(out, image, pixels_of(shape) * sizeof *out);
        return HG_OK;
    }
    float *scratch = hg_allocate(augmenter.scratch, sizeof *scratch);
    if (!scratch)
        return hg_fail(error, HG_NO_MEMORY, "no memory to augment an image of %d x %d x %d", shape.height, shape.width,
                       shape.channels);
    augmenter_run(&augmenter, epoch, index, image, scratch, out);
    hg_release(scratch);
    return HG_OK;
}
