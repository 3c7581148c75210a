/* Dead units and trainings that go nowhere, spoken of as they are seen. */
#include "mnist_watch.h"
#include "mnist_network.h"
#include "mnist_text.h"

const char *const mnist_on_dead_words[] = { "warn", "revive", "stop", NULL };

void mnist_watch_begin(mnist_watch *watch, FILE *stream, const char *program, hg_network *network,
                       const mnist_options *options)
{
    *watch = (mnist_watch){ .stream = stream, .program = program, .network = network, .options = options };
}

/* ---- dead units ---- */

const char *mnist_watch_dead_word(const mnist_options *options)
{
    const bool cuts_off = options->activation == MNIST_RELU || options->activation == MNIST_NOISY_RELU ||
                          (options->activation == MNIST_THRESHOLD_RELU && options->form != HG_SLOPE);
    return cuts_off ? "dead" : "never positive";
}

/* Whether to go on. */
static bool act(const mnist_watch *watch, const hg_activation_report *layer, const hg_epoch_report *epoch)
{
    const mnist_options *options = watch->options;
    const char *word = mnist_watch_dead_word(options);
    size_t revived;
    hg_error why;
    switch ((mnist_on_dead)options->on_dead) {
    case MNIST_WARN:
        if (layer->new_dead > 0)
            mnist_text_line(watch->stream,
                            "%s: %s: %zu of %zu units are %s, more than --max-dead %g; --on-dead revive starts them "
                            "anew, --on-dead stop ends the training",
                            watch->program, layer->layer, layer->dead, layer->units, word, options->max_dead);
        return true;
    case MNIST_REVIVE:
        /* another seed for each epoch: what died once must not start the same way again */
        if (hg_network_revive(watch->network, layer, options->seed + (uint64_t)epoch->epoch, &revived, &why) == HG_OK)
            mnist_text_line(watch->stream,
                            "%s: %s: %zu of %zu units were %s, more than --max-dead %g: %zu started anew",
                            watch->program, layer->layer, layer->dead, layer->units, word, options->max_dead, revived);
        else
            mnist_text_line(watch->stream, "%s: %s: %zu of %zu units are %s and cannot be revived: %s", watch->program,
                            layer->layer, layer->dead, layer->units, word, why.message);
        return true;
    case MNIST_STOP:
        mnist_text_line(watch->stream,
                        "%s: %s: %zu of %zu units are %s, more than --max-dead %g: stopped after epoch %d%s",
                        watch->program, layer->layer, layer->dead, layer->units, word, options->max_dead, epoch->epoch,
                        options->save ? ", nothing is saved" : "");
        return false;
    }
    return true;
}

static bool check_dead(const mnist_watch *watch, const hg_epoch_report *epoch)
{
    bool go_on = true;
    for (size_t i = 0; i < epoch->layer_count; i++) {
        const hg_activation_report *layer = &epoch->layers[i];
        if ((double)layer->dead > watch->options->max_dead * (double)layer->units)
            go_on = act(watch, layer, epoch) && go_on;
    }
    return go_on;
}

/* ---- advice ---- */

static void remember(mnist_watch *watch, const hg_epoch_report *report)
{
    if (watch->epoch_count == HG_COUNT(watch->epochs))
        watch->epochs[0] = watch->epochs[--watch->epoch_count];
    watch->epochs[watch->epoch_count++] = *report;
}

bool mnist_watch_epoch(mnist_watch *watch, const hg_epoch_report *report)
{
    remember(watch, report);
    const hg_advice advice =
        hg_training_advice(HG_OK, watch->epochs, watch->epoch_count, hg_network_classes(watch->network));
    if (advice.symptom != HG_NO_SYMPTOM && !(watch->said & 1u << advice.symptom))
        mnist_text_line(watch->stream, "%s: %s. What usually helps: %s", watch->program, advice.seen, advice.helps);
    watch->said |= 1u << advice.symptom;
    return check_dead(watch, report);
}

hg_status mnist_watch_burst(const mnist_watch *watch, const hg_error *why, hg_error *error)
{
    const hg_advice advice =
        hg_training_advice(HG_NOT_FINITE, watch->epochs, watch->epoch_count, hg_network_classes(watch->network));
    return hg_fail(error, HG_NOT_FINITE, "%s (--lr is %g). What usually helps: %s", why->message,
                   watch->options->learning_rate, advice.helps);
}
