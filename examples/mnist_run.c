/* See mnist_run.h. */
#include <string.h>

#include "mnist_augment.h"
#include "mnist_data.h"
#include "mnist_dead_units.h"
#include "mnist_file.h"
#include "mnist_log.h"
#include "mnist_network.h"
#include "mnist_progress.h"
#include "mnist_report.h"
#include "mnist_run.h"
#include "mnist_stop.h"
#include "mnist_text.h"
#include "mnist_training.h"
#include "mnist_watch.h"

enum { EXIT_DEAD = 3 /* --on-dead stop */ };

typedef struct training_run {
    const mnist_options *options;
    const char *program;
    char *const *argv;
    mnist_progress progress;
    mnist_log log;
    mnist_watch watch;
    mnist_report report;
    bool log_failed;
    bool report_failed;     /* at an epoch */
    hg_step_report step;    /* the last one */
    double test_accuracy;   /* at the last look */
    bool ended_early;       /* by a callback */
    bool has_checkpoint;    /* one was written */
    bool checkpoint_failed; /* the last one */
} training_run;

/* ---- before ---- */

static hg_network *make_network(const mnist_options *options, hg_error *error)
{
    hg_network *network = mnist_network_create((mnist_network)options->network, (mnist_activation)options->activation,
                                               (hg_threshold_form)options->form, options->label_smoothing, error);
    if (!network)
        return NULL;
    hg_status status = hg_network_set_threads(network, options->threads, error);
    hg_network_initialize(network, options->seed);
    if (status == HG_OK && options->init)
        status = hg_network_load_weights(network, options->init, error);
    if (status == HG_OK)
        return network;
    hg_network_destroy(network);
    return NULL;
}

/* ---- meanwhile ---- */

/* A signal came within an epoch. */
static bool is_cut_short(const training_run *run)
{
    return mnist_stop_signal() && run->step.epoch_step < run->step.epoch_steps;
}

static bool go_on(training_run *run, bool yes)
{
    run->ended_early = !yes;
    return yes;
}

static bool on_step(const hg_step_report *report, void *context)
{
    training_run *run = context;
    run->step = *report;
    mnist_progress_step(&run->progress, report);
    return go_on(run, !ferror(stdout) && !mnist_stop_signal());
}

static bool is_last(const mnist_options *options, const hg_epoch_report *report)
{
    return report->epoch == options->epochs || report->out_of_patience ||
           (options->steps > 0 && report->steps >= options->steps);
}

static bool on_epoch(const hg_epoch_report *report, void *context)
{
    training_run *run = context;
    hg_error error;
    run->test_accuracy = report->test.accuracy;
    /* the epoch will be shown when it is whole */
    if (is_cut_short(run))
        return go_on(run, false);
    mnist_progress_epoch(&run->progress, report);
    if (mnist_log_epoch(&run->log, report, &error) != HG_OK) {
        /* the training is worth more than its log */
        fprintf(stderr, "%s: %s\n", run->program, error.message);
        run->log_failed = true;
    }
    if (mnist_report_epoch(&run->report, report, &error) != HG_OK) {
        if (!run->report_failed)
            mnist_text_line(stderr, "%s: %s; the training goes on", run->program, error.message);
        run->report_failed = true;
    }
    const bool healthy = mnist_watch_epoch(&run->watch, report);
    return go_on(run, healthy && !ferror(stdout) && (!mnist_stop_signal() || is_last(run->options, report)));
}

static void on_checkpoint(const hg_checkpoint_report *report, void *context)
{
    training_run *run = context;
    const bool failed_before = run->checkpoint_failed;
    run->checkpoint_failed = report->status != HG_OK;
    run->has_checkpoint = run->has_checkpoint || !run->checkpoint_failed;
    if (!run->checkpoint_failed || failed_before)
        return;
    mnist_progress_abandon(&run->progress);
    mnist_text_line(stderr, "%s: no checkpoint after step %llu, the training goes on: %s", run->program,
                    (unsigned long long)report->step, report->message);
}

static hg_status run_training(training_run *run, hg_network *network, const mnist_data *data, hg_error *error)
{
    const mnist_options *options = run->options;
    FILE *notes = options->quiet ? NULL : stdout;
    mnist_training training;
    mnist_training_fill(&training, options, data);
    training.options.on_step = on_step;
    training.options.on_epoch = on_epoch;
    training.options.on_checkpoint = on_checkpoint;
    training.options.context = run;
    mnist_augment_describe((mnist_strength)options->augment, notes);
    if (options->resume)
        mnist_text_line(notes, "going on from %s", options->resume);
    mnist_progress_begin(&run->progress, stdout, options, network);
    mnist_watch_begin(&run->watch, stderr, run->program, network, options);
    mnist_stop_watch();
    hg_error why;
    const hg_status status = hg_network_train(network, data->training, &training.options, &why);
    if (status == HG_OK)
        return status;
    mnist_progress_abandon(&run->progress);
    if (status == HG_NOT_FINITE)
        return mnist_watch_burst(&run->watch, &why, error);
    return hg_fail(error, status, "%s", why.message);
}

/* ---- afterwards ---- */

/* What the network can do, where no epoch of this run has told: all or the best was trained before. */
static hg_status measure(training_run *run, hg_network *network, const mnist_data *data, hg_error *error)
{
    hg_evaluation evaluation;
    if (run->progress.kept_epoch > 0)
        return HG_OK;
    const hg_status status = hg_network_evaluate(network, data->test, &evaluation, error);
    if (status == HG_OK)
        mnist_progress_measured(&run->progress, &evaluation);
    return status;
}

static void tell_of_stop(const training_run *run)
{
    const hg_step_report *step = &run->step;
    char steps[MNIST_NUMBER_LENGTH];
    mnist_text_line(stderr,
                    "%s: stopped by %s in epoch %d of %d, after %zu of its %zu steps, %s in all: test accuracy "
                    "%.2f %%",
                    run->program, mnist_stop_name(), step->epoch, run->options->epochs, step->epoch_step,
                    step->epoch_steps, mnist_text_count(steps, (double)step->step), 100 * run->test_accuracy);
    if (run->has_checkpoint) {
        fprintf(stderr, "%s: to go on:\n", run->program);
        mnist_stop_print_command(stderr, run->argv, run->options->checkpoint);
    } else if (!run->options->checkpoint) {
        mnist_text_line(stderr, "%s: there is nothing to go on from: --checkpoint FILE would have kept it",
                        run->program);
    }
}

static hg_status save(hg_network *network, const mnist_data *data, const char *path, hg_error *error)
{
    const hg_status status = mnist_dead_units_note(network, data->training, error);
    return status == HG_OK ? hg_network_save(network, path, error) : status;
}

/* Of a training that has ended well, or early by a signal, or without its last checkpoint. */
static hg_status keep(training_run *run, hg_network *network, const mnist_data *data, hg_error *error)
{
    const mnist_options *options = run->options;
    hg_status status = options->save ? save(network, data, options->save, error) : HG_OK;
    const bool whole = !run->ended_early;
    if (status == HG_OK && whole)
        status = measure(run, network, data, error);
    if (status == HG_OK && whole)
        mnist_progress_end(&run->progress, data->synthetic);
    if (status == HG_OK && options->save)
        mnist_text_line(options->quiet ? NULL : stdout, "saved to %s", options->save);
    fflush(stdout);
    if (!whole)
        tell_of_stop(run);
    return status;
}

/* The last page: `status` and `why` are those of the training. */
static hg_status end_report(training_run *run, hg_status status, const hg_error *why, hg_error *error)
{
    char ending[HG_ERROR_LENGTH];
    const bool good = status == HG_OK;
    if (run->ended_early && mnist_stop_signal())
        snprintf(ending, sizeof ending, "stopped by %s in epoch %d", mnist_stop_name(), run->step.epoch);
    else if (run->ended_early && ferror(stdout))
        snprintf(ending, sizeof ending, "stopped: nothing more can be printed");
    else if (run->ended_early)
        snprintf(ending, sizeof ending, "stopped: more dead units than --max-dead");
    else
        snprintf(ending, sizeof ending, "%s", good ? "finished" : why->message);
    return mnist_report_end(&run->report, ending, !good, error);
}

static hg_status train_network(training_run *run, hg_network *network, const mnist_data *data, int *code,
                               hg_error *error)
{
    const mnist_options *options = run->options;
    hg_error later;
    hg_status status = mnist_log_open(&run->log, options->log, options->resume != NULL, error);
    if (status == HG_OK)
        status = mnist_report_begin(&run->report, options, run->argv, network, data, error);
    const bool begun = status == HG_OK;
    if (begun && options->report)
        mnist_text_line(options->quiet ? NULL : stdout, "report: %s, a page to follow in a browser", options->report);
    if (begun)
        status = run_training(run, network, data, error);
    const bool interrupted = run->ended_early && mnist_stop_signal();
    *code = interrupted ? mnist_stop_code(mnist_stop_signal()) : EXIT_DEAD;
    if ((status == HG_OK || status == HG_UNSAVED || status == HG_STOPPED) && (!run->ended_early || interrupted)) {
        const hg_status kept = keep(run, network, data, &later);
        if (kept != HG_OK)
            status = hg_fail(error, kept, "%s", later.message);
    }
    if (begun) {
        const hg_status reported = end_report(run, status, error, &later);
        if (status == HG_OK && reported != HG_OK)
            status = hg_fail(error, reported, "%s", later.message);
        else if (reported != HG_OK)
            mnist_text_line(stderr, "%s: %s", run->program, later.message);
    }
    const hg_status closed = mnist_log_close(&run->log, status == HG_OK ? error : NULL);
    if (status == HG_OK)
        status = closed;
    if (status == HG_OK && run->log_failed)
        return hg_fail(error, HG_IO, "--log: %s is not complete", options->log);
    return status;
}

hg_status mnist_run(const mnist_options *options, const char *program, char *const argv[], int *code, hg_error *error)
{
    hg_status status = options->save ? mnist_file_check("save", options->save, error) : HG_OK;
    if (status == HG_OK && options->checkpoint)
        status = mnist_file_check("checkpoint", options->checkpoint, error);
    if (status == HG_OK && options->report)
        status = mnist_file_check("report", options->report, error);
    if (status != HG_OK)
        return status;
    hg_network *network = make_network(options, error);
    if (!network)
        return HG_BAD_NETWORK;
    FILE *notes = options->quiet ? NULL : stdout;
    if (notes)
        hg_network_describe(network, notes);
    training_run run = { .options = options, .program = program, .argv = argv };
    mnist_data data;
    status = mnist_data_open(&data, options, notes, error);
    if (status == HG_OK)
        status = train_network(&run, network, &data, code, error);
    mnist_data_close(&data);
    hg_network_destroy(network);
    return status;
}
