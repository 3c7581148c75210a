/* Makes ReLUs die on purpose and shows which other activation helps. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "dying_relu_data.h"
#include "dying_relu_files.h"
#include "dying_relu_options.h"
#include "dying_relu_table.h"
#include "mnist_text.h"

enum { EXIT_USAGE = 2, EXIT_INTERRUPTED = 128 + SIGINT };

static struct timespec began;

/* A second signal ends the program at once. */
static void on_signal(int number)
{
    signal(number, SIG_DFL);
    experiment_stop();
}

/* A line that is drawn over, for a terminal alone. */
static void on_run(size_t done, size_t count)
{
    enum { MINUTE = 60 };
    if (!isatty(STDERR_FILENO))
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double seconds = (double)(now.tv_sec - began.tv_sec);
    const int left = (int)(seconds * (double)(count - done) / (double)done);
    fprintf(stderr, "\rrun %zu of %zu, %d:%02d left \033[K", done, count, left / MINUTE, left % MINUTE);
}

static void erase_line(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static hg_status write_all(const experiment *experiment, const char *folder, hg_error *error)
{
    table_print(stdout, experiment);
    const hg_status status = files_write(folder, experiment, error);
    if (status == HG_OK)
        mnist_text_line(stdout, "written to %s: %s", folder, FILES_NAMES);
    return status;
}

static hg_status perform(const options *options, const data *data, hg_error *error)
{
    experiment experiment = { .training = &data->training, .test = data->whole.test };
    hg_status status = experiment_create(&experiment, options->seeds, options->epochs, options->only, error);
    if (status != HG_OK)
        return status;
    mnist_text_line(stdout, "%zu runs: %d seeds, %d epochs of %zu images, tested on %zu; sgd, momentum 0.9, batch 32",
                    experiment.count, options->seeds, options->epochs, data->training.count, data->whole.test->count);
    fflush(stdout);
    status = experiment_perform(&experiment, options->threads, on_run, error);
    erase_line();
    hg_error trouble;
    if (experiment.finished > 0 && write_all(&experiment, options->out, &trouble) != HG_OK) {
        status = trouble.status;
        *error = trouble;
    }
    experiment_destroy(&experiment);
    return status;
}

int main(int argc, char **argv)
{
    options options;
    data data = { .whole = { .training = NULL } };
    hg_error error = { .status = HG_OK };
    clock_gettime(CLOCK_MONOTONIC, &began);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    /* a closed pipe is a failed write, reported as any other */
    signal(SIGPIPE, SIG_IGN);
    if (options_parse(&options, argc, argv, &error) != HG_OK) {
        fprintf(stderr, "dying_relu: %s; try --help\n", error.message);
        return EXIT_USAGE;
    }
    hg_status status = HG_OK;
    if (options.help) {
        options_help(stdout);
    } else {
        status = files_prepare(options.out, &error);
        if (status == HG_OK)
            status = data_open(&data, &options, &error);
        if (status == HG_OK)
            status = perform(&options, &data, &error);
        data_close(&data);
    }
    if (status != HG_OK)
        fprintf(stderr, "dying_relu: %s\n", error.message);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("dying_relu: cannot write to standard output: it is closed, or its disk is full\n", stderr);
        return EXIT_FAILURE;
    }
    return status == HG_OK ? EXIT_SUCCESS : status == HG_STOPPED ? EXIT_INTERRUPTED : EXIT_FAILURE;
}
