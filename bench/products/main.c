/* The products inside convolution and fully connected layers, hinge's beside
 * OpenBLAS's on one thread: which of them a layer should use is a question of shape,
 * and this is the measurement. Best of many turns, in GFLOP/s of dense operations;
 * OpenBLAS is not charged for turning images into columns, which it needs. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hinge/hinge.h>

#include "../clock.h"

enum { TURNS = 40, SHARDS = 8 /* of a batch of 128 */ };

typedef struct product_row {
    const char *name;
    hg_shape input;
    int outputs, filter; /* filter 0: fully connected */
    bool same;
    hg_pool_order pool;
} product_row;

static const product_row rows[] = {
    { "document: conv 5x5, 1 to 20, 28x28, pooled", { 1, 28, 28 }, 20, 5, false, HG_POOL_BY_VALUE },
    { "document: fully connected, 2880 to 10", { 2880, 1, 1 }, 10, 0, false, HG_NO_POOL },
    { "lenet5: conv 5x5, 6 to 16, 14x14, pooled", { 6, 14, 14 }, 16, 5, false, HG_POOL_BY_VALUE },
    { "mlp: fully connected, 784 to 512", { 784, 1, 1 }, 512, 0, false, HG_NO_POOL },
    { "convnet: conv 5x5, 32 to 64, 14x14, pooled", { 32, 14, 14 }, 64, 5, true, HG_POOL_BY_VALUE },
    { "vgg: conv 3x3, 64 to 64, 32x32, pooled", { 64, 32, 32 }, 64, 3, true, HG_POOL_BY_VALUE },
    { "vgg: conv 3x3, 64 to 128, 16x16", { 64, 16, 16 }, 128, 3, true, HG_NO_POOL },
};

static void *numbers(size_t count)
{
    hg_real *memory = hg_allocate(count + 1, sizeof *memory);
    if (!memory) {
        fputs("products: no memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < count; i++)
        memory[i] = (hg_real)(hg_random_uniform(&random) - 0.5);
    return memory;
}

static size_t units(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

/* ---- hinge ---- */

typedef struct layer {
    const hg_layer_type *type; /* at the level of instructions in use: as a network has it */
    hg_layer_setup setup;
    hg_pass pass;
    hg_conv2d_options conv2d;
    hg_fully_connected_options fully_connected;
    hg_real *input_gradient;
} layer;

static const hg_layer_type *type_in_use(bool fully_connected)
{
    const hg_layer layers[] = { hg_image_input(3, 3), hg_conv2d(3, 1), hg_fully_connected(2), hg_softmax(),
                                hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    const hg_layer_type *type = network ? hg_network_layer(network, fully_connected ? 2 : 1).type : NULL;
    hg_network_destroy(network);
    return type;
}

static size_t parameter_count(const hg_parameter_spec *spec)
{
    size_t count = 1;
    for (int i = 0; i < spec->shape.rank; i++)
        count *= (size_t)spec->shape.size[i];
    return count;
}

static bool open_layer(layer *layer, const product_row *row)
{
    *layer = (struct layer){ .type = type_in_use(row->filter == 0) };
    layer->conv2d = (hg_conv2d_options){
        .size = sizeof layer->conv2d, .filter_size = row->filter, .filters = row->outputs, .same = row->same
    };
    layer->fully_connected =
        (hg_fully_connected_options){ .size = sizeof layer->fully_connected, .units = row->outputs };
    layer->setup = (hg_layer_setup){ .options = row->filter ? (void *)&layer->conv2d : (void *)&layer->fully_connected,
                                     .input_count = 1,
                                     .input = { row->input },
                                     .pool = row->pool };
    if (!layer->type || layer->type->setup(&layer->setup, NULL))
        return false;
    layer->input_gradient = numbers(units(row->input) * HG_LANES);
    layer->pass = (hg_pass){ .options = layer->setup.options,
                             .state = layer->setup.state,
                             .count = HG_LANES,
                             .training = true,
                             .input_count = 1,
                             .input_shape = { row->input },
                             .output_shape = layer->setup.output,
                             .input = { numbers(units(row->input) * HG_LANES) },
                             .output = numbers(units(layer->setup.output) * HG_LANES),
                             .output_gradient = numbers(units(layer->setup.output) * HG_LANES),
                             .saved = numbers(layer->setup.saved / sizeof(hg_real)),
                             .scratch = numbers(layer->setup.scratch / sizeof(hg_real)) };
    for (size_t i = 0; i < layer->setup.parameter_count; i++) {
        const size_t count = parameter_count(&layer->setup.parameter[i]);
        layer->pass.parameter[i] = numbers(count);
        layer->pass.parameter_gradient[i] = numbers(count);
    }
    return true;
}

static void close_layer(layer *layer)
{
    hg_release((void *)layer->pass.input[0]);
    hg_release(layer->pass.output);
    hg_release((void *)layer->pass.output_gradient);
    hg_release(layer->pass.saved);
    hg_release(layer->pass.scratch);
    hg_release(layer->input_gradient);
    for (size_t i = 0; i < layer->setup.parameter_count; i++) {
        hg_release((void *)layer->pass.parameter[i]);
        hg_release(layer->pass.parameter_gradient[i]);
    }
    hg_release(layer->setup.state);
}

typedef struct seconds {
    double forward, weights, input;
} seconds;

static double least(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

/* The weights' gradients of a fully connected layer are taken over a whole batch. */
static double weights_of_batch(layer *layer)
{
    const hg_real *input[SHARDS], *output_gradient[SHARDS];
    for (int s = 0; s < SHARDS; s++) {
        input[s] = layer->pass.input[0];
        output_gradient[s] = layer->pass.output_gradient;
    }
    hg_batch_pass batch = { .options = layer->pass.options,
                            .input_shape = layer->pass.input_shape[0],
                            .output_shape = layer->pass.output_shape,
                            .shards = SHARDS,
                            .input = input,
                            .output_gradient = output_gradient };
    memcpy(batch.parameter_gradient, layer->pass.parameter_gradient, sizeof batch.parameter_gradient);
    const double start = now();
    for (size_t part = 0; part < layer->setup.parts; part++)
        layer->type->backward_batch(&batch, part);
    return (now() - start) / SHARDS;
}

static seconds time_hinge(layer *layer)
{
    seconds best = { 0, 0, 0 };
    double alone = 0, both = 0; /* backward without and with the input's gradient */
    for (int turn = 0; turn < TURNS; turn++) {
        const double start = now();
        layer->type->forward(&layer->pass);
        const double forward = now();
        layer->pass.input_gradient[0] = NULL;
        layer->type->backward(&layer->pass);
        const double weights = now();
        layer->pass.input_gradient[0] = layer->input_gradient;
        layer->type->backward(&layer->pass);
        const double all = now();
        best.forward = least(best.forward, forward - start);
        alone = least(alone, weights - forward);
        both = least(both, all - weights);
        best.weights = layer->type->backward_batch ? least(best.weights, weights_of_batch(layer)) : alone;
    }
    best.input = both - alone;
    return best;
}

/* ---- OpenBLAS: out [m][n] = a [m][k] b [k][n] and the two products of its gradient ---- */

static seconds time_openblas(int m, int k, int n)
{
    float *a = numbers((size_t)m * (size_t)k), *b = numbers((size_t)k * (size_t)n),
          *out = numbers((size_t)m * (size_t)n);
    seconds best = { 0, 0, 0 };
    for (int turn = 0; turn < TURNS; turn++) {
        const double start = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, out, n);
        const double forward = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, k, n, 1, out, n, b, n, 0, a, k);
        const double weights = now();
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, n, m, 1, a, k, out, n, 0, b, n);
        const double all = now();
        best.forward = least(best.forward, forward - start);
        best.weights = least(best.weights, weights - forward);
        best.input = least(best.input, all - weights);
    }
    hg_release(a);
    hg_release(b);
    hg_release(out);
    return best;
}

static void print_side(double flops, seconds seconds)
{
    printf("| %.0f | %.0f | %.0f ", flops / seconds.forward / 1e9, flops / seconds.weights / 1e9,
           flops / seconds.input / 1e9);
}

int main(void)
{
    openblas_set_num_threads(1);
    puts("| layer | hinge: forward | weights | input | OpenBLAS: forward | weights | input "
         "|\n|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        const product_row *row = &rows[i];
        layer layer;
        if (!open_layer(&layer, row))
            return EXIT_FAILURE;
        const int unpooled = row->pool ? 4 : 1,
                  output = layer.setup.output.height * layer.setup.output.width * unpooled;
        const int taps = row->filter ? row->input.channels * row->filter * row->filter : row->input.channels;
        const int samples = row->filter ? HG_LANES : HG_LANES * SHARDS;
        const double flops = 2.0 * row->outputs * taps * output;
        printf("| %s ", row->name);
        print_side(flops * HG_LANES, time_hinge(&layer));
        print_side(flops * samples, time_openblas(row->outputs, taps, output * samples));
        puts("|");
        fflush(stdout);
        close_layer(&layer);
    }
    return EXIT_SUCCESS;
}
