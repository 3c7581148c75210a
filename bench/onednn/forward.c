/* From images to probabilities. */
#include <math.h>

#include "network.h"

static const dnnl_dims_t one = { 1, 1 }, none = { 0, 0 };

/* ReLU happens in the convolution's registers. */
static dnnl_primitive_desc_t choose_with_relu(workshop *workshop, const dnnl_convolution_desc_t *operation)
{
    dnnl_primitive_attr_t attributes;
    dnnl_post_ops_t relu;
    must(dnnl_post_ops_create(&relu), "ReLU");
    must(dnnl_post_ops_append_eltwise(relu, 1, dnnl_eltwise_relu, 0, 0), "ReLU");
    must(dnnl_primitive_attr_create(&attributes), "ReLU");
    must(dnnl_primitive_attr_set_post_ops(attributes, relu), "ReLU");
    dnnl_primitive_desc_t convolution = choose(workshop, operation, attributes, NULL, 0);
    dnnl_primitive_attr_destroy(attributes);
    dnnl_post_ops_destroy(relu);
    return convolution;
}

static bool add_convolution(network *network)
{
    workshop *workshop = &network->workshop;
    const settings *settings = &network->settings;
    parameter *weight = &network->parameters[CONVOLUTION_WEIGHT], *bias = &network->parameters[CONVOLUTION_BIAS];
    const dnnl_dims_t image_sizes = { settings->samples, 1, SIDE, SIDE }, weight_sizes = { FILTERS, 1, FILTER, FILTER },
                      bias_sizes = { FILTERS }, map_sizes = { settings->samples, FILTERS, MAP, MAP };
    const dnnl_memory_desc_t plain_images = describe(4, image_sizes, dnnl_nchw),
                             images = describe(4, image_sizes, settings->layout),
                             weights = describe(4, weight_sizes, dnnl_format_tag_any),
                             biases = describe(1, bias_sizes, dnnl_a), map = describe(4, map_sizes, settings->layout);
    dnnl_convolution_desc_t operation;
    must(dnnl_convolution_forward_desc_init(&operation, dnnl_forward_training, dnnl_convolution_direct, &images,
                                            &weights, &biases, &map, one, none, none),
         "convolution");
    network->convolution = choose_with_relu(workshop, &operation);
    if (!network->convolution)
        return false;
    network->images = workshop_borrow(workshop, &plain_images, NULL);
    network->map = workshop_memory(workshop, chosen(network->convolution, dnnl_query_dst_md));
    *weight = parameter_create(workshop, chosen(network->convolution, dnnl_query_weights_md),
                               sqrt(6.0 / (FILTER * FILTER * (1 + FILTERS))));
    *bias = parameter_create(workshop, &biases, 0);
    dnnl_memory_t read =
        program_convert(&network->forward, workshop, network->images, chosen(network->convolution, dnnl_query_src_md));
    PROGRAM_ADD(&network->forward, network->convolution, { DNNL_ARG_SRC, read }, { DNNL_ARG_WEIGHTS, weight->value },
                { DNNL_ARG_BIAS, bias->value }, { DNNL_ARG_DST, network->map });
    return true;
}

static bool add_connected(network *network)
{
    workshop *workshop = &network->workshop;
    parameter *weight = &network->parameters[CONNECTED_WEIGHT], *bias = &network->parameters[CONNECTED_BIAS];
    const dnnl_dim_t samples = network->settings.samples;
    const dnnl_dims_t pooled_sizes = { samples, FILTERS, POOLED, POOLED },
                      weight_sizes = { CLASSES, FILTERS, POOLED, POOLED }, bias_sizes = { CLASSES },
                      logit_sizes = { samples, CLASSES };
    const dnnl_memory_desc_t pooled = describe(4, pooled_sizes, dnnl_format_tag_any),
                             weights = describe(4, weight_sizes, dnnl_format_tag_any),
                             biases = describe(1, bias_sizes, dnnl_a), logits = describe(2, logit_sizes, dnnl_nc);
    dnnl_inner_product_desc_t operation;
    must(dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_training, &pooled, &weights, &biases, &logits),
         "fully connected");
    network->connected = choose(workshop, &operation, NULL, NULL, 0);
    if (!network->connected)
        return false;
    network->logits = workshop_memory(workshop, &logits);
    *weight = parameter_create(workshop, chosen(network->connected, dnnl_query_weights_md),
                               sqrt(6.0 / (FILTERS * POOLED * POOLED + CLASSES)));
    *bias = parameter_create(workshop, &biases, 0);
    dnnl_memory_t read =
        program_convert(&network->forward, workshop, network->pooled, chosen(network->connected, dnnl_query_src_md));
    PROGRAM_ADD(&network->forward, network->connected, { DNNL_ARG_SRC, read }, { DNNL_ARG_WEIGHTS, weight->value },
                { DNNL_ARG_BIAS, bias->value }, { DNNL_ARG_DST, network->logits });
    return true;
}

static bool add_softmax(network *network)
{
    const dnnl_memory_desc_t *logits = layout_of(network->logits);
    dnnl_softmax_desc_t operation;
    must(dnnl_softmax_forward_desc_init(&operation, dnnl_forward_training, logits, 1), "softmax");
    dnnl_primitive_desc_t softmax = choose(&network->workshop, &operation, NULL, NULL, 0);
    network->probabilities = workshop_memory(&network->workshop, logits);
    PROGRAM_ADD(&network->forward, softmax, { DNNL_ARG_SRC, network->logits },
                { DNNL_ARG_DST, network->probabilities });
    dnnl_primitive_desc_destroy(softmax);
    return softmax != NULL;
}

bool forward_build(network *network)
{
    return add_convolution(network) && pooling_forward(network) && add_connected(network) && add_softmax(network);
}
