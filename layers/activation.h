/* The loops that elementwise layers share. A layer gives its formula and its
 * derivative as inline functions on vectors, which the compiler puts into the
 * loops; x is the input and t the channel's parameter (0 where there is none). */
#ifndef HINGE_ACTIVATION_H
#define HINGE_ACTIVATION_H

#include "src/simd.h"
#include "src/vec.h"

typedef struct activation_shape {
    size_t channels, plane; /* plane: numbers of one channel, all lanes */
} activation_shape;

INLINE activation_shape activation_shape_of(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    return (activation_shape){ (size_t)shape.channels, (size_t)shape.height * (size_t)shape.width * HG_LANES };
}

/* The channel's parameter: one a channel, one shared by all (stride 0), or none. */
INLINE vec activation_parameter(const hg_pass *pass, size_t channel, size_t stride)
{
    return pass->parameter[0] ? vec_set(pass->parameter[0][channel * stride]) : (vec){ 0 };
}

/* A constant takes the place of a parameter. */
INLINE hg_pass activation_with_constant(const hg_pass *pass, const hg_real *constant)
{
    hg_pass copy = *pass;
    copy.parameter[0] = constant;
    return copy;
}

/* The kink of most: a NaN is not above it. */
INLINE mask activation_positive(vec x, vec t)
{
    (void)t;
    return x > 0;
}

/* max(x, 0); a NaN stays one, to be found */
INLINE vec activation_rectified(vec x, vec t)
{
    (void)t;
    return vec_where(~(x <= 0), x);
}

/* output = value(x, t); a channel is active if `above` says so of any sample. */
INLINE void activation_forward(const hg_pass *pass, size_t stride, vec (*value)(vec x, vec t),
                               mask (*above)(vec x, vec t))
{
    const activation_shape shape = activation_shape_of(pass);
    for (size_t c = 0; c < shape.channels; c++) {
        const vec t = activation_parameter(pass, c, stride);
        const hg_real *x = pass->input[0] + c * shape.plane;
        hg_real *y = pass->output + c * shape.plane;
        mask seen[PIECES] = { { 0 } };
        for (size_t i = 0; i < shape.plane; i += HG_LANES)
            UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
                const vec xv = vec_load(x + i + piece * VEC);
                seen[piece] |= above(xv, t);
                vec_store(y + i + piece * VEC, value(xv, t));
            }
        mask any = { 0 };
        for (int piece = 0; piece < PIECES; piece++)
            any |= seen[piece] & mask_of_samples(pass->count, piece);
        if (mask_any(any))
            pass->active[c] = 1;
    }
}

/* input_gradient = output_gradient derivative(x, t), where x is the layer's input,
 * or its output for layers that work in place. */
INLINE void activation_backward(const hg_pass *pass, const hg_real *x, size_t stride, vec (*derivative)(vec x, vec t))
{
    if (!pass->input_gradient[0])
        return;
    const activation_shape shape = activation_shape_of(pass);
    for (size_t c = 0; c < shape.channels; c++) {
        const vec t = activation_parameter(pass, c, stride);
        for (size_t i = c * shape.plane; i < (c + 1) * shape.plane; i += VEC)
            vec_store(pass->input_gradient[0] + i,
                      vec_load(pass->output_gradient + i) * derivative(vec_load(x + i), t));
    }
}

/* parameter_gradient[channel stride] += sum of output_gradient derivative(x, t).
 * To be called before activation_backward, which may overwrite output_gradient. */
INLINE void activation_parameter_backward(const hg_pass *pass, size_t stride, vec (*derivative)(vec x, vec t))
{
    const activation_shape shape = activation_shape_of(pass);
    for (size_t c = 0; c < shape.channels; c++) {
        const vec t = activation_parameter(pass, c, stride);
        vec sum = { 0 };
        for (size_t i = c * shape.plane; i < (c + 1) * shape.plane; i += VEC)
            sum += vec_load(pass->output_gradient + i) * derivative(vec_load(pass->input[0] + i), t);
        pass->parameter_gradient[0][c * stride] += vec_sum(sum);
    }
}

/* The setup of a layer that keeps its input's shape and has no parameters. */
INLINE hg_status activation_setup(hg_layer_setup *setup)
{
    setup->output = setup->input[0];
    return HG_OK;
}

enum { ACTIVATION_TRAITS = HG_IS_ACTIVATION | HG_IN_PLACE_GRADIENT };

#endif
