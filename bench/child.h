/* Other programs: run to their end, or asked by lines. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

enum { CHILD_LINE = 256 };

/* ---- run to the end ---- */

typedef struct child_use {
    double seconds;   /* from start to end; 0: it could not be run or failed */
    double megabytes; /* of memory at the peak: 10^6 bytes */
} child_use;

/* Arguments, the program first, and settings "NAME=value" for its environment (NULL:
 * none), both with NULL at the end. Its output goes nowhere. The peak counts from
 * this process's own size: measure while it is small. */
child_use child_run(const char *const arguments[], const char *const environment[]);

/* ---- asked by lines ---- */

typedef struct child child;

/* Starts a program and waits for its line "ready VERSION". NULL if that does not come. */
child *child_start(const char *const arguments[], const char *const environment[]);
void child_stop(child *child); /* NULL is fine */
const char *child_version(const child *child);

/* Sends a line and reads "NUMBER TEXT"; *text is valid until the next call. 0: it failed. */
double child_ask(child *child, const char *request, const char **text);

#endif
