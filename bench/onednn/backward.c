/* From the logits' gradient to the parameters'. The images' gradient nobody needs. */
#include "network.h"

static const dnnl_dims_t one = { 1, 1 }, none = { 0, 0 };

static dnnl_memory_desc_t like(dnnl_memory_t memory, dnnl_format_tag_t layout)
{
    return describe(layout_of(memory)->ndims, layout_of(memory)->dims, layout);
}

/* What a primitive made, in the parameter's own layout. */
static void take_gradient(network *network, int index, dnnl_memory_t made)
{
    parameter *parameter = &network->parameters[index];
    parameter->gradient = program_convert(&network->backward, &network->workshop, made, layout_of(parameter->value));
}

static bool add_connected_weights(network *network)
{
    workshop *workshop = &network->workshop;
    const dnnl_memory_desc_t pooled = like(network->pooled, dnnl_format_tag_any),
                             weights = like(network->parameters[CONNECTED_WEIGHT].value, dnnl_format_tag_any),
                             *biases = layout_of(network->parameters[CONNECTED_BIAS].value),
                             *logits = layout_of(network->logits);
    dnnl_inner_product_desc_t operation;
    must(dnnl_inner_product_backward_weights_desc_init(&operation, &pooled, &weights, biases, logits),
         "fully connected, weights");
    dnnl_primitive_desc_t primitive = choose(workshop, &operation, NULL, network->connected, 0);
    if (!primitive)
        return false;
    dnnl_memory_t read =
        program_convert(&network->backward, workshop, network->pooled, chosen(primitive, dnnl_query_src_md));
    dnnl_memory_t weight_gradient = workshop_memory(workshop, chosen(primitive, dnnl_query_diff_weights_md)),
                  bias_gradient = workshop_memory(workshop, biases);
    network->logit_gradient = workshop_memory(workshop, logits);
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_SRC, read }, { DNNL_ARG_DIFF_DST, network->logit_gradient },
                { DNNL_ARG_DIFF_WEIGHTS, weight_gradient }, { DNNL_ARG_DIFF_BIAS, bias_gradient });
    dnnl_primitive_desc_destroy(primitive);
    take_gradient(network, CONNECTED_WEIGHT, weight_gradient);
    take_gradient(network, CONNECTED_BIAS, bias_gradient);
    return true;
}

/* Returns the gradient of what was pooled, in that layout. */
static dnnl_memory_t add_connected_data(network *network)
{
    workshop *workshop = &network->workshop;
    dnnl_memory_t weight = network->parameters[CONNECTED_WEIGHT].value;
    const dnnl_memory_desc_t pooled = like(network->pooled, dnnl_format_tag_any),
                             weights = like(weight, dnnl_format_tag_any);
    dnnl_inner_product_desc_t operation;
    must(dnnl_inner_product_backward_data_desc_init(&operation, &pooled, &weights, layout_of(network->logits)),
         "fully connected, data");
    dnnl_primitive_desc_t primitive = choose(workshop, &operation, NULL, network->connected, 0);
    if (!primitive)
        return NULL;
    dnnl_memory_t read =
        program_convert(&network->backward, workshop, weight, chosen(primitive, dnnl_query_weights_md));
    dnnl_memory_t gradient = workshop_memory(workshop, chosen(primitive, dnnl_query_diff_src_md));
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_WEIGHTS, read },
                { DNNL_ARG_DIFF_DST, network->logit_gradient }, { DNNL_ARG_DIFF_SRC, gradient });
    dnnl_primitive_desc_destroy(primitive);
    return program_convert(&network->backward, workshop, gradient, layout_of(network->pooled));
}

/* In place, behind the pooling: a quarter of the numbers, and where the winner is not
 * above zero no pixel of its window is. */
static bool add_relu(network *network, dnnl_memory_t gradient)
{
    const dnnl_memory_desc_t *pooled = layout_of(network->pooled);
    const dnnl_alg_kind_t kind = dnnl_eltwise_relu_use_dst_for_bwd;
    dnnl_eltwise_desc_t operation;
    must(dnnl_eltwise_forward_desc_init(&operation, dnnl_forward_training, kind, pooled, 0, 0), "ReLU");
    dnnl_primitive_desc_t forward = choose(&network->workshop, &operation, NULL, NULL, 0);
    must(dnnl_eltwise_backward_desc_init(&operation, kind, pooled, pooled, 0, 0), "ReLU, backward");
    dnnl_primitive_desc_t primitive = choose(&network->workshop, &operation, NULL, forward, 0);
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_DST, network->pooled }, { DNNL_ARG_DIFF_DST, gradient },
                { DNNL_ARG_DIFF_SRC, gradient });
    dnnl_primitive_desc_destroy(primitive);
    dnnl_primitive_desc_destroy(forward);
    return primitive != NULL;
}

static bool add_convolution(network *network, dnnl_memory_t gradient)
{
    workshop *workshop = &network->workshop;
    const dnnl_memory_desc_t images = like(network->images, network->settings.layout),
                             weights = like(network->parameters[CONVOLUTION_WEIGHT].value, dnnl_format_tag_any),
                             *biases = layout_of(network->parameters[CONVOLUTION_BIAS].value),
                             map = like(gradient, network->settings.layout);
    dnnl_convolution_desc_t operation;
    must(dnnl_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &images, &weights, biases,
                                                     &map, one, none, none),
         "convolution, weights");
    dnnl_primitive_desc_t primitive = choose(workshop, &operation, NULL, network->convolution, 0);
    if (!primitive)
        return false;
    dnnl_memory_t read =
        program_convert(&network->backward, workshop, network->images, chosen(primitive, dnnl_query_src_md));
    gradient = program_convert(&network->backward, workshop, gradient, chosen(primitive, dnnl_query_diff_dst_md));
    dnnl_memory_t weight_gradient = workshop_memory(workshop, chosen(primitive, dnnl_query_diff_weights_md)),
                  bias_gradient = workshop_memory(workshop, biases);
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_SRC, read }, { DNNL_ARG_DIFF_DST, gradient },
                { DNNL_ARG_DIFF_WEIGHTS, weight_gradient }, { DNNL_ARG_DIFF_BIAS, bias_gradient });
    dnnl_primitive_desc_destroy(primitive);
    take_gradient(network, CONVOLUTION_WEIGHT, weight_gradient);
    take_gradient(network, CONVOLUTION_BIAS, bias_gradient);
    return true;
}

bool backward_build(network *network)
{
    dnnl_memory_t pooled_gradient = add_connected_weights(network) ? add_connected_data(network) : NULL;
    if (!pooled_gradient || !add_relu(network, pooled_gradient))
        return false;
    dnnl_memory_t map_gradient = pooling_backward(network, pooled_gradient);
    return map_gradient && add_convolution(network, map_gradient);
}
