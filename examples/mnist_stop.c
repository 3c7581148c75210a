/* See mnist_stop.h. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "mnist_stop.h"
#include "mnist_text.h"

enum { CODE_OF_SIGNALS = 128 };

static volatile sig_atomic_t came;

static void note(int signal)
{
    if (came)
        _exit(CODE_OF_SIGNALS + signal);
    came = signal;
}

void mnist_stop_watch(void)
{
    static const int signals[] = { SIGINT, SIGTERM };
    for (size_t i = 0; i < HG_COUNT(signals); i++) {
        struct sigaction before, watched = { .sa_handler = note, .sa_flags = SA_RESTART };
        sigemptyset(&watched.sa_mask);
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &watched, NULL);
    }
}

int mnist_stop_signal(void)
{
    return came;
}

const char *mnist_stop_name(void)
{
    return came == SIGINT ? "Ctrl-C" : "SIGTERM";
}

int mnist_stop_code(int signal)
{
    return CODE_OF_SIGNALS + signal;
}

/* ---- the command ---- */

/* How many words an option takes that says where to start; 0 if it is another one. */
static int start_words(const char *word)
{
    static const char *const starts[] = { "--resume", "--init" };
    for (size_t i = 0; i < HG_COUNT(starts); i++) {
        const size_t length = strlen(starts[i]);
        if (strncmp(word, starts[i], length) == 0 && (word[length] == '\0' || word[length] == '='))
            return word[length] == '=' ? 1 : 2;
    }
    return 0;
}

void mnist_stop_print_command(FILE *stream, char *const argv[], const char *checkpoint)
{
    for (int i = 0; argv[i]; i++) {
        const int skipped = i > 0 ? start_words(argv[i]) : 0;
        if (skipped > 0) {
            i += skipped - 1;
            continue;
        }
        mnist_text_word(stream, argv[i]);
        fputc(' ', stream);
    }
    fputs("--resume ", stream);
    mnist_text_word(stream, checkpoint);
    fputc('\n', stream);
}
