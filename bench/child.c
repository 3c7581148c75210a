/* See child.h. */
#define _DEFAULT_SOURCE /* wait4 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

enum { NOT_RUN = 127 };

#ifdef __APPLE__
static const double PEAK_UNIT = 1; /* bytes, in ru_maxrss */
#else
static const double PEAK_UNIT = 1024;
#endif

/* Standard input and output of the new process are `in` and `out`. */
static pid_t spawn(const char *const arguments[], const char *const environment[], int in, int out)
{
    fflush(NULL);
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    for (int i = 0; environment && environment[i]; i++)
        putenv((char *)environment[i]);
    execvp(arguments[0], (char **)arguments);
    _exit(NOT_RUN);
}

child_use child_run(const char *const arguments[], const char *const environment[])
{
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct rusage usage;
    int status = 0;
    const double start = now();
    const pid_t pid = nothing < 0 ? -1 : spawn(arguments, environment, nothing, nothing);
    const pid_t ended = pid < 0 ? -1 : wait4(pid, &status, 0, &usage);
    const double seconds = now() - start;
    close(nothing);
    if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
        return (child_use){ .seconds = 0 };
    return (child_use){ .seconds = seconds, .megabytes = (double)usage.ru_maxrss * PEAK_UNIT / 1e6 };
}

struct child {
    pid_t pid;
    FILE *to, *from;
    char version[CHILD_LINE], answer[CHILD_LINE];
};

/* The ends are closed on exec: another child that kept one would keep this one from
 * seeing the end of its input. */
static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static bool open_pipes(int requests[2], int answers[2])
{
    if (!open_pipe(requests))
        return false;
    if (open_pipe(answers))
        return true;
    close(requests[0]);
    close(requests[1]);
    return false;
}

child *child_start(const char *const arguments[], const char *const environment[])
{
    int requests[2], answers[2];
    child *child = calloc(1, sizeof *child);
    if (!child || !open_pipes(requests, answers)) {
        free(child);
        return NULL;
    }
    /* a child that ended is an answer that does not come */
    signal(SIGPIPE, SIG_IGN);
    child->pid = spawn(arguments, environment, requests[0], answers[1]);
    close(requests[0]);
    close(answers[1]);
    child->to = fdopen(requests[1], "w");
    child->from = fdopen(answers[0], "r");
    if (child->pid > 0 && child->to && child->from && fgets(child->answer, CHILD_LINE, child->from) &&
        sscanf(child->answer, "ready %255s", child->version) == 1)
        return child;
    child_stop(child);
    return NULL;
}

void child_stop(child *child)
{
    if (!child)
        return;
    if (child->to)
        fclose(child->to);
    if (child->from)
        fclose(child->from);
    if (child->pid > 0)
        waitpid(child->pid, NULL, 0);
    free(child);
}

const char *child_version(const child *child)
{
    return child->version;
}

double child_ask(child *child, const char *request, const char **text)
{
    char *end;
    *text = "";
    fprintf(child->to, "%s\n", request);
    if (fflush(child->to) || !fgets(child->answer, CHILD_LINE, child->from))
        return 0;
    child->answer[strcspn(child->answer, "\n")] = '\0';
    const double number = strtod(child->answer, &end);
    *text = *end == ' ' ? end + 1 : end;
    return number;
}
