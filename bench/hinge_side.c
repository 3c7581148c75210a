/* The hinge side: networks on random images in memory. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../examples/mnist_network.h"
#include "sides.h"

enum { SAMPLES = 4096, CLASSES = 10, SEED = 1 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* clang-format off */
static hg_network *vgg(hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(32, 32, 3),
        hg_conv2d(3, 64, .same = true), hg_relu(),
        hg_conv2d(3, 64, .same = true), hg_relu(),
        hg_max_pool2d(2),
        hg_conv2d(3, 128, .same = true), hg_relu(),
        hg_conv2d(3, 128, .same = true), hg_relu(),
        hg_max_pool2d(2),
        hg_fully_connected(256), hg_relu(),
        hg_fully_connected(10),
        hg_softmax(),
        hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}
/* clang-format on */

static hg_network *make_network(const char *name, hg_error *error)
{
    if (strcmp(name, "vgg") == 0)
        return vgg(error);
    if (strcmp(name, "document-threshold") == 0)
        return mnist_network_create(MNIST_DOCUMENT, MNIST_THRESHOLD_RELU, HG_SLOPE, error);
    for (int i = 0; mnist_network_words[i]; i++)
        if (strcmp(name, mnist_network_words[i]) == 0)
            return mnist_network_create((mnist_network)i, MNIST_RELU, HG_SLOPE, error);
    hg_fail(error, HG_BAD_ARGUMENT, "no network is called %s", name);
    return NULL;
}

/* One network, its data, and a clock that stops the training. */
typedef struct bench_run {
    hg_network *network;
    hg_dataset data;
    double until, start;
    size_t samples;
} bench_run;

static bool make_run(bench_run *run, const bench_work *work, hg_error *error)
{
    run->network = make_network(work->network, error);
    if (!run->network || hg_network_set_threads(run->network, work->threads, error))
        return false;
    const hg_shape shape = hg_network_input_shape(run->network);
    const size_t pixels = (size_t)(shape.channels * shape.height * shape.width);
    unsigned char *bytes = hg_allocate(SAMPLES, pixels), *labels = hg_allocate(SAMPLES, 1);
    run->data = (hg_dataset){ .count = SAMPLES, .shape = shape, .classes = CLASSES, .pixels = bytes, .labels = labels };
    if (!bytes || !labels) {
        hg_fail(error, HG_NO_MEMORY, "no memory for %d images", SAMPLES);
        return false;
    }
    hg_random random = hg_random_stream(SEED, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < SAMPLES * pixels; i++)
        bytes[i] = (unsigned char)hg_random_bits(&random);
    for (size_t i = 0; i < SAMPLES; i++)
        labels[i] = (unsigned char)hg_random_below(&random, CLASSES);
    return true;
}

static void destroy_run(bench_run *run)
{
    hg_release((void *)run->data.pixels);
    hg_release((void *)run->data.labels);
    hg_network_destroy(run->network);
}

enum { WARM_STEPS = 3 };

static bool count_step(const hg_step_report *report, void *context)
{
    bench_run *run = context;
    if (report->step <= WARM_STEPS) {
        run->start = now();
        return true;
    }
    run->samples += report->samples;
    return now() - run->start < run->until;
}

static double train_rate(bench_run *run, const bench_work *work, double seconds, hg_error *error)
{
    run->until = seconds;
    /* so small a rate that random labels drive nothing to infinity */
    const hg_train_options options = { .optimizer = hg_sgd(1e-4, .momentum = 0.9),
                                       .epochs = 1 << 20,
                                       .batch = work->batch,
                                       .on_step = count_step,
                                       .context = run };
    if (hg_network_train(run->network, &run->data, &options, error) != HG_STOPPED)
        return 0;
    return (double)run->samples / (now() - run->start);
}

static double evaluate_rate(bench_run *run, double seconds, hg_error *error)
{
    hg_evaluation evaluation;
    run->start = now();
    do {
        if (hg_network_evaluate(run->network, &run->data, &evaluation, error))
            return 0;
        run->samples += SAMPLES;
    } while (now() - run->start < seconds);
    return (double)run->samples / (now() - run->start);
}

static double predict_rate(bench_run *run, double seconds, hg_error *error)
{
    enum { MOST_PIXELS = 32 * 32 * 3, CALLS = 16 };
    static float image[MOST_PIXELS], probability[CLASSES];
    run->start = now();
    do {
        for (int call = 0; call < CALLS; call++)
            if (hg_network_predict(run->network, image, 1, probability, error))
                return 0;
        run->samples += CALLS;
    } while (now() - run->start < seconds);
    return (double)run->samples / (now() - run->start);
}

double hinge_rate(const bench_work *work, double seconds)
{
    hg_error error = { .message = "" };
    bench_run run = { .samples = 0 };
    double rate = 0;
    if (make_run(&run, work, &error))
        rate = work->mode == BENCH_TRAIN      ? train_rate(&run, work, seconds, &error)
               : work->mode == BENCH_EVALUATE ? evaluate_rate(&run, seconds, &error)
                                              : predict_rate(&run, seconds, &error);
    destroy_run(&run);
    if (rate == 0)
        fprintf(stderr, "bench: %s: %s\n", work->network, error.message);
    return rate;
}

/* Multiply-adds of a layer's forward pass: its weights, each used once an output pixel. */
static double layer_multiplies(hg_network *network, size_t index)
{
    const hg_layer_info layer = hg_network_layer(network, index);
    if (layer.parameter_count == 0)
        return 0;
    const hg_parameter weight = hg_network_parameter(network, layer.first_parameter);
    if (weight.shape.rank == 4)
        return (double)weight.count * layer.output.height * layer.output.width;
    return weight.shape.rank == 2 ? (double)weight.count : 0;
}

double hinge_flops(const bench_work *work)
{
    hg_network *network = make_network(work->network, NULL);
    double flops = 0;
    bool first = true;
    for (size_t i = 0; network && i < hg_network_layer_count(network); i++) {
        const double multiplies = layer_multiplies(network, i);
        if (multiplies == 0)
            continue;
        const int products = work->mode != BENCH_TRAIN ? 1 : first ? 2 : 3;
        flops += 2 * multiplies * products;
        first = false;
    }
    hg_network_destroy(network);
    return flops;
}
