/* The command line of the program. */
#ifndef MNIST_OPTIONS_H
#define MNIST_OPTIONS_H

#include <stdio.h>

#include <hinge/hinge.h>

/* Flags, so that an option can belong to several. */
typedef enum mnist_command {
    MNIST_TRAIN = 1,
    MNIST_TEST = 2,
    MNIST_PREDICT = 4,
    MNIST_EXPORT = 8,
    MNIST_INSPECT = 16
} mnist_command;

/* What was asked for, defaults filled in; texts are the caller's argv. */
typedef struct mnist_options {
    mnist_command command;
    const char *data; /* folder; NULL: look for one */
    bool synthetic;
    int network;    /* mnist_network */
    int activation; /* mnist_activation */
    int form;       /* hg_threshold_form */
    int augment;    /* mnist_strength */
    int epochs, batch;
    int optimizer; /* mnist_optimizer */
    double learning_rate, momentum, weight_decay;
    int schedule;  /* hg_schedule_kind */
    double warmup; /* epochs */
    double clip;   /* norm of the gradient; 0: not clipped */
    double label_smoothing;
    int average;       /* mnist_average */
    double validation; /* share of the training images; 0: none */
    int patience;      /* epochs; 0: without end */
    uint64_t seed;
    int threads;    /* 0: all cores */
    uint64_t steps; /* 0: no limit */
    bool no_shuffle;
    double max_dead;                                /* of a layer's units */
    int on_dead;                                    /* mnist_on_dead */
    const char *init, *save, *log, *report, *model; /* files; NULL: not given */
    const char *c, *name, *onnx;                    /* of export: a file of C, its function; an ONNX model */
    const char *filters;                            /* of inspect: a PNG */
    const char *checkpoint, *resume;
    double checkpoint_minutes; /* 0: after epochs only */
    bool int8, json, quiet, help, help_all, version;
    char **files; /* of predict: pictures, "-" for standard input */
    int file_count;
} mnist_options;

/* HG_BAD_ARGUMENT with a message that names the option, the value and what the
 * option takes. Nothing behind --help, --help-all or --version is looked at. The words
 * of argv that are files are moved to its front. */
hg_status mnist_options_parse(mnist_options *options, int argc, char **argv, hg_error *error);

/* In mnist_help.c: what --help prints, with the program's name in the examples: as many options as one
 * screen holds, the others by name; or `all` of them. */
void mnist_options_help(FILE *stream, const char *program, bool all);

/* An option in words, for --help, manual pages and completions. */
typedef struct mnist_option_text {
    const char *name;
    const char *value; /* what the value is called: "N", "FILE"; NULL for a flag */
    bool is_number;
    char takes[128]; /* "a whole number from 1 to 99999" */
    const char *standard, *help;
    const char *const *words; /* the values, NULL at the end; NULL where there is no list */
    unsigned commands;        /* mnist_command flags */
} mnist_option_text;

/* Fills in *text for option `index`; false past the last one. */
bool mnist_options_text(size_t index, mnist_option_text *text);

#endif
