/* The networks that the program can train, one line a layer. */
#include "mnist_network.h"

const char *const mnist_network_words[] = { "document", "lenet5", "mlp", "convnet", "fast99", "improved", NULL };
const char *const mnist_activation_words[] = { "relu",       "leaky-relu", "threshold-relu",
                                               "elu",        "softsign",   "relu-softsign",
                                               "noisy-relu", "tanh",       "sigmoid",
                                               "gelu",       NULL };
const char *const mnist_form_words[] = { "slope", "floor", "ceiling", "shift", "gate", NULL };

/* clang-format off */
static hg_network *document(hg_layer activation, hg_layer output, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_conv2d(5, 20),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(10),
        hg_softmax(),
        output,
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

/* LeCun et al. 1998, with ReLU and max pooling in place of tanh and averages. */
static hg_network *lenet5(hg_layer activation, hg_layer output, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_conv2d(5, 6, .padding = 2),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_conv2d(5, 16),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(120),
        activation,
        hg_fully_connected(84),
        activation,
        hg_fully_connected(10),
        hg_softmax(),
        output,
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

static hg_network *mlp(hg_layer activation, hg_layer output, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_fully_connected(512),
        activation,
        hg_fully_connected(512),
        activation,
        hg_fully_connected(10),
        hg_softmax(),
        output,
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

static hg_network *convnet(hg_layer activation, hg_layer output, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_conv2d(5, 32, .same = true),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_conv2d(5, 64, .same = true),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(512),
        activation,
        hg_fully_connected(10),
        hg_softmax(),
        output,
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

/* The shortest way to 99 %: see its options in mnist_recipe.c. */
static hg_network *fast99(hg_layer activation, hg_layer output, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_conv2d(5, 8),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_conv2d(3, 24),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(100),
        activation,
        hg_fully_connected(10),
        hg_softmax(),
        output,
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

/* After Lin & Shen 2018: augmentation, local response normalization, max pooling and an
 * activation that is linear above zero and Softsign below. Batch normalization lets it learn
 * at a large rate. */
static hg_network *improved(hg_layer activation, hg_layer output, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1),
        hg_conv2d(5, 32, .same = true),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_local_response_normalization(5),
        hg_batch_normalization(),
        hg_conv2d(3, 48, .same = true),
        activation,
        hg_max_pool2d(2, .stride = 2),
        hg_local_response_normalization(5),
        hg_batch_normalization(),
        hg_conv2d(3, 96, .same = true),
        activation,
        hg_batch_normalization(),
        hg_conv2d(3, 96),
        activation,
        hg_batch_normalization(),
        hg_dropout(0.4),
        hg_fully_connected(10),
        hg_softmax(),
        output,
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}
/* clang-format on */

hg_network *mnist_network_create(mnist_network network, mnist_activation activation, hg_threshold_form form,
                                 double label_smoothing, hg_error *error)
{
    static hg_network *(*const create[])(hg_layer activation, hg_layer output, hg_error * error) = {
        [MNIST_DOCUMENT] = document, [MNIST_LENET5] = lenet5, [MNIST_MLP] = mlp,
        [MNIST_CONVNET] = convnet,   [MNIST_FAST99] = fast99, [MNIST_IMPROVED] = improved,
    };
    const hg_layer activations[] = {
        [MNIST_RELU] = hg_relu(),
        [MNIST_LEAKY_RELU] = hg_leaky_relu(),
        [MNIST_THRESHOLD_RELU] = hg_threshold_relu(.form = form),
        [MNIST_ELU] = hg_elu(),
        [MNIST_SOFTSIGN] = hg_softsign(),
        [MNIST_RELU_SOFTSIGN] = hg_relu_softsign(),
        [MNIST_NOISY_RELU] = hg_noisy_relu(),
        [MNIST_TANH] = hg_tanh(),
        [MNIST_SIGMOID] = hg_sigmoid(),
        [MNIST_GELU] = hg_gelu(),
    };
    return create[network](activations[activation], hg_classification(label_smoothing), error);
}
