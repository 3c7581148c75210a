/* Running another program without a shell and without waiting for ever. */
#ifndef MNIST_PROCESS_H
#define MNIST_PROCESS_H

#include <hinge/hinge.h>

typedef struct mnist_process {
    const char *const *arguments; /* NULL at the end; the first is looked for along PATH */
    const void *input;            /* what it reads; NULL if input_length is 0 */
    size_t input_length;
    double patience;       /* seconds without a byte going in or out */
    double limit;          /* seconds in all */
    unsigned char *output; /* [capacity], what it printed */
    size_t capacity, length;
} mnist_process;

/* Fills in output and length. Fails, with the program ended, if it cannot be
 * started, prints more than capacity, takes too long or ends with another code than
 * 0; the message is a clause: "curl ended with code 6". */
hg_status mnist_process_run(mnist_process *process, hg_error *error);

#endif
