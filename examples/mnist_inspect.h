/* What a saved network holds. */
#ifndef MNIST_INSPECT_H
#define MNIST_INSPECT_H

#include "mnist_filters.h"
#include "mnist_options.h"

/* Prints layers, parameters, thresholds and dead units of the model, and writes its filters if the options ask
 * for them. */
hg_status mnist_inspect(const mnist_options *options, hg_error *error);

/* Of all numbers of a parameter. */
typedef struct mnist_range {
    double min, mean, max, zero_share;
} mnist_range;
mnist_range mnist_inspect_range(const hg_parameter *parameter);

/* The thresholds of a layer that learns some; false for any other. */
bool mnist_inspect_thresholds(hg_network *network, const hg_layer_info *layer, hg_parameter *thresholds);

/* The name of an option's value ("slope") where that is one of several words, else NULL. */
const char *mnist_inspect_word(const hg_layer_info *layer, const char *option);

/* In mnist_inspect_json.c: everything as one line of JSON. filters: NULL if none were written. */
hg_status mnist_inspect_json(hg_network *network, const mnist_options *options, const mnist_filters *filters,
                             hg_error *error);

#endif
