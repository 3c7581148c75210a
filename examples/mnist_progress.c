/* What a run shows of itself. Every column has a width; what grows loses decimals. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "mnist_progress.h"
#include "mnist_text.h"

enum {
    LOSS_WIDTH = 10,
    SECONDS_WIDTH = 7,
    DEAD_WIDTH = 20,
    SHORT_DEAD_WIDTH = 10,
    THRESHOLD_WIDTH = 14,
    CELL_LENGTH = 128
};

#define DIM "\033[2m"
#define BOLD "\033[1m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define TO_LINE_START "\r"
#define CLEAR_TO_LINE_END "\033[K"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static const char *paint(const mnist_progress *progress, const char *code)
{
    return progress->colour ? code : "";
}

/* ---- beginning ---- */

static bool has_thresholds(const hg_network *network)
{
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        if (strcmp(hg_network_layer(network, i).type->name, "threshold_relu") == 0)
            return true;
    }
    return false;
}

/* The column of the validation takes its place from that of the dead units. */
static bool has_validation(const mnist_progress *progress)
{
    return progress->options->validation > 0;
}

static int dead_width(const mnist_progress *progress)
{
    return has_validation(progress) ? SHORT_DEAD_WIDTH : DEAD_WIDTH;
}

static void print_heading(const mnist_progress *progress)
{
    const char *theta = progress->utf8 ? "    \u03b8 min..max" : "   theta range";
    const bool validation = has_validation(progress);
    fprintf(progress->stream, "%s%5s %*s  %s%8s  %*s  %6s  %*s%s%s\n", paint(progress, DIM), "epoch", LOSS_WIDTH,
            "train loss", validation ? " val acc  " : "", "test acc", SECONDS_WIDTH, "seconds", "zeros",
            dead_width(progress), validation ? "dead" : "dead (+new, revived)", progress->thresholds ? theta : "",
            paint(progress, PLAIN));
    fflush(progress->stream);
}

void mnist_progress_begin(mnist_progress *progress, FILE *stream, const mnist_options *options,
                          const hg_network *network)
{
    const char *terminal = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool redraws = isatty(fileno(stream)) && terminal && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
    *progress = (mnist_progress){ .stream = stream,
                                  .network = network,
                                  .options = options,
                                  .live = redraws && !options->quiet,
                                  .colour = redraws && !(no_colour && no_colour[0] != '\0'),
                                  .utf8 = mnist_text_utf8(),
                                  .thresholds = has_thresholds(network),
                                  .began = now() };
    if (!options->quiet)
        print_heading(progress);
}

/* ---- the live line ---- */

enum { BAR_WIDTH = 24, NARROWEST_BAR = 4 };

static int line_width(const mnist_progress *progress)
{
    struct winsize size;
    bool known = ioctl(fileno(progress->stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    /* the last column stays free: some terminals go to the next line when it is written to */
    return known && size.ws_col <= MNIST_WIDTH ? size.ws_col - 1 : MNIST_WIDTH;
}

static void print_bar(const mnist_progress *progress, int width, double share)
{
    int done = (int)(share * width + 0.5);
    for (int i = 0; i < width; i++) {
        if (progress->utf8)
            fputs(i < done ? "\u2588" : "\u2591", progress->stream);
        else
            fputc(i < done ? '#' : '.', progress->stream);
    }
}

/* Of the whole run, evaluations included, from the share of the steps that are done. */
static double seconds_left(const mnist_progress *progress, const hg_step_report *report)
{
    double steps = (double)report->epoch_steps * progress->options->epochs;
    if (progress->options->steps > 0 && (double)progress->options->steps < steps)
        steps = (double)progress->options->steps;
    const double done = (double)report->step, here = done - (double)progress->steps_before;
    return done < steps ? (now() - progress->began) * (steps - done) / here : 0;
}

static void print_duration(char *text, size_t size, double seconds)
{
    const double longest = 99 * 3600.0;
    int whole = (int)(seconds < longest ? seconds + 0.5 : longest);
    if (whole >= 3600)
        snprintf(text, size, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, size, "%d:%02d", whole / 60, whole % 60);
}

static void draw_live_line(const mnist_progress *progress, const hg_step_report *report)
{
    char left[CELL_LENGTH], right[CELL_LENGTH], time[CELL_LENGTH];
    char count[MNIST_NUMBER_LENGTH], loss[MNIST_NUMBER_LENGTH];
    double share = (double)report->epoch_step / (double)report->epoch_steps;
    double rate = report->seconds > 0 ? (double)progress->loss_samples / report->seconds : 0;
    print_duration(time, sizeof time, seconds_left(progress, report));
    int left_width = snprintf(left, sizeof left, "epoch %d/%d ", report->epoch, progress->options->epochs);
    int right_width = snprintf(
        right, sizeof right, " %3.0f %%  %s images/s  loss %s  %s left", 100 * share, mnist_text_count(count, rate),
        mnist_text_fixed(loss, LOSS_WIDTH, 4, progress->loss_sum / (double)progress->loss_samples), time);
    int width = line_width(progress);
    int bar = width - left_width - right_width;
    bar = bar > BAR_WIDTH ? BAR_WIDTH : bar;
    fputs(TO_LINE_START, progress->stream);
    if (bar >= NARROWEST_BAR) {
        fputs(left, progress->stream);
        print_bar(progress, bar, share);
        fputs(right, progress->stream);
    } else {
        fprintf(progress->stream, "%.*s", width, left);
        fprintf(progress->stream, "%.*s", width > left_width ? width - left_width : 0, right);
    }
    fputs(CLEAR_TO_LINE_END, progress->stream);
    fflush(progress->stream);
}

void mnist_progress_step(mnist_progress *progress, const hg_step_report *report)
{
    const double redraw_seconds = 0.1;
    if (!progress->stepped)
        progress->steps_before = report->step - 1;
    progress->stepped = true;
    progress->loss_sum += report->loss * (double)report->samples;
    progress->loss_samples += report->samples;
    double time = now();
    bool last = report->epoch_step == report->epoch_steps;
    if (!progress->live || (time - progress->drawn < redraw_seconds && !last))
        return;
    progress->drawn = time;
    draw_live_line(progress, report);
}

void mnist_progress_abandon(const mnist_progress *progress)
{
    if (progress->live && progress->loss_samples > 0)
        fputc('\n', progress->stream);
    fflush(progress->stream);
}

/* ---- the finished line ---- */

typedef struct layer_totals {
    double zeros, activations; /* per sample */
    size_t units, dead, new_dead, revived, thresholds;
    double threshold_min, threshold_max;
} layer_totals;

static double activations_of(const hg_network *network, const char *name)
{
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        hg_layer_info layer = hg_network_layer(network, i);
        if (strcmp(layer.name, name) == 0)
            return (double)layer.output.channels * layer.output.height * layer.output.width;
    }
    return 0;
}

static layer_totals add_up(const hg_network *network, const hg_epoch_report *report)
{
    layer_totals total = { .units = 0 };
    for (size_t i = 0; i < report->layer_count; i++) {
        const hg_activation_report *layer = &report->layers[i];
        double activations = activations_of(network, layer->layer);
        total.activations += activations;
        total.zeros += layer->zero_share * activations;
        total.units += layer->units;
        total.dead += layer->dead;
        total.new_dead += layer->new_dead;
        total.revived += layer->revived;
        if (layer->thresholds == 0)
            continue;
        if (total.thresholds == 0 || layer->threshold_min < total.threshold_min)
            total.threshold_min = layer->threshold_min;
        if (total.thresholds == 0 || layer->threshold_max > total.threshold_max)
            total.threshold_max = layer->threshold_max;
        total.thresholds += layer->thresholds;
    }
    return total;
}

static void print_dead(const mnist_progress *progress, const layer_totals *total)
{
    char cell[CELL_LENGTH];
    int length =
        snprintf(cell, sizeof cell, "%zu/%zu (+%zu, %zu)", total->dead, total->units, total->new_dead, total->revived);
    if (length > dead_width(progress) || has_validation(progress))
        snprintf(cell, sizeof cell, "%zu/%zu", total->dead, total->units);
    fprintf(progress->stream, "  %s%*s%s", total->dead > 0 ? paint(progress, RED) : "", dead_width(progress), cell,
            total->dead > 0 ? paint(progress, PLAIN) : "");
}

static void print_thresholds(const mnist_progress *progress, const layer_totals *total)
{
    char low[MNIST_NUMBER_LENGTH], high[MNIST_NUMBER_LENGTH], cell[2 * MNIST_NUMBER_LENGTH];
    const int half = (THRESHOLD_WIDTH - (int)strlen("  ..")) / 2;
    snprintf(cell, sizeof cell, "%s..%s", mnist_text_fixed(low, half, 2, total->threshold_min),
             mnist_text_fixed(high, half, 2, total->threshold_max));
    fprintf(progress->stream, "%*s", THRESHOLD_WIDTH, cell);
}

static void print_epoch(const mnist_progress *progress, const hg_epoch_report *report)
{
    char loss[MNIST_NUMBER_LENGTH], seconds[MNIST_NUMBER_LENGTH], validation[CELL_LENGTH] = "";
    if (report->validated)
        snprintf(validation, sizeof validation, "%6.2f %%  ", 100 * report->validation.accuracy);
    layer_totals total = add_up(progress->network, report);
    double zero_share = total.activations > 0 ? total.zeros / total.activations : 0;
    fprintf(progress->stream, "%s%5d %*s  %s%s%6.2f %%%s  %*s  %4.0f %%", progress->live ? TO_LINE_START : "",
            report->epoch, LOSS_WIDTH, mnist_text_fixed(loss, LOSS_WIDTH, 4, report->train_loss), validation,
            paint(progress, BOLD), 100 * report->test.accuracy, paint(progress, PLAIN), SECONDS_WIDTH,
            mnist_text_fixed(seconds, SECONDS_WIDTH, 2, report->train_seconds), 100 * zero_share);
    print_dead(progress, &total);
    if (total.thresholds > 0)
        print_thresholds(progress, &total);
    fprintf(progress->stream, "%s\n", progress->live ? CLEAR_TO_LINE_END : "");
    fflush(progress->stream);
}

void mnist_progress_epoch(mnist_progress *progress, const hg_epoch_report *report)
{
    progress->epochs_done = report->epoch;
    if (progress->options->patience == 0 || report->best_epoch == report->epoch) {
        progress->kept_epoch = report->epoch;
        progress->accuracy = report->test.accuracy;
        progress->kept_validation = report->validation.accuracy;
    }
    progress->train_seconds += report->train_seconds;
    progress->train_samples += (double)report->samples;
    if (progress->best_epoch == 0 || report->test.accuracy > progress->best_accuracy) {
        progress->best_accuracy = report->test.accuracy;
        progress->best_epoch = report->epoch;
    }
    progress->loss_sum = 0;
    progress->loss_samples = 0;
    if (progress->options->quiet)
        return;
    print_epoch(progress, report);
    if (report->out_of_patience)
        mnist_text_line(progress->stream, "stopped: no better on validation since epoch %d", report->best_epoch);
}

/* ---- the summary ---- */

void mnist_progress_measured(mnist_progress *progress, const hg_evaluation *test)
{
    progress->accuracy = test->accuracy;
    progress->measured = true;
}

void mnist_progress_end(const mnist_progress *progress, bool synthetic)
{
    if (progress->epochs_done == 0 && !progress->measured)
        return;
    fprintf(progress->stream, "test accuracy %.2f %%%s%s", 100 * progress->accuracy,
            synthetic ? " on synthetic digits" : "", progress->measured ? "" : " ");
    if (progress->measured)
        fputc('\n', progress->stream);
    else if (progress->options->patience > 0)
        fprintf(progress->stream, "(epoch %d, the best on validation: %.2f %%)\n", progress->kept_epoch,
                100 * progress->kept_validation);
    else
        fprintf(progress->stream, "(best: %.2f %%, epoch %d)\n", 100 * progress->best_accuracy, progress->best_epoch);
    if (progress->options->quiet || progress->epochs_done == 0)
        return;
    char images[MNIST_NUMBER_LENGTH], rate[MNIST_NUMBER_LENGTH], seconds[MNIST_NUMBER_LENGTH];
    double time = progress->train_seconds;
    mnist_text_line(progress->stream, "trained on %s images in %s s: %s a second",
                    mnist_text_count(images, progress->train_samples),
                    mnist_text_fixed(seconds, SECONDS_WIDTH, 2, time),
                    mnist_text_count(rate, time > 0 ? progress->train_samples / time : 0));
}
