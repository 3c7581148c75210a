/* A training loop of one's own: the squared error of the probabilities in place of
 * cross-entropy, and a learning rate that warms up and then falls as a cosine
 * (Loshchilov & Hutter 2017, arXiv 1608.03983).
 *
 *     cc custom_loop.c -Iinclude build/libhinge.a $(pkg-config --libs openblas zlib libcjson) -lm -pthread
 */
#include <math.h>
#include <stdio.h>

#include <hinge/hinge.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, SAMPLES = 4000, BATCH = 50, EPOCHS = 4 };

static hg_real images[BATCH * PIXELS], probabilities[BATCH * CLASSES], gradients[BATCH * CLASSES];
static int labels[BATCH];
static unsigned order[SAMPLES];

/* Fisher and Yates. */
static void shuffle(uint32_t epoch)
{
    hg_random random = hg_random_stream(1, HG_FOR_USER, epoch, 0);
    for (unsigned i = 0; i < SAMPLES; i++)
        order[i] = i;
    for (unsigned left = SAMPLES; left > 1; left--) {
        const unsigned other = hg_random_below(&random, left), last = order[left - 1];
        order[left - 1] = order[other];
        order[other] = last;
    }
}

static double rate_at(int step, int steps)
{
    const double highest = 0.1, pi = 3.14159265358979, warm_up = 0.1 * steps;
    if (step < warm_up)
        return highest * (step + 1) / warm_up;
    return highest * 0.5 * (1 + cos(pi * (step - warm_up) / (steps - warm_up)));
}

/* loss = mean over samples of sum over k of (p[k] - [k is the label])^2; its gradient goes to gradients. */
static double squared_error(void)
{
    double loss = 0;
    for (int s = 0; s < BATCH; s++)
        for (int k = 0; k < CLASSES; k++) {
            const hg_real off = probabilities[s * CLASSES + k] - (hg_real)(k == labels[s]);
            gradients[s * CLASSES + k] = 2 * off / BATCH;
            loss += (double)(off * off) / BATCH;
        }
    return loss;
}

static hg_status train_step(hg_network *net, const hg_dataset *digits, unsigned first, double rate, double *loss,
                            hg_error *error)
{
    hg_status status = HG_OK;
    for (unsigned s = 0; s < BATCH && !status; s++)
        status = digits->read(digits, order[first + s], images + s * PIXELS, &labels[s], error);
    hg_network_zero_gradients(net);
    if (!status)
        status = hg_network_forward(net, images, BATCH, probabilities, error);
    *loss += squared_error();
    if (!status)
        status = hg_network_backward(net, gradients, NULL, error);
    return status ? status : hg_network_step(net, hg_sgd(rate, .momentum = 0.9), error);
}

int main(void)
{
    const hg_layer layers[] = { hg_image_input(SIDE, SIDE),  hg_conv2d(5, 8), hg_threshold_relu(), hg_max_pool2d(2),
                                hg_fully_connected(CLASSES), hg_softmax(),    hg_classification() };
    hg_error error = { .message = "" };
    hg_evaluation test = { .accuracy = 0 };
    hg_network *net = hg_network_create(layers, HG_COUNT(layers), &error);
    hg_dataset *digits = hg_synthetic_digits(SAMPLES, 1, 0, &error), *others = hg_synthetic_digits(1000, 2, 0, &error);
    hg_status status = net && digits && others ? HG_OK : error.status;
    if (!status) /* hg_network_train does this by itself */
        status = hg_network_normalize(net, digits, &error);
    const int steps = SAMPLES / BATCH;
    for (int epoch = 0; epoch < EPOCHS && !status; epoch++) {
        double loss = 0;
        shuffle((uint32_t)epoch);
        for (int step = 0; step < steps && !status; step++)
            status = train_step(net, digits, (unsigned)(step * BATCH), rate_at(epoch * steps + step, EPOCHS * steps),
                                &loss, &error);
        if (!status)
            status = hg_network_evaluate(net, others, &test, &error);
        if (!status)
            printf("epoch %d: squared error %.4f, test accuracy %.1f %%\n", epoch + 1, loss / steps,
                   100 * test.accuracy);
    }
    if (status)
        fprintf(stderr, "custom_loop: %s\n", error.message);
    hg_dataset_destroy(others);
    hg_dataset_destroy(digits);
    hg_network_destroy(net);
    return status != HG_OK;
}
