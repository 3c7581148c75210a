/* add: y = the sum of its inputs; every input's gradient is dy. */
#include <string.h>

#include "src/simd.h"
#include "src/vec.h"

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_shape first = setup->input[0];
    for (size_t k = 1; k < setup->input_count; k++) {
        const hg_shape other = setup->input[k];
        if (other.channels != first.channels || other.height != first.height || other.width != first.width)
            return hg_fail(error, HG_BAD_NETWORK,
                           "input 1 is %d x %d x %d and input %zu is %d x %d x %d; they must agree", first.height,
                           first.width, first.channels, k + 1, other.height, other.width, other.channels);
    }
    setup->output = first;
    return HG_OK;
}

static size_t count_of(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width * HG_LANES;
}

static void forward(const hg_pass *pass)
{
    const size_t count = count_of(pass);
    for (size_t i = 0; i < count; i += VEC) {
        vec sum = vec_load(pass->input[0] + i);
        for (size_t k = 1; k < pass->input_count; k++)
            sum += vec_load(pass->input[k] + i);
        vec_store(pass->output + i, sum);
    }
}

static void backward(const hg_pass *pass)
{
    for (size_t k = 0; k < pass->input_count; k++)
        if (pass->input_gradient[k])
            memcpy(pass->input_gradient[k], pass->output_gradient, count_of(pass) * sizeof(hg_real));
}

const hg_layer_type BUILT(hg_add_type) = {
    HG_TYPE("add", hg_add_options), .min_inputs = 2, .max_inputs = HG_MAX_INPUTS, .setup = setup, .forward = forward,
    .backward = backward,
};
