/* The activations, the networks, the scenarios. */
#include <string.h>

#include "dying_relu_cases.h"

enum { DEPTH = 10, WIDTH = 12, DEEP_LAYERS = 2 * DEPTH + 4 };

const char *const activation_words[ACTIVATIONS + 1] = {
    "relu",       "leaky_relu", "elu",   "softsign", "relu_softsign", "noisy_relu", "slope",
    "slope_0.25", "slope_slow", "floor", "ceiling",  "shift",         "gate",
};

#define DEEP .network = NETWORK_DEEP, .network_word = "deep", .network_title = "10 layers of 12 units"
#define DOCUMENT .network = NETWORK_DOCUMENT, .network_word = "document", .network_title = "the document's network"
#define GENTLE .setting_word = "gentle", .setting_title = "gentle"
#define LARGE_RATE .setting_word = "large-rate", .setting_title = "large learning rate"
#define LOW_BIAS .setting_word = "low-bias", .setting_title = "biases start low"
const scenario scenarios[SCENARIOS] = {
    { DEEP, GENTLE, .learning_rate = 0.01 },
    { DEEP, LARGE_RATE, .learning_rate = 0.03 },
    { DEEP, LOW_BIAS, .learning_rate = 0.01, .bias = -0.1 },
    { DOCUMENT, GENTLE, .learning_rate = 0.05 },
    { DOCUMENT, LARGE_RATE, .learning_rate = 0.2 },
    { DOCUMENT, LOW_BIAS, .learning_rate = 0.05, .bias = -0.5 },
};

static hg_network *deep(hg_layer activation, hg_error *error)
{
    const hg_layer input = hg_image_input(28, 28, 1), narrow = hg_fully_connected(WIDTH, .start = HG_HE),
                   output = hg_fully_connected(10), softmax = hg_softmax(), classification = hg_classification();
    hg_layer layers[DEEP_LAYERS] = { input };
    for (int i = 0; i < DEPTH; i++) {
        layers[2 * i + 1] = narrow;
        layers[2 * i + 2] = activation;
    }
    layers[DEEP_LAYERS - 3] = output;
    layers[DEEP_LAYERS - 2] = softmax;
    layers[DEEP_LAYERS - 1] = classification;
    return hg_network_create(layers, HG_COUNT(layers), error);
}

static hg_network *document(hg_layer activation, hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(28, 28, 1), hg_conv2d(5, 20), activation,          hg_max_pool2d(2, .stride = 2),
        hg_fully_connected(10),    hg_softmax(),     hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

static hg_network *create(const scenario *scenario, int activation, hg_error *error)
{
    const hg_layer activations[ACTIVATIONS] = {
        hg_relu(),
        hg_leaky_relu(0.1),
        hg_elu(),
        hg_softsign(),
        hg_relu_softsign(),
        hg_noisy_relu(0.1),
        hg_threshold_relu(HG_SLOPE),
        hg_threshold_relu(HG_SLOPE, .threshold = 0.25),
        hg_threshold_relu(HG_SLOPE, .threshold = 0.25, .rate_factor = 0.01),
        hg_threshold_relu(HG_FLOOR),
        hg_threshold_relu(HG_CEILING),
        hg_threshold_relu(HG_SHIFT),
        hg_threshold_relu(HG_GATE),
    };
    return scenario->network == NETWORK_DEEP ? deep(activations[activation], error)
                                             : document(activations[activation], error);
}

/* Starting weights are drawn by a parameter's number, which the thresholds change: ReLU's go to all. */
static void copy_start(hg_network *network, hg_network *from)
{
    for (size_t i = 0; i < hg_network_parameter_count(from); i++) {
        const hg_parameter source = hg_network_parameter(from, i);
        hg_parameter target;
        if (hg_network_find_parameter(network, source.name, &target))
            memcpy(target.values, source.values, source.count * sizeof *source.values);
    }
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The biases in front of activations are all but the last. */
static void set_biases(hg_network *network, double bias)
{
    hg_parameter last = { .values = NULL };
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        if (!ends_with(parameter.name, ".bias"))
            continue;
        for (size_t k = 0; k < last.count; k++)
            last.values[k] = (hg_real)bias;
        last = parameter;
    }
}

hg_network *case_network(const scenario *scenario, int activation, uint64_t seed, hg_error *error)
{
    hg_network *relu = create(scenario, RELU, error);
    hg_network *network = relu ? create(scenario, activation, error) : NULL;
    if (network) {
        hg_network_initialize(relu, seed);
        hg_network_initialize(network, seed);
        copy_start(network, relu);
        set_biases(network, scenario->bias);
    }
    hg_network_destroy(relu);
    return network;
}
