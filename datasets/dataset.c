/* Data sets whose images are bytes in memory, and the end of all data sets. */
#include "datasets/dataset.h"

static const float WHITE = 255;

static hg_status read_bytes(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error)
{
    if (index >= dataset->count)
        return hg_fail(error, HG_BAD_ARGUMENT, "image %zu of a data set of %zu: the last one is %zu", index,
                       dataset->count, dataset->count - 1);
    const size_t size = (size_t)dataset->shape.channels * (size_t)dataset->shape.height * (size_t)dataset->shape.width;
    const unsigned char *pixels = dataset->pixels + index * size;
    for (size_t i = 0; i < size; i++)
        image[i] = (float)pixels[i] / WHITE;
    *label = dataset->labels[index];
    return HG_OK;
}

static void destroy_bytes(hg_dataset *dataset)
{
    hg_release((void *)dataset->pixels);
    hg_release((void *)dataset->labels);
    hg_release(dataset);
}

hg_dataset *dataset_of_bytes(size_t count, hg_shape shape, int classes, unsigned char *pixels, unsigned char *labels,
                             hg_error *error)
{
    hg_dataset *dataset = hg_allocate(1, sizeof *dataset);
    if (!dataset) {
        hg_fail(error, HG_NO_MEMORY, "no memory for a data set of %zu images", count);
        hg_release(pixels);
        hg_release(labels);
        return NULL;
    }
    *dataset = (hg_dataset){ .count = count,
                             .shape = shape,
                             .classes = classes,
                             .read = read_bytes,
                             .pixels = pixels,
                             .labels = labels,
                             .destroy = destroy_bytes };
    return dataset;
}

void hg_dataset_destroy(hg_dataset *dataset)
{
    if (dataset && dataset->destroy)
        dataset->destroy(dataset);
}
