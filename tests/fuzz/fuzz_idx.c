/* IDX files: the bytes as images, and as labels, beside good files of the other kind. */
#include <stdlib.h>

#include <hinge/hinge.h>

#include "tests/fuzz/fuzz.h"

enum { CLASSES = 10 };

static const uint8_t images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4 };
static const uint8_t labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 7, 9 };

static void open_both(const char *images_path, const char *labels_path)
{
    float image[4];
    int label;
    hg_error error = { .message = "" };
    hg_dataset *dataset = hg_idx_open(images_path, labels_path, CLASSES, &error);
    if ((dataset == NULL) != (error.message[0] != '\0'))
        abort();
    if (dataset && dataset->shape.height * dataset->shape.width <= 4 &&
        dataset->read(dataset, dataset->count - 1, image, &label, &error) != HG_OK)
        abort();
    hg_dataset_destroy(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = fuzz_file(0, bytes, size);
    open_both(path, fuzz_file(1, labels, sizeof labels));
    open_both(fuzz_file(1, images, sizeof images), path);
    return 0;
}
