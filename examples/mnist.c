/* Trains a small convolutional network on handwritten digits, tests a saved one,
 * shows it pictures, says what it holds, or writes it for other tools. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mnist_data.h"
#include "mnist_export.h"
#include "mnist_inspect.h"
#include "mnist_options.h"
#include "mnist_predict.h"
#include "mnist_run.h"

enum { EXIT_USAGE = 2 };

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
    int code = EXIT_FAILURE;
    const hg_status status = options.command == MNIST_PREDICT   ? mnist_predict(&options, program, &answered, &error)
                             : options.command == MNIST_EXPORT  ? mnist_export(&options, &error)
                             : options.command == MNIST_INSPECT ? mnist_inspect(&options, &error)
                             : options.command == MNIST_TEST    ? test(&options, &error)
                                                                : mnist_run(&options, program, argv, &code, &error);
    if (status == HG_OK)
        return check_output(answered ? EXIT_SUCCESS : EXIT_FAILURE);
    return status == HG_STOPPED ? check_output(code) : fail(&error);
}
