/* See network.h: making and the step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

enum { SEED = 1 };

static const float MOMENTUM = 0.9f, LEAST_PROBABILITY = 1e-30f;

bool network_open(network *network, const settings *settings)
{
    *network = (struct network){ .settings = *settings };
    srand(SEED);
    workshop_open(&network->workshop);
    if (forward_build(network) && backward_build(network))
        return true;
    network_close(network);
    return false;
}

void network_close(network *network)
{
    program_clear(&network->forward);
    program_clear(&network->backward);
    dnnl_primitive_desc_destroy(network->convolution);
    dnnl_primitive_desc_destroy(network->pooling);
    dnnl_primitive_desc_destroy(network->connected);
    for (int p = 0; p < PARAMETERS; p++)
        parameter_destroy(&network->parameters[p]);
    workshop_close(&network->workshop);
}

/* The logits' gradient is p - 1[class], over the batch. */
static double loss_and_gradient(network *network, const int *labels, int count)
{
    const float *probability = numbers_of(network->probabilities, NULL);
    float *gradient = numbers_of(network->logit_gradient, NULL);
    const float scale = 1 / (float)count;
    double loss = 0;
    for (int s = 0; s < network->settings.samples; s++) {
        for (int k = 0; k < CLASSES; k++)
            gradient[s * CLASSES + k] = scale * (probability[s * CLASSES + k] - (float)(k == labels[s]));
        loss -= log(fmaxf(probability[s * CLASSES + labels[s]], LEAST_PROBABILITY));
    }
    return loss;
}

static void add_gradient(parameter *parameter)
{
    const float *gradient = numbers_of(parameter->gradient, NULL);
    for (size_t i = 0; i < parameter->count; i++)
        parameter->sum[i] += gradient[i];
}

static void step_parameter(parameter *parameter, float learning_rate)
{
    float *restrict value = numbers_of(parameter->value, NULL), *restrict sum = parameter->sum,
                    *restrict velocity = parameter->velocity;
    for (size_t i = 0; i < parameter->count; i++) {
        velocity[i] = MOMENTUM * velocity[i] + sum[i];
        value[i] -= learning_rate * velocity[i];
    }
    memset(sum, 0, parameter->count * sizeof *sum);
}

double network_train(network *network, float *images, const int *labels, int count, float learning_rate)
{
    double loss = 0;
    for (int first = 0; first < count; first += network->settings.samples) {
        must(dnnl_memory_set_data_handle(network->images, images + (size_t)first * PIXELS), "images");
        program_run(&network->forward, &network->workshop);
        loss += loss_and_gradient(network, labels + first, count);
        program_run(&network->backward, &network->workshop);
        for (int p = 0; p < PARAMETERS; p++)
            add_gradient(&network->parameters[p]);
    }
    for (int p = 0; p < PARAMETERS; p++)
        step_parameter(&network->parameters[p], learning_rate);
    return loss / count;
}
