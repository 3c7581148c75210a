/* See mnist_report.h. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "mnist_file.h"
#include "mnist_report_page.h"

enum { SHORTEST_REFRESH = 2, LONGEST_REFRESH = 30 /* seconds */ };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static hg_status write_page(const mnist_report *report, hg_error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    bool good = stream != NULL;
    if (stream) {
        mnist_report_page(stream, report);
        good = !ferror(stream);
        good = fclose(stream) == 0 && good;
    }
    const hg_status status = good ? mnist_file_replace("report", report->options->report, text, length, error)
                                  : hg_fail(error, HG_NO_MEMORY, "--report: no memory for the page");
    free(text);
    return status;
}

hg_status mnist_report_begin(mnist_report *report, const mnist_options *options, char *const argv[],
                             hg_network *network, const mnist_data *data, hg_error *error)
{
    *report = (mnist_report){
        .options = options, .argv = argv, .network = network, .data = data, .refresh = SHORTEST_REFRESH, .clock = now()
    };
    if (!options->report)
        return HG_OK;
    const time_t today = time(NULL);
    struct tm local;
    if (localtime_r(&today, &local))
        strftime(report->began, sizeof report->began, "%Y-%m-%d %H:%M", &local);
    /* where a training that goes on had its thresholds, the checkpoint will say */
    hg_status status = mnist_history_begin(&report->history, network, !options->resume, error);
    if (status == HG_OK)
        status = write_page(report, error);
    if (status != HG_OK)
        mnist_history_end(&report->history);
    return status;
}

hg_status mnist_report_epoch(mnist_report *report, const hg_epoch_report *epoch, hg_error *error)
{
    if (!report->options->report)
        return HG_OK;
    mnist_history_epoch(&report->history, report->network, epoch);
    report->epoch = epoch->epoch;
    report->best_epoch = epoch->best_epoch;
    report->train_seconds += epoch->train_seconds;
    report->train_samples += (double)epoch->samples;
    report->layers = epoch->layers;
    report->layer_count = epoch->layer_count;
    const hg_status status = mnist_guesses_look(&report->guesses, report->network, report->data->test, error);
    /* about as often as there is something new */
    const double time = now();
    report->refresh = ceil(fmin(fmax(time - report->clock, SHORTEST_REFRESH), LONGEST_REFRESH));
    report->clock = time;
    return status == HG_OK ? write_page(report, error) : status;
}

hg_status mnist_report_end(mnist_report *report, const char *ending, bool failed, hg_error *error)
{
    hg_status status = HG_OK;
    hg_error why;
    if (report->options->report) {
        report->ending = ending;
        report->failed = failed;
        report->refresh = 0;
        /* training may have handed back other weights than those of its last epoch */
        const hg_status looked = mnist_guesses_look(&report->guesses, report->network, report->data->test, &why);
        status = write_page(report, error);
        /* a training that failed may not have had test images to look at */
        if (status == HG_OK && looked != HG_OK && !failed)
            status = hg_fail(error, looked, "%s", why.message);
    }
    mnist_history_end(&report->history);
    mnist_guesses_end(&report->guesses);
    return status;
}
