/* image_input: x = (pixel - mean) / deviation, per pixel of the image. */
#include "src/simd.h"
#include "src/vec.h"

enum { MEAN, DEVIATION };

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_image_input_options *options = setup->options;
    const int channels = options->channels == 0 ? 1 : options->channels;
    if (options->height < 1 || options->width < 1 || channels < 1)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "images of %d x %d x %d; give height, width and channels, as in hg_image_input(28, 28, 1)",
                       options->height, options->width, channels);
    if (options->normalization < 0 || options->normalization > HG_NO_NORMALIZATION)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "normalization %d: it is HG_ZEROCENTER, HG_ZSCORE or HG_NO_NORMALIZATION",
                       (int)options->normalization);
    setup->output = (hg_shape){ channels, options->height, options->width };
    const hg_tensor_shape image = hg_shape_of(3, channels, options->height, options->width);
    if (options->normalization == HG_NO_NORMALIZATION)
        return HG_OK;
    hg_setup_parameter(setup, "mean", image)->frozen = true;
    if (options->normalization == HG_ZSCORE) {
        hg_parameter_spec *deviation = hg_setup_parameter(setup, "deviation", image);
        deviation->start_value = 1;
        deviation->frozen = true;
    }
    return HG_OK;
}

static void forward(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    const size_t units = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    const hg_real *mean = pass->parameter[MEAN], *deviation = pass->parameter[DEVIATION];
    for (size_t u = 0; u < units; u++)
        for (size_t i = u * HG_LANES; i < (u + 1) * HG_LANES; i += VEC) {
            vec x = vec_load(pass->input[0] + i);
            if (mean)
                x -= mean[u];
            if (deviation)
                x /= deviation[u];
            vec_store(pass->output + i, x);
        }
}

static void backward(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    const size_t units = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    const hg_real *deviation = pass->parameter[DEVIATION];
    if (!pass->input_gradient[0])
        return;
    for (size_t u = 0; u < units; u++)
        for (size_t i = u * HG_LANES; i < (u + 1) * HG_LANES; i += VEC) {
            vec gradient = vec_load(pass->output_gradient + i);
            if (deviation)
                gradient /= deviation[u];
            vec_store(pass->input_gradient[0] + i, gradient);
        }
}

static const char *const normalization_words[] = { "zerocenter", "zscore", "none", NULL };
static const hg_option options[] = {
    HG_INT(hg_image_input_options, height),
    HG_INT(hg_image_input_options, width),
    HG_INT(hg_image_input_options, channels),
    HG_ENUM(hg_image_input_options, normalization, normalization_words),
};

const hg_layer_type BUILT(hg_image_input_type) = {
    HG_TYPE("image_input", hg_image_input_options),
    HG_OPTIONS(options),
    .traits = HG_IS_INPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
