/* See networks.h. */
#include <string.h>

#include "../examples/mnist_network.h"
#include "networks.h"

/* clang-format off */
static hg_network *vgg(hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(32, 32, 3),
        hg_conv2d(3, 64, .same = true), hg_relu(),
        hg_conv2d(3, 64, .same = true), hg_relu(),
        hg_max_pool2d(2),
        hg_conv2d(3, 128, .same = true), hg_relu(),
        hg_conv2d(3, 128, .same = true), hg_relu(),
        hg_max_pool2d(2),
        hg_fully_connected(256), hg_relu(),
        hg_fully_connected(10),
        hg_softmax(),
        hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

/* The document's network in another size. */
static hg_network *grown(int side, int filters, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(side, side),
        hg_conv2d(5, filters),
        hg_relu(),
        hg_max_pool2d(2),
        hg_fully_connected(10),
        hg_softmax(),
        hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}
/* clang-format on */

hg_network *networks_create(const bench_work *work, hg_error *error)
{
    if (work->side && work->filters)
        return grown(work->side, work->filters, error);
    if (strcmp(work->network, "vgg") == 0)
        return vgg(error);
    if (strcmp(work->network, "document-threshold") == 0)
        return mnist_network_create(MNIST_DOCUMENT, MNIST_THRESHOLD_RELU, HG_SLOPE, 0, error);
    for (int i = 0; mnist_network_words[i]; i++)
        if (strcmp(work->network, mnist_network_words[i]) == 0)
            return mnist_network_create((mnist_network)i, MNIST_RELU, HG_SLOPE, 0, error);
    hg_fail(error, HG_BAD_ARGUMENT, "no network is called %s", work->network);
    return NULL;
}

/* Multiply-adds of a layer's forward pass: its weights, each used once an output pixel. */
static double layer_multiplies(hg_network *network, size_t index)
{
    const hg_layer_info layer = hg_network_layer(network, index);
    if (layer.parameter_count == 0)
        return 0;
    const hg_parameter weight = hg_network_parameter(network, layer.first_parameter);
    if (weight.shape.rank == 4)
        return (double)weight.count * layer.output.height * layer.output.width;
    return weight.shape.rank == 2 ? (double)weight.count : 0;
}

double networks_flops(const bench_work *work)
{
    hg_network *network = networks_create(work, NULL);
    double flops = 0;
    bool first = true;
    for (size_t i = 0; network && i < hg_network_layer_count(network); i++) {
        const double multiplies = layer_multiplies(network, i);
        if (multiplies == 0)
            continue;
        const int products = work->mode != BENCH_TRAIN ? 1 : first ? 2 : 3;
        flops += 2 * multiplies * products;
        first = false;
    }
    hg_network_destroy(network);
    return flops;
}
