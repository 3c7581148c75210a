/* From the command line's options to those of hg_network_train. */
#ifndef MNIST_TRAINING_H
#define MNIST_TRAINING_H

#include "mnist_data.h"

typedef enum mnist_optimizer { MNIST_SGD, MNIST_ADAM, MNIST_ADAMW } mnist_optimizer;
typedef enum mnist_average { MNIST_NO_AVERAGE, MNIST_EMA, MNIST_SWA } mnist_average;

/* What the command line calls them, NULL at the end: in the order of mnist_optimizer,
 * hg_schedule_kind and mnist_average. */
extern const char *const mnist_optimizer_words[];
extern const char *const mnist_schedule_words[];
extern const char *const mnist_average_words[];

typedef struct mnist_training {
    hg_train_options options; /* without callbacks */
    hg_sgd_options sgd;
    hg_adam_options adam;
    hg_adamw_options adamw;
} mnist_training;

/* training->options points into *training, which must stay where it is. */
void mnist_training_fill(mnist_training *training, const mnist_options *options, const mnist_data *data);

#endif
