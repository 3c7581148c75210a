/* Max pooling. Some of oneDNN's implementations are slow on some processors, and its
 * first choice need not be its fastest; backward, four passes over the whole map can
 * be faster than any of them. */
#include "network.h"

static const dnnl_dims_t none = { 0, 0 }, two = { 2, 2 };

bool pooling_forward(network *network)
{
    workshop *workshop = &network->workshop;
    const dnnl_dims_t sizes = { network->settings.samples, FILTERS, POOLED, POOLED };
    const dnnl_memory_desc_t pooled = describe(4, sizes, dnnl_format_tag_any);
    dnnl_pooling_desc_t operation;
    must(dnnl_pooling_forward_desc_init(&operation, dnnl_forward_training, dnnl_pooling_max, layout_of(network->map),
                                        &pooled, two, two, none, none),
         "pooling");
    network->pooling = choose(workshop, &operation, NULL, NULL, network->settings.pooling);
    if (!network->pooling)
        return false;
    network->pooled = workshop_memory(workshop, chosen(network->pooling, dnnl_query_dst_md));
    network->winners = workshop_memory(workshop, chosen(network->pooling, dnnl_query_workspace_md));
    PROGRAM_ADD(&network->forward, network->pooling, { DNNL_ARG_SRC, network->map }, { DNNL_ARG_DST, network->pooled },
                { DNNL_ARG_WORKSPACE, network->winners });
    return true;
}

static dnnl_memory_t backward_by_primitive(network *network, dnnl_memory_t gradient)
{
    workshop *workshop = &network->workshop;
    const dnnl_memory_desc_t *map = layout_of(network->map);
    dnnl_pooling_desc_t operation;
    must(dnnl_pooling_backward_desc_init(&operation, dnnl_pooling_max, map, layout_of(gradient), two, two, none, none),
         "pooling, backward");
    dnnl_primitive_desc_t primitive =
        choose(workshop, &operation, NULL, network->pooling, network->settings.pooling_backward);
    if (!primitive)
        return NULL;
    dnnl_memory_t map_gradient = workshop_memory(workshop, map);
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_DIFF_DST, gradient },
                { DNNL_ARG_WORKSPACE, network->winners }, { DNNL_ARG_DIFF_SRC, map_gradient });
    dnnl_primitive_desc_destroy(primitive);
    return map_gradient;
}

/* Each number four times: as large as the map. */
static dnnl_memory_t add_enlarged(network *network, dnnl_memory_t pooled)
{
    const dnnl_memory_desc_t *map = layout_of(network->map);
    dnnl_resampling_desc_t operation;
    must(dnnl_resampling_forward_desc_init(&operation, dnnl_forward_inference, dnnl_resampling_nearest, NULL,
                                           layout_of(pooled), map),
         "resampling");
    dnnl_primitive_desc_t primitive = choose(&network->workshop, &operation, NULL, NULL, 0);
    dnnl_memory_t enlarged = workshop_memory(&network->workshop, map);
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_SRC, pooled }, { DNNL_ARG_DST, enlarged });
    dnnl_primitive_desc_destroy(primitive);
    return enlarged;
}

static void add_binary(network *network, dnnl_alg_kind_t kind, dnnl_memory_t a, dnnl_memory_t b, dnnl_memory_t result)
{
    dnnl_binary_desc_t operation;
    must(dnnl_binary_desc_init(&operation, kind, layout_of(a), layout_of(b), layout_of(result)), "binary");
    dnnl_primitive_desc_t primitive = choose(&network->workshop, &operation, NULL, NULL, 0);
    PROGRAM_ADD(&network->backward, primitive, { DNNL_ARG_SRC_0, a }, { DNNL_ARG_SRC_1, b }, { DNNL_ARG_DST, result });
    dnnl_primitive_desc_destroy(primitive);
}

/* The gradient goes where the map equals its window's maximum. Behind ReLU several may
 * be equal to 0, but there the gradient is 0 already. */
static dnnl_memory_t backward_by_comparison(network *network, dnnl_memory_t gradient)
{
    dnnl_memory_t maximum = add_enlarged(network, network->pooled), enlarged = add_enlarged(network, gradient),
                  map_gradient = workshop_memory(&network->workshop, layout_of(network->map));
    add_binary(network, dnnl_binary_eq, network->map, maximum, map_gradient);
    add_binary(network, dnnl_binary_mul, map_gradient, enlarged, map_gradient);
    return map_gradient;
}

dnnl_memory_t pooling_backward(network *network, dnnl_memory_t gradient)
{
    return network->settings.pooling_backward == POOLING_BY_COMPARISON ? backward_by_comparison(network, gradient)
                                                                       : backward_by_primitive(network, gradient);
}
