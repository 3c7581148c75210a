/* See hinge/advice.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include <hinge/advice.h>

static const double CHANCE_MARGIN = 0.05; /* of the way from chance to 1 */
static const double FLAT_MARGIN = 0.02;   /* of ln(classes), below it */
static const double START_MARGIN = 0.5;   /* of ln(classes): so far above it may lie what starting weights give */
static const double FALLING =
    0.002;                         /* of ln(classes), from one epoch to the next; half of it from its mean to its end */
static const double LEARNED = 0.5; /* of the way from chance to 1 */
static const double SMALL_RATE = 1e-3;
enum { FIRST_STEPS = 100 };

static void say(char text[HG_ADVICE_LENGTH], const char *format, ...) HG_PRINTF(2, 3);
static void say(char text[HG_ADVICE_LENGTH], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, HG_ADVICE_LENGTH, format, arguments);
    va_end(arguments);
}

static hg_advice none(void)
{
    return (hg_advice){ .symptom = HG_NO_SYMPTOM };
}

static hg_advice burst(double rate)
{
    hg_advice advice = { .symptom = HG_LOSS_BURST };
    char smaller[HG_ADVICE_LENGTH / 4] = "a tenth of the learning rate";
    if (rate > 0)
        snprintf(smaller, sizeof smaller, "a learning rate of %g or less", rate / 10);
    say(advice.seen, "the loss is no longer a finite number: the steps are too large");
    say(advice.helps, "%s, less momentum, and images normalized: pixels in [0, 1], less their mean (HG_ZEROCENTER)",
        smaller);
    return advice;
}

/* Of a layer that leaks, dead means never positive: it is no trouble while something is learned. */
static const hg_activation_report *dead_layer(const hg_epoch_report *epoch, bool at_chance)
{
    for (size_t i = 0; i < epoch->layer_count; i++) {
        const hg_activation_report *layer = &epoch->layers[i];
        if (layer->units > 0 && layer->dead == layer->units && (layer->zero_share == 1 || at_chance))
            return layer;
    }
    return NULL;
}

static hg_advice dead(const hg_activation_report *layer, double rate)
{
    hg_advice advice = { .symptom = HG_LAYER_DEAD };
    say(advice.seen, "all %zu units of %s are dead: no sample gets through, and nothing in front of it learns any more",
        layer->units, layer->layer);
    say(advice.helps,
        "a learning rate of %g or less, .start = HG_HE in the layer in front, an activation that leaks (leaky_relu, or "
        "threshold_relu with HG_SLOPE), and hg_network_revive",
        rate / 10);
    return advice;
}

/* Where the epoch's training has led to, as far as is known. */
static double loss_now(const hg_epoch_report *epoch)
{
    return epoch->tested ? epoch->test.loss : epoch->train_loss;
}

/* Of a loss that was about that of a guess: coming down to it from far above is no sign of learning. */
static bool fell(double before, double after, double even, double least)
{
    return before <= (1 + START_MARGIN) * even && before - after > least * even;
}

static hg_advice above(const hg_epoch_report *epoch, double even)
{
    hg_advice advice = { .symptom = HG_LOSS_ABOVE };
    say(advice.seen, "the loss is %.3g, worse than the %.3g of guessing, and the accuracy %.1f %%: the steps overshoot",
        loss_now(epoch), even, 100 * epoch->train_accuracy);
    say(advice.helps, "a learning rate of %g or less, less momentum, and images normalized", epoch->learning_rate / 10);
    return advice;
}

static hg_advice flat(const hg_epoch_report *epoch, double even, int classes)
{
    hg_advice advice = { .symptom = HG_LOSS_FLAT };
    const bool small = epoch->learning_rate<SMALL_RATE, overshot = epoch->train_loss>(1 + START_MARGIN) * even;
    say(advice.seen,
        "the loss stays at %.3g, about that of guessing among %d classes (%.3g), and the accuracy at %.1f %%: nothing "
        "is "
        "learned",
        loss_now(epoch), classes, even, 100 * epoch->train_accuracy);
    say(advice.helps,
        "a learning rate ten times %s (it is %g), labels that belong to their images (look at a few), and starting "
        "weights that differ",
        small      ? "larger"
        : overshot ? "smaller"
                   : "smaller, or larger",
        epoch->learning_rate);
    return advice;
}

static hg_advice test_at_chance(const hg_epoch_report *epoch)
{
    hg_advice advice = { .symptom = HG_TEST_AT_CHANCE };
    say(advice.seen, "the training accuracy is %.1f %%, the test accuracy %.1f %%, no better than guessing",
        100 * epoch->train_accuracy, 100 * epoch->test.accuracy);
    say(advice.helps, "test images scaled, cut and labelled exactly as the training images; if they are, more training "
                      "images or a smaller network");
    return advice;
}

hg_advice hg_training_advice(hg_status status, const hg_epoch_report *epochs, size_t count, int classes)
{
    const hg_epoch_report *last = count > 0 ? &epochs[count - 1] : NULL;
    if (status == HG_NOT_FINITE)
        return burst(last ? last->learning_rate : 0);
    if (!last || classes < 2)
        return none();
    if (!isfinite(last->train_loss) || (last->tested && !isfinite(last->test.loss)))
        return burst(last->learning_rate);
    const double chance = 1.0 / classes, even = log(classes);
    const double guessed = chance + CHANCE_MARGIN * (1 - chance), learned = chance + LEARNED * (1 - chance);
    const bool at_chance = last->train_accuracy < guessed;
    const hg_activation_report *layer = dead_layer(last, at_chance);
    if (layer)
        return dead(layer, last->learning_rate);
    if (last->steps < FIRST_STEPS)
        return none();
    const double now = loss_now(last);
    if (at_chance && fmin(now, last->train_loss) > (1 + START_MARGIN) * even)
        return above(last, even);
    const bool falls = fell(last->train_loss, now, even, FALLING / 2) ||
                       (count > 1 && fell(epochs[count - 2].train_loss, last->train_loss, even, FALLING));
    if (at_chance && now > (1 - FLAT_MARGIN) * even && !falls)
        return flat(last, even, classes);
    if (last->tested && last->train_accuracy > learned && last->test.accuracy < guessed)
        return test_at_chance(last);
    return none();
}
