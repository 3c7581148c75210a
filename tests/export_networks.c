/* Networks to be exported. */
#include <stdlib.h>

#include <check.h>

#include "examples/mnist_network.h"

#include "export_networks.h"
#include "model_networks.h"

static hg_network *document(mnist_activation activation, hg_threshold_form form)
{
    return mnist_network_create(MNIST_DOCUMENT, activation, form, 0, NULL);
}

/* What model_large has not: strides with padding, filters wider than a pass, other activations. */
static hg_network *odd(void)
{
    const hg_layer layers[] = {
        hg_image_input(17, 16, 3, .normalization = HG_NO_NORMALIZATION, .name = "*/ \"\\"),
        hg_conv2d(.filters = 7, .filter_height = 2, .filter_width = 14, .stride = 3, .padding = 1),
        hg_dropout(),
        hg_tanh(),
        hg_conv2d(3, 4, .stride = 2, .padding = 2),
        hg_conv2d(1, 24),
        hg_local_response_normalization(6, 0.5, 0.5),
        hg_sigmoid(),
        hg_concat(.inputs = { "sigmoid_1", "local_response_normalization_1", "sigmoid_1" }),
        hg_max_pool2d(2, .stride = 1, .padding = 1),
        hg_gelu(),
        hg_local_response_normalization(5, 2),
        hg_average_pool2d(3, .stride = 1, .padding = 1),
        hg_conv2d(2, 5),
        hg_relu_softsign(0.5),
        hg_batch_normalization(),
        hg_average_pool2d(2, .stride = 1),
        hg_softsign(),
        hg_fully_connected(5),
        hg_leaky_relu(),
        hg_fully_connected(68, .no_bias = true),
        hg_add(.inputs = { "fully_connected_2", "fully_connected_2" }),
        hg_fully_connected(70),
        hg_threshold_relu(HG_GATE),
        hg_fully_connected(4),
        hg_softmax(),
        hg_dropout(),
        hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), NULL);
}

static hg_network *smallest(void)
{
    const hg_layer layers[] = { hg_image_input(1, 3), hg_softmax(), hg_classification() };
    return hg_network_create(layers, HG_COUNT(layers), NULL);
}

static const char *const names[EXPORT_NETWORKS] = {
    "relu", "leaky_relu", "slope",    "floor", "ceiling", "shift",
    "gate", "lenet5",     "improved", "large", "odd",     "smallest",
};

const char *export_network_name(int index)
{
    return names[index];
}

static hg_network *make(int index)
{
    switch (index) {
    case 0:
        return document(MNIST_RELU, HG_SLOPE);
    case 1:
        return document(MNIST_LEAKY_RELU, HG_SLOPE);
    case 7:
        return mnist_network_create(MNIST_LENET5, MNIST_THRESHOLD_RELU, HG_SLOPE, 0, NULL);
    case 8:
        return mnist_network_create(MNIST_IMPROVED, MNIST_RELU_SOFTSIGN, HG_SLOPE, 0, NULL);
    case 9:
        return model_large(MODEL_SEED);
    case 10:
        return odd();
    case 11:
        return smallest();
    default:
        return document(MNIST_THRESHOLD_RELU, (hg_threshold_form)(index - 2));
    }
}

hg_network *export_network(int index)
{
    hg_network *network = make(index);
    ck_assert_ptr_nonnull(network);
    hg_random random = hg_random_stream(MODEL_SEED, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter tensor = hg_network_parameter(network, i);
        for (size_t k = 0; k < tensor.count; k++)
            tensor.values[k] += (hg_real)((hg_random_uniform(&random) - 0.5) / 8); /* small sums round well */
    }
    return network;
}

float *export_images(const hg_network *network)
{
    const hg_shape shape = hg_network_input_shape(network);
    const size_t pixels = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    float *images = malloc(EXPORT_IMAGES * pixels * sizeof *images);
    hg_dataset *digits = hg_synthetic_digits(EXPORT_IMAGES, 1, 1, NULL);
    hg_random random = hg_random_stream(MODEL_SEED, HG_FOR_USER, 1, 0);
    const bool fit = shape.height == digits->shape.height && shape.width == digits->shape.width && shape.channels == 1;
    for (size_t i = 0; i < EXPORT_IMAGES * pixels; i++)
        images[i] = fit && i / pixels % 2 ? (float)digits->pixels[i] / 255 : (float)hg_random_uniform(&random);
    hg_dataset_destroy(digits);
    return images;
}
