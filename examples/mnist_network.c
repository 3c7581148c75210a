/* The networks that the program can train, one line a layer. */
#include "mnist_network.h"

const char *const mnist_activation_words[] = { "relu", "leaky-relu", "threshold-relu", NULL };
const char *const mnist_form_words[] = { "slope", "floor", "ceiling", "shift", "gate", NULL };

/* clang-format off */
static hg_network *document_network(hg_layer activation, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_conv2d(5, 20),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(10),
        hg_softmax(),
        hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}
/* clang-format on */

hg_network *mnist_network_create(mnist_activation activation, hg_threshold_form form, hg_error *error)
{
    const hg_layer layers[] = {
        [MNIST_RELU] = hg_relu(),
        [MNIST_LEAKY_RELU] = hg_leaky_relu(),
        [MNIST_THRESHOLD_RELU] = hg_threshold_relu(.form = form),
    };
    return document_network(layers[activation], error);
}
