/* Trains a small convolutional network on handwritten digits, tests a saved one,
 * shows it pictures, or writes it for other tools. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnist_augment.h"
#include "mnist_data.h"
#include "mnist_export.h"
#include "mnist_log.h"
#include "mnist_network.h"
#include "mnist_options.h"
#include "mnist_predict.h"
#include "mnist_progress.h"
#include "mnist_text.h"
#include "mnist_training.h"
#include "mnist_watch.h"

enum { EXIT_USAGE = 2, EXIT_DEAD = 3 /* --on-dead stop */ };

/* What the user calls it: make install does not call it mnist. */
static const char *program = "mnist";

static void take_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    program = slash ? slash + 1 : path ? path : program;
}

/* ---- the world around the program ---- */

/* A file opened in the place of a closed standard stream would get what is printed. */
static void fill_standard_streams(void)
{
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        /* read-only: what is written there fails, and that shows in the exit code */
        if (fcntl(i, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDONLY) != i)
            _exit(EXIT_FAILURE);
    }
}

static int fail(const hg_error *error)
{
    fprintf(stderr, "%s: %s\n", program, error->message);
    return EXIT_FAILURE;
}

/* The exit code of a run whose last word has been printed. */
static int check_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "%s: cannot write to standard output: it is closed, or its disk is full\n", program);
    return EXIT_FAILURE;
}

/* Whether a file could be made at `path`, asked before the training that it is to keep. */
static hg_status check_save(const char *path, hg_error *error)
{
    enum { PATH_LENGTH = 4096 };
    static const char probe[] = ".mnist.XXXXXX";
    char folder[PATH_LENGTH + sizeof probe];
    struct stat status;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length > PATH_LENGTH)
        return hg_fail(error, HG_IO, "--save: the path %.100s... is too long", path);
    if ((slash && slash[1] == '\0') || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return hg_fail(error, HG_IO, "--save: %s is a folder; give a file in it", path);
    memcpy(folder, path, length);
    memcpy(folder + length, probe, sizeof probe);
    int descriptor = mkstemp(folder);
    if (descriptor < 0) {
        int why = errno;
        folder[length] = '\0';
        return hg_fail(error, HG_IO, "--save: cannot make a file in %s: %s", length > 0 ? folder : "this folder",
                       strerror(why));
    }
    close(descriptor);
    unlink(folder);
    return HG_OK;
}

/* ---- train ---- */

typedef struct training_run {
    mnist_progress progress;
    mnist_log log;
    mnist_watch watch;
    bool log_failed;
} training_run;

static bool on_step(const hg_step_report *report, void *context)
{
    training_run *run = context;
    mnist_progress_step(&run->progress, report);
    return !ferror(stdout);
}

static bool on_epoch(const hg_epoch_report *report, void *context)
{
    training_run *run = context;
    hg_error error;
    mnist_progress_epoch(&run->progress, report);
    if (mnist_log_epoch(&run->log, report, &error) != HG_OK) {
        /* the training is worth more than its log */
        fail(&error);
        run->log_failed = true;
    }
    return mnist_watch_epoch(&run->watch, report) && !ferror(stdout);
}

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

static hg_status run_training(training_run *run, hg_network *network, const mnist_data *data,
                              const mnist_options *options, hg_error *error)
{
    mnist_training training;
    mnist_training_fill(&training, options, data);
    training.options.on_step = on_step;
    training.options.on_epoch = on_epoch;
    training.options.context = run;
    mnist_augment_describe((mnist_strength)options->augment, options->quiet ? NULL : stdout);
    mnist_progress_begin(&run->progress, stdout, options, network);
    mnist_watch_begin(&run->watch, stderr, program, network, options);
    hg_error why;
    hg_status status = hg_network_train(network, data->training, &training.options, &why);
    if (status == HG_OK)
        return status;
    mnist_progress_abandon(&run->progress);
    if (status == HG_NOT_FINITE)
        return mnist_watch_burst(&run->watch, &why, error);
    return hg_fail(error, status, "%s", why.message);
}

/* Everything between making the network and releasing it. */
static hg_status train_network(hg_network *network, const mnist_data *data, const mnist_options *options,
                               hg_error *error)
{
    training_run run = { .log_failed = false };
    hg_status status = mnist_log_open(&run.log, options->log, error);
    if (status == HG_OK)
        status = run_training(&run, network, data, options, error);
    if (status == HG_OK && options->save)
        status = hg_network_save(network, options->save, error);
    if (status == HG_OK)
        mnist_progress_end(&run.progress, data->synthetic);
    if (status == HG_OK && options->save)
        mnist_text_line(options->quiet ? NULL : stdout, "saved to %s", options->save);
    hg_status closed = mnist_log_close(&run.log, status == HG_OK ? error : NULL);
    if (status == HG_OK)
        status = closed;
    if (status == HG_OK && run.log_failed)
        return hg_fail(error, HG_IO, "--log: %s is not complete", options->log);
    return status;
}

static hg_status train(const mnist_options *options, hg_error *error)
{
    hg_status status = options->save ? check_save(options->save, error) : HG_OK;
    if (status != HG_OK)
        return status;
    hg_network *network = make_network(options, error);
    if (!network)
        return HG_BAD_NETWORK;
    FILE *notes = options->quiet ? NULL : stdout;
    if (notes)
        hg_network_describe(network, notes);
    mnist_data data;
    status = mnist_data_open(&data, options, notes, error);
    if (status == HG_OK)
        status = train_network(network, &data, options, error);
    mnist_data_close(&data);
    hg_network_destroy(network);
    return status;
}

/* ---- test ---- */

static hg_status measure(hg_network *network, const mnist_options *options, hg_error *error)
{
    mnist_data data;
    hg_evaluation evaluation;
    hg_status status = mnist_data_open(&data, options, options->quiet ? NULL : stdout, error);
    if (status == HG_OK)
        status = hg_network_evaluate(network, data.test, &evaluation, error);
    if (status == HG_OK)
        printf("test loss %.4f, test accuracy %.2f %%%s\n", evaluation.loss, 100 * evaluation.accuracy,
               data.synthetic ? " on synthetic digits" : "");
    mnist_data_close(&data);
    return status;
}

static hg_status test(const mnist_options *options, hg_error *error)
{
    hg_network *network = hg_network_load(options->model, error);
    if (!network)
        return HG_BAD_FILE;
    hg_status status = hg_network_set_threads(network, options->threads, error);
    if (status == HG_OK)
        status = measure(network, options, error);
    hg_network_destroy(network);
    return status;
}

int main(int argc, char **argv)
{
    mnist_options options;
    hg_error error;
    fill_standard_streams();
    take_name(argv[0]);
    /* a closed pipe is a failed write, reported as any other */
    signal(SIGPIPE, SIG_IGN);
    if (mnist_options_parse(&options, argc, argv, &error) != HG_OK) {
        fprintf(stderr, "%s: %s; try --help\n", program, error.message);
        return EXIT_USAGE;
    }
    if (options.help || options.help_all) {
        mnist_options_help(stdout, program, options.help_all);
        return check_output(EXIT_SUCCESS);
    }
    if (options.version) {
        printf("%s, hinge %s (%s)\n", program, hg_version(), hg_simd_name());
        return check_output(EXIT_SUCCESS);
    }
    bool answered = true;
    const hg_status status = options.command == MNIST_PREDICT  ? mnist_predict(&options, program, &answered, &error)
                             : options.command == MNIST_EXPORT ? mnist_export(&options, &error)
                             : options.command == MNIST_TEST   ? test(&options, &error)
                                                               : train(&options, &error);
    if (status == HG_OK)
        return check_output(answered ? EXIT_SUCCESS : EXIT_FAILURE);
    /* the callbacks stop a training for dead units, or when nobody hears of it any more */
    return status == HG_STOPPED ? check_output(EXIT_DEAD) : fail(&error);
}
