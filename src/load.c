/* See load.h. */
#include <inttypes.h>

#include "src/load.h"

hg_status load_check(const hg_network *network, const hg_dataset *dataset, const char *name, hg_error *error)
{
    const hg_shape wanted = hg_network_input_shape(network), shape = dataset->shape;
    if (shape.channels != wanted.channels || shape.height != wanted.height || shape.width != wanted.width)
        return hg_fail(error, HG_BAD_DATA, "%s's images are %d x %d x %d, the network takes %d x %d x %d", name,
                       shape.height, shape.width, shape.channels, wanted.height, wanted.width, wanted.channels);
    if (dataset->classes != hg_network_classes(network))
        return hg_fail(error, HG_BAD_DATA, "%s has %d classes, the network tells %d apart", name, dataset->classes,
                       hg_network_classes(network));
    if (dataset->count == 0 || dataset->count > UINT32_MAX)
        return hg_fail(error, HG_BAD_DATA, "%s has %zu samples; it may have 1 to %" PRIu32, name, dataset->count,
                       UINT32_MAX);
    if (!dataset->read && !(dataset->pixels && dataset->labels))
        return hg_fail(error, HG_BAD_DATA, "%s has neither a read function nor pixels and labels in memory", name);
    return HG_OK;
}

static hg_status check_label(const hg_dataset *dataset, size_t index, int label, hg_error *error)
{
    if (label >= 0 && label < dataset->classes)
        return HG_OK;
    return hg_fail(error, HG_BAD_DATA, "sample %zu has label %d; with %d classes they go from 0 to %d", index, label,
                   dataset->classes, dataset->classes - 1);
}

static bool in_memory(const hg_dataset *dataset)
{
    return dataset->pixels && dataset->labels;
}

/* In a view, where the whole data set has the sample. */
static size_t place_of(const hg_dataset *dataset, size_t sample)
{
    return dataset->whole ? dataset->index[sample] : sample;
}

hg_status load_image(const hg_dataset *dataset, size_t sample, float *image, int *label, hg_error *error)
{
    const float white = 255;
    const size_t pixels = shape_units(dataset->shape);
    const hg_dataset *source = dataset->whole ? dataset->whole : dataset;
    if (in_memory(source)) {
        const size_t place = place_of(dataset, sample);
        for (size_t p = 0; p < pixels; p++)
            image[p] = (float)source->pixels[place * pixels + p] / white;
        *label = source->labels[place];
        return HG_OK;
    }
    const hg_status status = dataset->read(dataset, sample, image, label, error);
    if (status && error && error->status == HG_OK)
        hg_fail(error, status, "sample %zu cannot be read", sample);
    return status;
}

hg_status load_shard(const hg_dataset *dataset, const augmenter *augmenter, const uint32_t *index, size_t first,
                     size_t count, shard *shard, hg_error *error)
{
    const size_t pixels = shape_units(dataset->shape);
    const kernels *kernels = simd_current()->kernels;
    const unsigned char *bytes[HG_LANES];
    const float *floats[HG_LANES];
    const hg_dataset *source = dataset->whole ? dataset->whole : dataset;
    const bool as_bytes = in_memory(source) && !augmenter;
    shard->count = count;
    for (size_t l = 0; l < count; l++) {
        const size_t sample = index ? index[l] : first + l;
        float *image = shard->image + l * pixels;
        hg_status status = HG_OK;
        shard->sample[l] = (uint32_t)sample;
        floats[l] = image;
        if (as_bytes) {
            const size_t place = place_of(dataset, sample);
            bytes[l] = source->pixels + place * pixels;
            shard->label[l] = source->labels[place];
        } else {
            status = load_image(dataset, sample, image, &shard->label[l], error);
        }
        if (!status)
            status = check_label(dataset, sample, shard->label[l], error);
        if (status)
            return status;
        if (augmenter)
            augmenter_run(augmenter, shard->epoch, (uint32_t)sample, image, shard->reserve, image);
    }
    if (as_bytes)
        kernels->lanes_from_bytes(bytes, count, pixels, shard_images(shard));
    else
        kernels->lanes_from_floats(floats, count, pixels, shard_images(shard));
    return HG_OK;
}
