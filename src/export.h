/* What every export does: what it refuses, and options of layers with the usual number where they are zero. */
#ifndef HINGE_SRC_EXPORT_H
#define HINGE_SRC_EXPORT_H

#include <hinge/export.h>

#include "src/network.h"

/* HG_BAD_NETWORK for a layer that is not the library's own, or of a type for which `known` says false. */
hg_status export_check_layers(const hg_network *network, bool (*known)(const char *type), hg_error *error);

/* HG_NOT_FINITE for a weight that is infinite or not a number. */
hg_status export_check_finite(const hg_network *network, hg_error *error);

/* A node's parameter, and its numbers; NULL if it has none of that name. */
const parameter *export_parameter(const hg_network *network, size_t node, const char *short_name);
const hg_real *export_values(const hg_network *network, size_t node, const char *short_name);

/* A convolution's filter; padding on each side. */
typedef struct export_filter {
    int rows, columns, stride, pad_row, pad_column;
} export_filter;
export_filter export_filter_of(const node *node);

typedef struct export_response {
    int window;
    double alpha, beta, k;
} export_response;
export_response export_response_of(const node *node); /* a local_response_normalization's */

double export_leaky_relu_slope(const node *node);
double export_elu_alpha(const node *node);
double export_relu_softsign_slope(const node *node); /* of one that is not learned */
double export_epsilon(const node *node);             /* a batch_normalization's */

#endif
