/* Running another program: two pipes, one poll loop, two deadlines. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mnist_process.h"

extern char **environ;

enum { MILLISECONDS = 1000 };

typedef struct running_process {
    const char *name;
    pid_t pid;
    int input, output; /* our ends of its pipes; -1 when closed */
    double start, moved;
} running_process;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void close_end(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

/* ---- starting ---- */

static int spawn(const mnist_process *process, int its_input, int its_output, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* it shall die of SIGPIPE when we die, though we ignore that signal ourselves */
    posix_spawnattr_setsigdefault(&attributes, &broken_pipe);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failure = posix_spawn_file_actions_adddup2(&actions, its_input, STDIN_FILENO);
    if (!failure)
        failure = posix_spawn_file_actions_adddup2(&actions, its_output, STDOUT_FILENO);
    if (!failure)
        failure = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!failure)
        /* POSIX forgot the const: the strings are not written to */
        failure = posix_spawnp(pid, process->arguments[0], &actions, &attributes,
                               (char *const *)(uintptr_t)process->arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static hg_status start(const mnist_process *process, running_process *running, hg_error *error)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    int failure = pipe(in) == 0 && pipe(out) == 0 ? 0 : errno;
    for (int i = 0; i < 2 && !failure; i++) {
        fcntl(in[i], F_SETFD, FD_CLOEXEC);
        fcntl(out[i], F_SETFD, FD_CLOEXEC);
    }
    if (!failure) {
        /* a blocking write of more than the pipe holds would never see a deadline */
        fcntl(in[1], F_SETFL, O_NONBLOCK);
        failure = spawn(process, in[0], out[1], &running->pid);
    }
    close_end(&in[0]);
    close_end(&out[1]);
    running->input = in[1];
    running->output = out[0];
    if (!failure)
        return HG_OK;
    close_end(&running->input);
    close_end(&running->output);
    return hg_fail(error, HG_IO, "%s could not be started: %s", running->name, strerror(failure));
}

/* ---- feeding and reading ---- */

static void feed(const mnist_process *process, running_process *running, size_t *fed)
{
    const char *bytes = process->input;
    ssize_t written = 0;
    if (*fed < process->input_length)
        written = write(running->input, bytes + *fed, process->input_length - *fed);
    if (written > 0) {
        *fed += (size_t)written;
        running->moved = now();
    }
    bool broken = written < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || *fed == process->input_length)
        close_end(&running->input);
}

static hg_status collect(mnist_process *process, running_process *running, hg_error *error)
{
    unsigned char beyond;
    bool full = process->length == process->capacity;
    ssize_t got = full ? read(running->output, &beyond, 1)
                       : read(running->output, process->output + process->length, process->capacity - process->length);
    if (got > 0 && full)
        return hg_fail(error, HG_IO, "%s printed more than %zu bytes", running->name, process->capacity);
    if (got > 0) {
        process->length += (size_t)got;
        running->moved = now();
    } else if (got == 0 || errno != EINTR) {
        close_end(&running->output);
    }
    return HG_OK;
}

/* Seconds until one of the deadlines. */
static double time_left(const mnist_process *process, const running_process *running)
{
    double time = now();
    double still = running->moved + process->patience - time;
    double all = running->start + process->limit - time;
    return still < all ? still : all;
}

static hg_status talk(mnist_process *process, running_process *running, hg_error *error)
{
    size_t fed = 0;
    while (running->output >= 0) {
        double left = time_left(process, running);
        if (left <= 0)
            return hg_fail(error, HG_IO, "%s gave nothing for %.0f s", running->name, now() - running->moved);
        struct pollfd ends[] = { { .fd = running->input, .events = POLLOUT },
                                 { .fd = running->output, .events = POLLIN } };
        poll(ends, HG_COUNT(ends), (int)(left * MILLISECONDS) + 1);
        if (ends[0].revents)
            feed(process, running, &fed);
        if (ends[1].revents && collect(process, running, error) != HG_OK)
            return error ? error->status : HG_IO;
    }
    return HG_OK;
}

/* ---- ending ---- */

/* A program may close its output and go on: wait for its end, with the deadlines. */
static hg_status await_end(const mnist_process *process, running_process *running, hg_error *error)
{
    const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
    int ended;
    pid_t waited;
    while ((waited = waitpid(running->pid, &ended, WNOHANG)) == 0) {
        if (time_left(process, running) <= 0)
            return hg_fail(error, HG_IO, "%s does not end", running->name);
        nanosleep(&pause, NULL);
    }
    running->pid = 0;
    if (waited < 0 || !WIFEXITED(ended))
        return hg_fail(error, HG_IO, "%s was ended by a signal", running->name);
    if (WEXITSTATUS(ended) != 0)
        return hg_fail(error, HG_IO, "%s ended with code %d", running->name, WEXITSTATUS(ended));
    return HG_OK;
}

hg_status mnist_process_run(mnist_process *process, hg_error *error)
{
    running_process running = { .name = process->arguments[0], .start = now() };
    running.moved = running.start;
    process->length = 0;
    hg_status status = start(process, &running, error);
    if (status != HG_OK)
        return status;
    status = talk(process, &running, error);
    if (status == HG_OK)
        status = await_end(process, &running, error);
    close_end(&running.input);
    close_end(&running.output);
    if (running.pid > 0) {
        kill(running.pid, SIGKILL);
        waitpid(running.pid, NULL, 0);
    }
    return status;
}
