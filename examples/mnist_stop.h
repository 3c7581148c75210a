/* Ctrl-C and SIGTERM: a training that ends after the step, and how to go on with it. */
#ifndef MNIST_STOP_H
#define MNIST_STOP_H

#include <stdbool.h>
#include <stdio.h>

/* From here on SIGINT and SIGTERM are noted; the second one ends the program at once. One that
 * is ignored (nohup) stays so. */
void mnist_stop_watch(void);

/* The signal that came; 0: none. */
int mnist_stop_signal(void);

/* What people call the one that came: "Ctrl-C". */
const char *mnist_stop_name(void);

/* The exit code of a program that a signal ended, as a shell has it. */
int mnist_stop_code(int signal);

/* The command line that goes on from a checkpoint, on one line, to be pasted into a shell:
 * the one in argv but for where it starts. */
void mnist_stop_print_command(FILE *stream, char *const argv[], const char *checkpoint);

#endif
