/* What a layer's setup calls. */
#include <assert.h>

#include <hinge/layer.h>

void *hg_setup_state(hg_layer_setup *setup, size_t size, hg_error *error)
{
    setup->state = hg_allocate(1, size);
    if (!setup->state)
        hg_fail(error, HG_NO_MEMORY, "no memory for tables of %zu bytes", size);
    return setup->state;
}

hg_parameter_spec *hg_setup_parameter(hg_layer_setup *setup, const char *name, hg_tensor_shape shape)
{
    assert(setup->parameter_count < HG_MAX_PARAMETERS);
    hg_parameter_spec *spec = &setup->parameter[setup->parameter_count++];
    *spec = (hg_parameter_spec){ .name = name,
                                 .shape = shape,
                                 .start = HG_CONSTANT,
                                 .rate_factor = 1,
                                 .decay_factor = 1,
                                 .fan_in = 1,
                                 .fan_out = 1 };
    return spec;
}
