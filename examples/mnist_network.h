/* The networks that the program can train. */
#ifndef MNIST_NETWORK_H
#define MNIST_NETWORK_H

#include <hinge/hinge.h>

typedef enum mnist_network {
    MNIST_DOCUMENT,
    MNIST_LENET5,
    MNIST_MLP,
    MNIST_CONVNET,
    MNIST_FAST99,
    MNIST_IMPROVED
} mnist_network;
typedef enum mnist_activation {
    MNIST_RELU,
    MNIST_LEAKY_RELU,
    MNIST_THRESHOLD_RELU,
    MNIST_ELU,
    MNIST_SOFTSIGN,
    MNIST_RELU_SOFTSIGN,
    MNIST_NOISY_RELU,
    MNIST_TANH,
    MNIST_SIGMOID,
    MNIST_GELU
} mnist_activation;

/* What the command line calls them: in the order of mnist_network, mnist_activation
 * and hg_threshold_form, NULL at the end. */
extern const char *const mnist_network_words[];
extern const char *const mnist_activation_words[];
extern const char *const mnist_form_words[];

/* The form matters to MNIST_THRESHOLD_RELU only. Release with hg_network_destroy. */
hg_network *mnist_network_create(mnist_network network, mnist_activation activation, hg_threshold_form form,
                                 double label_smoothing, hg_error *error);

#endif
