/* concat: the inputs' channels one after the other; gradients are the same pieces. */
#include <limits.h>
#include <string.h>

#include "src/simd.h"

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_shape first = setup->input[0];
    int channels = 0;
    for (size_t k = 0; k < setup->input_count; k++) {
        const hg_shape other = setup->input[k];
        if (other.height != first.height || other.width != first.width)
            return hg_fail(error, HG_BAD_NETWORK,
                           "input 1 is %d x %d and input %zu is %d x %d; height and width must agree", first.height,
                           first.width, k + 1, other.height, other.width);
        if (other.channels > INT_MAX - channels)
            return hg_fail(error, HG_BAD_NETWORK, "its inputs have more channels than an int counts");
        channels += other.channels;
    }
    setup->output = (hg_shape){ channels, first.height, first.width };
    return HG_OK;
}

static size_t bytes_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width * HG_LANES * sizeof(hg_real);
}

static void forward(const hg_pass *pass)
{
    char *to = (char *)pass->output;
    for (size_t k = 0; k < pass->input_count; k++) {
        memcpy(to, pass->input[k], bytes_of(pass->input_shape[k]));
        to += bytes_of(pass->input_shape[k]);
    }
}

static void backward(const hg_pass *pass)
{
    const char *from = (const char *)pass->output_gradient;
    for (size_t k = 0; k < pass->input_count; k++) {
        if (pass->input_gradient[k])
            memcpy(pass->input_gradient[k], from, bytes_of(pass->input_shape[k]));
        from += bytes_of(pass->input_shape[k]);
    }
}

const hg_layer_type BUILT(hg_concat_type) = {
    HG_TYPE("concat", hg_concat_options),
    .min_inputs = 2,
    .max_inputs = HG_MAX_INPUTS,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
