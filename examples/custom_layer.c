/* An activation of one's own: squared ReLU, y = max(x, 0)^2, dy/dx = 2 max(x, 0)
 * (So et al. 2021, "Primer", arXiv 2109.08668). Checked, trained, saved, loaded.
 *
 *     cc custom_layer.c -Iinclude build/libhinge.a $(pkg-config --libs openblas zlib libcjson) -lm -pthread
 */
#include <math.h>
#include <stdio.h>

#include <hinge/hinge.h>

typedef struct squared_relu_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} squared_relu_options;

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    setup->output = setup->input[0];
    return HG_OK;
}

/* Plain loops over HG_LANES: gcc and clang make vector instructions of them at -O2, as
 * the pointers are restrict parameters and (x + |x|) / 2 has no branch, unlike x > 0 ? x : 0. */
static void forward_row(const hg_real *restrict x, hg_real *restrict y, hg_real *restrict seen)
{
    for (int lane = 0; lane < HG_LANES; lane++) {
        const hg_real positive = (x[lane] + fabsf(x[lane])) / 2;
        y[lane] = positive * positive;
        seen[lane] += y[lane];
    }
}

static void backward_row(const hg_real *restrict x, const hg_real *restrict dy, hg_real *restrict dx)
{
    for (int lane = 0; lane < HG_LANES; lane++)
        dx[lane] = (x[lane] + fabsf(x[lane])) * dy[lane];
}

static void forward(const hg_pass *pass)
{
    const int plane = pass->output_shape.height * pass->output_shape.width;
    for (int c = 0; c < pass->output_shape.channels; c++) {
        hg_real seen[HG_LANES] = { 0 };
        for (int i = c * plane; i < (c + 1) * plane; i++)
            forward_row(pass->input[0] + i * HG_LANES, pass->output + i * HG_LANES, seen);
        for (size_t lane = 0; lane < pass->count; lane++)
            pass->active[c] |= seen[lane] > 0; /* for the count of dead units */
    }
}

static void backward(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    for (int i = 0; i < shape.channels * shape.height * shape.width && pass->input_gradient[0]; i++)
        backward_row(pass->input[0] + i * HG_LANES, pass->output_gradient + i * HG_LANES,
                     pass->input_gradient[0] + i * HG_LANES);
}

static const hg_layer_type squared_relu_type = {
    HG_TYPE("squared_relu", squared_relu_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_IS_ACTIVATION, /* its units are counted: forward sets pass->active */
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
#define squared_relu(...) HG_LAYER(squared_relu_type, squared_relu_options, __VA_ARGS__)

int main(void)
{
    const hg_layer layers[] = { hg_image_input(28, 28), hg_fully_connected(32), squared_relu(),
                                hg_fully_connected(10), hg_softmax(),           hg_classification() };
    hg_error error = { .message = "" };
    hg_gradient_report gradients;
    hg_evaluation test;
    hg_network *net = hg_network_create(layers, HG_COUNT(layers), &error);
    hg_dataset *digits = hg_synthetic_digits(4000, 1, 0, &error), *others = hg_synthetic_digits(1000, 2, 0, &error);
    hg_status status = net && digits && others ? HG_OK : error.status;
    if (!status && !(status = hg_check_gradients(squared_relu(), &(hg_shape){ 3, 4, 5 }, 1, NULL, &gradients, &error)))
        printf("%zu gradients are right, the worst %.1g off\n", gradients.compared, gradients.error);
    const hg_train_options options = { .optimizer = hg_sgd(0.01, .momentum = 0.9), .epochs = 3 };
    if (!status)
        status = hg_network_train(net, digits, &options, &error);
    if (!status)
        status = hg_network_save(net, "custom_layer.safetensors", &error);
    if (!status) /* into a network made as above: hg_network_load cannot know squared_relu */
        status = hg_network_load_weights(net, "custom_layer.safetensors", &error);
    if (!status && !(status = hg_network_evaluate(net, others, &test, &error)))
        printf("test accuracy %.1f %%\n", 100 * test.accuracy);
    if (status)
        fprintf(stderr, "custom_layer: %s\n", error.message);
    hg_dataset_destroy(others);
    hg_dataset_destroy(digits);
    hg_network_destroy(net);
    return status != HG_OK;
}
