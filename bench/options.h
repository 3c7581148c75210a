/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>

typedef struct options {
    int rounds;
    double seconds;    /* of each measurement */
    const char *only;  /* what the measured rows' labels contain */
    const char *build; /* where make put the programs; bench.json goes there */
    bool growth, help;
} options;

/* False, with a message on standard error, if the arguments are wrong. */
bool options_parse(options *options, int argc, char **argv);
void options_help(void);

#endif
