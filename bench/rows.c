/* See rows.h: the rows themselves. */
#include <string.h>

#include "rows.h"

enum { MNIST_TEST_IMAGES = 10000, FEW_IMAGES = 500 };

#define TRAIN(network, batch, threads)                \
    {                                                 \
        network, BENCH_TRAIN, batch, threads, 0, 0, 0 \
    }
#define EVALUATE(network, batch, images)                \
    {                                                   \
        network, BENCH_EVALUATE, batch, 0, images, 0, 0 \
    }
#define PREDICT(network)                      \
    {                                         \
        network, BENCH_PREDICT, 1, 0, 1, 0, 0 \
    }

static const row training[] = {
    { "document", TRAIN("document", 128, 0), true },
    { "document, 1 thread", TRAIN("document", 128, 1), true },
    { "document, batch 32", TRAIN("document", 32, 0), false },
    { "document, threshold", TRAIN("document-threshold", 128, 0), false },
    { "lenet5", TRAIN("lenet5", 128, 0), false },
    { "mlp", TRAIN("mlp", 128, 0), false },
    { "convnet", TRAIN("convnet", 128, 0), false },
    { "vgg, batch 64", TRAIN("vgg", 64, 0), false },
};

static const row evaluation[] = {
    { "document", EVALUATE("document", 1000, MNIST_TEST_IMAGES), false },
    { "lenet5", EVALUATE("lenet5", 1000, MNIST_TEST_IMAGES), false },
    { "mlp", EVALUATE("mlp", 1000, MNIST_TEST_IMAGES), false },
    { "convnet", EVALUATE("convnet", 1000, MNIST_TEST_IMAGES), false },
    { "vgg, batch 100", EVALUATE("vgg", 100, FEW_IMAGES), false },
};

static const row prediction[] = {
    { "document", PREDICT("document"), false },
    { "lenet5", PREDICT("lenet5"), false },
    { "mlp", PREDICT("mlp"), false },
    { "convnet", PREDICT("convnet"), false },
};

#define SECTION(title, rows)                              \
    {                                                     \
        title, rows, (int)(sizeof(rows) / sizeof *(rows)) \
    }

const section sections[] = {
    SECTION("training, batch 128", training),
    SECTION("evaluation", evaluation),
    SECTION("one image at a time", prediction),
};
const int section_count = sizeof sections / sizeof *sections;

bool rows_wanted(const char *label, const options *options)
{
    return strstr(label, options->only) != NULL;
}
