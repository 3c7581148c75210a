/* What every export does; see export.h. Usual numbers are those of the layers' own files. */
#include <math.h>

#include "src/export.h"

hg_status export_check_layers(const hg_network *network, bool (*known)(const char *type), hg_error *error)
{
    for (size_t i = 0; i < network->node_count; i++) {
        const node *node = &network->nodes[network->order[i]];
        const hg_layer_type *own = layer_type_by_name(node->type->name);
        if (!own || simd_layer(own) != node->type)
            return hg_fail(error, HG_BAD_NETWORK,
                           "layer %zu (%s): layers of type %s are not the library's, so nobody knows how to write them",
                           network->order[i] + 1, node->name, node->type->name);
        if (!known(node->type->name))
            return hg_fail(error, HG_BAD_NETWORK, "layer %zu (%s): layers of type %s cannot be written",
                           network->order[i] + 1, node->name, node->type->name);
    }
    return HG_OK;
}

hg_status export_check_finite(const hg_network *network, hg_error *error)
{
    for (size_t i = 0; i < network->parameter_count; i++) {
        const parameter *parameter = &network->parameters[i];
        for (size_t k = 0; k < parameter->count; k++)
            if (!isfinite((float)network->values[parameter->offset + k]))
                return hg_fail(error, HG_NOT_FINITE, "element %zu of %s is %g; train with a smaller learning rate", k,
                               parameter->name, (double)network->values[parameter->offset + k]);
    }
    return HG_OK;
}

const parameter *export_parameter(const hg_network *network, size_t node, const char *short_name)
{
    return parameters_of_node((hg_network *)network, node, short_name); /* only read */
}

const hg_real *export_values(const hg_network *network, size_t node, const char *short_name)
{
    const parameter *parameter = export_parameter(network, node, short_name);
    return parameter ? network->values + parameter->offset : NULL;
}

export_filter export_filter_of(const node *node)
{
    const hg_conv2d_options *o = node->options;
    export_filter f = { .rows = o->filter_height ? o->filter_height : o->filter_size,
                        .columns = o->filter_width ? o->filter_width : o->filter_size,
                        .stride = o->stride ? o->stride : 1 };
    f.pad_row = o->same ? f.rows / 2 : o->padding;
    f.pad_column = o->same ? f.columns / 2 : o->padding;
    return f;
}

static double or_usual(double number, double usual)
{
    return number == 0 ? usual : number;
}

export_response export_response_of(const node *node)
{
    static const double usual_alpha = 1e-4, usual_beta = 0.75, usual_k = 1;
    const hg_local_response_normalization_options *o = node->options;
    return (export_response){ o->window, or_usual(o->alpha, usual_alpha), or_usual(o->beta, usual_beta),
                              or_usual(o->k, usual_k) };
}

double export_leaky_relu_slope(const node *node)
{
    static const double usual_slope = 0.1;
    return or_usual(((const hg_leaky_relu_options *)node->options)->slope, usual_slope);
}

double export_elu_alpha(const node *node)
{
    return or_usual(((const hg_elu_options *)node->options)->alpha, 1);
}

double export_relu_softsign_slope(const node *node)
{
    return or_usual(((const hg_relu_softsign_options *)node->options)->slope, 1);
}

double export_epsilon(const node *node)
{
    static const double usual_epsilon = 1e-5;
    return or_usual(((const hg_batch_normalization_options *)node->options)->epsilon, usual_epsilon);
}
