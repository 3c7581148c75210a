/* See hinge_side.h. */
#include <string.h>

#include "clock.h"
#include "hinge_side.h"

enum { IMAGES = 4096, CLASSES = 10, SEED = 1, CALLS = 16 };

/* So small that random labels are not learned by heart while measuring. */
static const double LEARNING_RATE = 1e-4, MOVING_LEARNING_RATE = 0.01, WARM_SECONDS = 0.02;

struct hinge_side {
    bench_work work;
    hg_network *network;
    hg_dataset data;
    hg_augmentation augmentation;
    float *image;
    double seconds, opened, start; /* of the measurement under way */
    size_t samples;
};

static void fill_with_bits(unsigned char *bytes, size_t count, hg_random *random)
{
    for (size_t i = 0; i < count; i += sizeof(uint32_t)) {
        const uint32_t bits = hg_random_bits(random);
        memcpy(bytes + i, &bits, count - i < sizeof bits ? count - i : sizeof bits);
    }
}

static hg_status make_data(hinge_side *side, hg_error *error)
{
    const hg_shape shape = hg_network_input_shape(side->network);
    const size_t pixels = (size_t)(shape.channels * shape.height * shape.width),
                 count = (size_t)(side->work.images ? side->work.images : IMAGES);
    unsigned char *bytes = hg_allocate(count, pixels), *labels = hg_allocate(count, 1);
    side->image = hg_allocate(pixels, sizeof *side->image);
    side->data = (hg_dataset){ .count = count, .shape = shape, .classes = CLASSES, .pixels = bytes, .labels = labels };
    if (!bytes || !labels || !side->image)
        return hg_fail(error, HG_NO_MEMORY, "no memory for %zu images", count);
    hg_random random = hg_random_stream(SEED, HG_FOR_USER, 0, 0);
    fill_with_bits(bytes, count * pixels, &random);
    for (size_t i = 0; i < count; i++)
        labels[i] = (unsigned char)hg_random_below(&random, CLASSES);
    for (size_t i = 0; i < pixels; i++)
        side->image[i] = (float)bytes[i] / 255;
    return HG_OK;
}

hinge_side *hinge_side_open(const bench_work *work, hg_error *error)
{
    hinge_side *side = hg_allocate(1, sizeof *side);
    if (!side) {
        hg_fail(error, HG_NO_MEMORY, "no memory to begin with");
        return NULL;
    }
    side->work = *work;
    side->network = networks_create(work, error);
    if (side->network && !hg_network_set_threads(side->network, work->threads, error) && !make_data(side, error))
        return side;
    hinge_side_close(side);
    return NULL;
}

void hinge_side_close(hinge_side *side)
{
    if (!side)
        return;
    hg_release((void *)side->data.pixels);
    hg_release((void *)side->data.labels);
    hg_release(side->image);
    hg_network_destroy(side->network);
    hg_release(side);
}

hg_network *hinge_side_network(hinge_side *side)
{
    return side->network;
}

void hinge_side_augment(hinge_side *side, const hg_augmentation *augmentation)
{
    side->augmentation = *augmentation;
}

/* ---- training ---- */

hg_status hinge_side_train(hinge_side *side, int steps, hg_error *error)
{
    const hg_train_options options = { .optimizer = hg_sgd(MOVING_LEARNING_RATE, .momentum = 0.9),
                                       .epochs = steps,
                                       .steps = (uint64_t)steps,
                                       .batch = side->work.batch };
    return hg_network_train(side->network, &side->data, &options, error);
}

/* The clock starts when the first steps have been done. */
static bool on_step(const hg_step_report *report, void *context)
{
    hinge_side *side = context;
    const double time = now();
    if (side->start == 0) {
        if (time - side->opened > WARM_SECONDS)
            side->start = time;
        return true;
    }
    side->samples += report->samples;
    return time - side->start < side->seconds;
}

static hg_status train(hinge_side *side, hg_error *error)
{
    const hg_train_options options = { .optimizer = hg_sgd(LEARNING_RATE, .momentum = 0.9),
                                       .epochs = INT32_MAX,
                                       .batch = side->work.batch,
                                       .augment = side->augmentation,
                                       .on_step = on_step,
                                       .context = side };
    const hg_status status = hg_network_train(side->network, &side->data, &options, error);
    return status == HG_STOPPED ? HG_OK : status;
}

/* ---- evaluation and prediction ---- */

static hg_status call(hinge_side *side, hg_error *error)
{
    float probability[CLASSES];
    hg_evaluation evaluation;
    hg_status status = HG_OK;
    if (side->work.mode == BENCH_EVALUATE) {
        status = hg_network_evaluate(side->network, &side->data, &evaluation, error);
        side->samples += side->data.count;
        return status;
    }
    for (int i = 0; i < CALLS && !status; i++)
        status = hg_network_predict(side->network, side->image, 1, probability, error);
    side->samples += CALLS;
    return status;
}

static hg_status call_again_and_again(hinge_side *side, hg_error *error)
{
    hg_status status = call(side, error);
    side->start = now();
    side->samples = 0;
    while (!status && (side->samples == 0 || now() - side->start < side->seconds))
        status = call(side, error);
    return status;
}

double hinge_side_rate(hinge_side *side, double seconds, hg_error *error)
{
    side->seconds = seconds;
    side->opened = now();
    side->start = 0;
    side->samples = 0;
    const hg_status status = side->work.mode == BENCH_TRAIN ? train(side, error) : call_again_and_again(side, error);
    return status ? 0 : (double)side->samples / (now() - side->start);
}
