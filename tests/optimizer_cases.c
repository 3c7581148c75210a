/* See optimizer_cases.h. */
#include <check.h>
#include <math.h>

#include "optimizer_cases.h"
#include "optimizer_goldens.h"

hg_network *optimizer_network(int count, hg_parameter *bias)
{
    const hg_layer layers[] = { hg_image_input(2, 2), hg_fully_connected(count), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.bias", bias));
    return network;
}

/* The hash of make_optimizer_goldens.py. */
static double noise(uint32_t step, uint32_t index)
{
    uint32_t h = (index + step * 65537u) * 2654435761u;
    h = (h ^ h >> 15) * 2246822519u;
    h ^= h >> 13;
    return ((double)(h >> 16) - 32768) / 32768;
}

/* The golden's optimizer with its learning rate times `factor`, as a loop of one's own does it. */
static hg_optimizer scaled(const hg_optimizer *optimizer, double factor, void *options)
{
    const double rate = factor * optimizer->type->learning_rate(optimizer->options);
    if (optimizer->type == &hg_sgd_type) {
        *(hg_sgd_options *)options = *(const hg_sgd_options *)optimizer->options;
        ((hg_sgd_options *)options)->learning_rate = rate;
    } else if (optimizer->type == &hg_adam_type) {
        *(hg_adam_options *)options = *(const hg_adam_options *)optimizer->options;
        ((hg_adam_options *)options)->learning_rate = rate;
    } else {
        *(hg_adamw_options *)options = *(const hg_adamw_options *)optimizer->options;
        ((hg_adamw_options *)options)->learning_rate = rate;
    }
    return (hg_optimizer){ optimizer->type, options };
}

static void compare(const optimizer_golden *row, size_t stop, const hg_parameter *bias, bool in_double,
                    double tolerance)
{
    const double *expected = in_double ? row->in_double[stop] : row->in_float[stop];
    for (size_t i = 0; i < OPTIMIZER_NUMBERS; i++)
        ck_assert_msg(fabs((double)bias->values[i] - expected[i]) <= tolerance,
                      "%s, %d steps: number %zu is %.17g, not %.17g: off by %.2g > %.2g", row->name,
                      optimizer_stop[stop], i, (double)bias->values[i], expected[i],
                      fabs((double)bias->values[i] - expected[i]), tolerance);
}

int optimizer_golden_count(void)
{
    return HG_COUNT(optimizer_goldens);
}

void optimizer_follow(int golden, bool in_double, double tolerance)
{
    const optimizer_golden *row = &optimizer_goldens[golden];
    union {
        hg_sgd_options sgd;
        hg_adam_options adam;
        hg_adamw_options adamw;
    } options;
    hg_parameter bias;
    hg_network *network = optimizer_network(OPTIMIZER_NUMBERS, &bias);
    size_t stop = 0;
    for (uint32_t i = 0; i < OPTIMIZER_NUMBERS; i++)
        bias.values[i] = (hg_real)noise(0, i);
    for (uint32_t step = 1; stop < OPTIMIZER_STOPS; step++) {
        for (uint32_t i = 0; i < OPTIMIZER_NUMBERS; i++)
            bias.gradients[i] = (hg_real)(ldexp((double)bias.values[i], (int)i - 4) + noise(step, i));
        if (row->clip_norm > 0)
            ck_assert_int_eq(hg_network_clip_gradients(network, row->clip_norm, NULL, NULL), HG_OK);
        const double factor = hg_schedule_factor(row->schedule, step - 1, OPTIMIZER_EPOCHS);
        ck_assert_int_eq(hg_network_step(network, scaled(&row->optimizer, factor, &options), NULL), HG_OK);
        if ((int)step == optimizer_stop[stop])
            compare(row, stop++, &bias, in_double, tolerance);
    }
    hg_network_destroy(network);
}
