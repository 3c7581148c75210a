/* See mnist_training.h. */
#include "mnist_training.h"

#include "mnist_augment.h"

const char *const mnist_optimizer_words[] = { "sgd", "adam", "adamw", NULL };
const char *const mnist_schedule_words[] = { "constant", "step", "exponential", "cosine", NULL };
const char *const mnist_average_words[] = { "none", "ema", "swa", NULL };

static hg_optimizer optimizer_of(mnist_training *training, const mnist_options *options)
{
    const double rate = options->learning_rate, decay = options->weight_decay;
    training->sgd = (hg_sgd_options){ sizeof training->sgd, rate, options->momentum, decay, false };
    training->adam = (hg_adam_options){ .size = sizeof training->adam, .learning_rate = rate, .weight_decay = decay };
    training->adamw =
        (hg_adamw_options){ .size = sizeof training->adamw, .learning_rate = rate, .weight_decay = decay };
    if (options->optimizer == MNIST_SGD)
        return (hg_optimizer){ &hg_sgd_type, &training->sgd };
    /* without decay the two are one, and adamw's zero would be its default */
    if (options->optimizer == MNIST_ADAM || decay == 0)
        return (hg_optimizer){ &hg_adam_type, &training->adam };
    return (hg_optimizer){ &hg_adamw_type, &training->adamw };
}

void mnist_training_fill(mnist_training *training, const mnist_options *options, const mnist_data *data)
{
    static const hg_average_kind averages[] = {
        [MNIST_NO_AVERAGE] = HG_AVERAGE_NONE, [MNIST_EMA] = HG_AVERAGE_EMA, [MNIST_SWA] = HG_AVERAGE_SWA
    };
    *training =
        (mnist_training){ .options = {
                              .epochs = options->epochs,
                              .batch = options->batch,
                              .steps = options->steps,
                              .seed = options->seed,
                              .no_shuffle = options->no_shuffle,
                              .augment = mnist_augment((mnist_strength)options->augment),
                              .test = data->test,
                              .schedule = { .kind = (hg_schedule_kind)options->schedule, .warmup = options->warmup },
                              .clip_norm = options->clip,
                              .average = { .kind = averages[options->average] },
                              .validation = data->validation,
                              .patience = options->patience,
                              .keep_best = options->patience > 0,
                              .checkpoint = options->checkpoint,
                              .checkpoint_minutes = options->checkpoint_minutes,
                              .resume = options->resume,
                          } };
    training->options.optimizer = optimizer_of(training, options);
}
