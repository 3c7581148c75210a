/* The command line of classify. */
#ifndef CLASSIFY_OPTIONS_H
#define CLASSIFY_OPTIONS_H

#include <hinge/hinge.h>

typedef enum classify_command { CLASSIFY_TRAIN, CLASSIFY_TEST, CLASSIFY_PREDICT, CLASSIFY_COMMANDS } classify_command;

/* What was asked for, defaults filled in; texts are the caller's argv. */
typedef struct classify_options {
    classify_command command;
    const char *folder;       /* of train and test */
    const char *save, *model; /* files */
    char **files;             /* of predict: pictures */
    int file_count;
    int side; /* pixels that each picture is resized to, both ways */
    bool grey;
    int epochs, batch;
    double learning_rate, validation_share;
    uint64_t seed;
    hg_folder_part part; /* of the folder that test looks at */
    int threads;         /* 0: all cores */
    bool strict, json, help;
} classify_options;

/* HG_BAD_ARGUMENT with a message that names the option, the value and what it takes. */
hg_status classify_options_parse(classify_options *options, int argc, char **argv, hg_error *error);

extern const char classify_help[];

#endif
