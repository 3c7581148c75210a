/* The PyTorch side: bench/pytorch.py in a process of its own, asked by lines. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sides.h"

enum { LINE = 256 };

struct pytorch {
    pid_t child;
    FILE *to, *from;
    char version[LINE], answer[LINE];
};

/* OpenBLAS's own threads fight OpenMP's, and freed memory goes back to the system
 * at every step, unless told otherwise. */
static void set_tuned_environment(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    setenv("MALLOC_MMAP_THRESHOLD_", "1000000000", 1);
    setenv("MALLOC_TRIM_THRESHOLD_", "4000000000", 1);
}

static void run_child(bool tuned, int in, int out)
{
    if (tuned)
        set_tuned_environment();
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    if (!freopen("/dev/null", "w", stderr))
        _exit(EXIT_FAILURE);
    const char *mode = tuned ? "tuned" : "installed";
    /* Debian's python3 has Debian's torch, whatever else is first in the path */
    execl("/usr/bin/python3", "python3", "bench/pytorch.py", mode, (char *)NULL);
    execlp("python3", "python3", "bench/pytorch.py", mode, (char *)NULL);
    _exit(EXIT_FAILURE);
}

pytorch *pytorch_start(bool tuned)
{
    int requests[2], answers[2];
    pytorch *torch = calloc(1, sizeof *torch);
    if (!torch || pipe(requests) || pipe(answers)) {
        free(torch);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    torch->child = fork();
    if (torch->child == 0) {
        close(requests[1]);
        close(answers[0]);
        run_child(tuned, requests[0], answers[1]);
    }
    close(requests[0]);
    close(answers[1]);
    torch->to = fdopen(requests[1], "w");
    torch->from = fdopen(answers[0], "r");
    if (torch->child > 0 && fgets(torch->answer, LINE, torch->from) &&
        sscanf(torch->answer, "ready %255s", torch->version) == 1)
        return torch;
    pytorch_stop(torch);
    return NULL;
}

void pytorch_stop(pytorch *torch)
{
    if (!torch)
        return;
    fclose(torch->to);
    fclose(torch->from);
    if (torch->child > 0)
        waitpid(torch->child, NULL, 0);
    free(torch);
}

const char *pytorch_version(const pytorch *torch)
{
    return torch->version;
}

double pytorch_rate(pytorch *torch, const bench_work *work, double seconds, const char **setting)
{
    static const char *const modes[] = { "train", "evaluate", "predict" };
    char *end;
    fprintf(torch->to, "%s %d %d %g %s\n", work->network, work->batch, work->threads, seconds, modes[work->mode]);
    if (fflush(torch->to) || !fgets(torch->answer, LINE, torch->from))
        return 0;
    torch->answer[strcspn(torch->answer, "\n")] = '\0';
    const double rate = strtod(torch->answer, &end);
    *setting = *end == ' ' ? end + 1 : end;
    return rate;
}
