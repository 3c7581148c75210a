/* The options, one row each: the parser, its messages, --help and the manual page all read this table. */
#include <string.h>

#include "mnist_augment.h"
#include "mnist_network.h"
#include "mnist_options.h"
#include "mnist_recipe.h"
#include "mnist_training.h"
#include "mnist_value.h"
#include "mnist_watch.h"

/* Texts, because --help shows them and the parser reads them. */
#define DEFAULT_EPOCHS "10"
#define DEFAULT_BATCH "128"
#define DEFAULT_MOMENTUM "0.9"
#define DEFAULT_SEED "1"
#define DEFAULT_THREADS "0"
#define DEFAULT_MAX_DEAD "0.5"

/* By optimizer; the help says them in words. */
static const double usual_rate[] = { [MNIST_SGD] = 0.05, [MNIST_ADAM] = 0.001, [MNIST_ADAMW] = 0.001 };
static const double usual_decay[] = { [MNIST_SGD] = 0.0002, [MNIST_ADAM] = 0, [MNIST_ADAMW] = 0.01 };

typedef struct option_row {
    const char *name;
    const char *value; /* what --help calls the value; NULL for a flag */
    mnist_value_kind kind;
    unsigned commands; /* mnist_command flags */
    size_t offset;     /* of the field of mnist_options */
    mnist_limits limits;
    const char *standard; /* the default as text; NULL: zero */
    const char *help;
} option_row;

/* clang-format off */
#define AT(field) offsetof(mnist_options, field)
#define ANY { .words = NULL }
#define AT_LEAST(low) { .minimum = (low) }
#define FROM_TO(low, high) { .minimum = (low), .maximum = (high) }
#define ABOVE_TO(low, high) { .minimum = (low), .maximum = (high), .open = MNIST_ABOVE_MINIMUM }
#define FROM_BELOW(low, high) { .minimum = (low), .maximum = (high), .open = MNIST_BELOW_MAXIMUM }
#define ABOVE_BELOW(low, high) { .minimum = (low), .maximum = (high), .open = MNIST_OPEN }
#define ONE_OF(list) { .words = (list) }
#define BOTH (MNIST_TRAIN | MNIST_TEST)
#define ALL (BOTH | MNIST_PREDICT | MNIST_EXPORT | MNIST_INSPECT)

static const option_row rows[] = {
    { "data", "DIR", MNIST_TEXT, BOTH, AT(data), ANY, NULL, "MNIST files (else HINGE_DATA, the cache, a download)" },
    { "synthetic", NULL, MNIST_FLAG, BOTH, AT(synthetic), ANY, NULL, "drawn digits in place of MNIST" },
    { "network", "WORD", MNIST_WORD, MNIST_TRAIN, AT(network), ONE_OF(mnist_network_words), "document",
      "document, fast99 ...; a wrong word lists all" },
    { "activation", "WORD", MNIST_WORD, MNIST_TRAIN, AT(activation), ONE_OF(mnist_activation_words), "threshold-relu",
      "relu, tanh ...; a wrong word lists all" },
    { "form", "WORD", MNIST_WORD, MNIST_TRAIN, AT(form), ONE_OF(mnist_form_words), "slope",
      "its form: slope, floor, ceiling, shift or gate" },
    { "augment", "WORD", MNIST_WORD, MNIST_TRAIN, AT(augment), ONE_OF(mnist_strength_words), "none",
      "random changes of images: none, light or strong" },
    { "epochs", "N", MNIST_WHOLE, MNIST_TRAIN, AT(epochs), FROM_TO(1, 99999), DEFAULT_EPOCHS,
      "passes over the training images" },
    { "batch", "N", MNIST_WHOLE, MNIST_TRAIN, AT(batch), FROM_TO(1, 65536), DEFAULT_BATCH, "images a step" },
    { "optimizer", "WORD", MNIST_WORD, MNIST_TRAIN, AT(optimizer), ONE_OF(mnist_optimizer_words), "sgd",
      "sgd, adam or adamw" },
    { "lr", "F", MNIST_REAL, MNIST_TRAIN, AT(learning_rate), ABOVE_TO(0, 1e9), NULL,
      "learning rate [0.05; adam, adamw: 0.001]" },
    { "momentum", "F", MNIST_REAL, MNIST_TRAIN, AT(momentum), FROM_BELOW(0, 1), DEFAULT_MOMENTUM,
      "share of the last step's direction that is kept" },
    { "weight-decay", "F", MNIST_REAL, MNIST_TRAIN, AT(weight_decay), FROM_TO(0, 1e9), NULL,
      "pull of the weights to zero [0.0002; adam: 0, adamw: 0.01]" },
    { "schedule", "WORD", MNIST_WORD, MNIST_TRAIN, AT(schedule), ONE_OF(mnist_schedule_words), "constant",
      "of --lr: constant, step, exponential or cosine" },
    { "seed", "N", MNIST_COUNT, MNIST_TRAIN, AT(seed), AT_LEAST(0), DEFAULT_SEED, "of starting weights and shuffles" },
    { "threads", "N", MNIST_WHOLE, BOTH, AT(threads), FROM_TO(0, 1024), DEFAULT_THREADS,
      "0: all cores; the result is the same for any" },
    { "save", "FILE", MNIST_TEXT, MNIST_TRAIN, AT(save), ANY, NULL, "write the trained network (safetensors)" },
    { "validation", "F", MNIST_REAL, MNIST_TRAIN, AT(validation), ABOVE_BELOW(0, 1), NULL,
      "share of the training images held back to compare epochs" },
    { "patience", "N", MNIST_WHOLE, MNIST_TRAIN, AT(patience), FROM_TO(1, 99999), NULL,
      "stop after N epochs no better on them, keep the best" },
    { "warmup", "F", MNIST_REAL, MNIST_TRAIN, AT(warmup), FROM_TO(0, 99999), "0",
      "epochs in which --lr grows from 0" },
    { "clip", "F", MNIST_REAL, MNIST_TRAIN, AT(clip), ABOVE_TO(0, 1e9), NULL,
      "largest norm of the gradient: longer ones are scaled" },
    { "label-smoothing", "F", MNIST_REAL, MNIST_TRAIN, AT(label_smoothing), FROM_BELOW(0, 1), "0",
      "share of a label given to all classes" },
    { "average", "WORD", MNIST_WORD, MNIST_TRAIN, AT(average), ONE_OF(mnist_average_words), "none",
      "of the weights: none, ema (moving) or swa (last epochs)" },
    { "steps", "N", MNIST_COUNT, MNIST_TRAIN, AT(steps), AT_LEAST(1), NULL, "stop after so many steps" },
    { "no-shuffle", NULL, MNIST_FLAG, MNIST_TRAIN, AT(no_shuffle), ANY, NULL, "the images' own order in every epoch" },
    { "init", "FILE", MNIST_TEXT, MNIST_TRAIN, AT(init), ANY, NULL, "start from these weights (safetensors)" },
    { "checkpoint", "FILE", MNIST_TEXT, MNIST_TRAIN, AT(checkpoint), ANY, NULL,
      "after each epoch, and when stopped, write where training is" },
    { "checkpoint-minutes", "F", MNIST_REAL, MNIST_TRAIN, AT(checkpoint_minutes), ABOVE_TO(0, 1e6), NULL,
      "write it within an epoch too, every so many minutes" },
    { "resume", "FILE", MNIST_TEXT, MNIST_TRAIN, AT(resume), ANY, NULL, "go on from this checkpoint, with the same options" },
    { "log", "FILE", MNIST_TEXT, MNIST_TRAIN, AT(log), ANY, NULL, "write a line of JSON per epoch" },
    { "report", "FILE", MNIST_TEXT, MNIST_TRAIN, AT(report), ANY, NULL,
      "write a page about the training (HTML), anew at each epoch" },
    { "model", "FILE", MNIST_TEXT, ALL & ~MNIST_TRAIN, AT(model), ANY, NULL, "with all but train: the network" },
    { "c", "FILE", MNIST_TEXT, MNIST_EXPORT, AT(c), ANY, NULL, "with export: write the network as a file of C" },
    { "onnx", "FILE", MNIST_TEXT, MNIST_EXPORT, AT(onnx), ANY, NULL, "with export: write the network as an ONNX model" },
    { "name", "WORD", MNIST_TEXT, MNIST_EXPORT, AT(name), ANY, "predict", "with export --c: the function's name" },
    { "int8", NULL, MNIST_FLAG, MNIST_EXPORT, AT(int8), ANY, NULL, "with export --c: weights as bytes, a quarter of the size" },
    { "filters", "FILE", MNIST_TEXT, MNIST_INSPECT, AT(filters), ANY, NULL, "with inspect: draw the first weights as a PNG" },
    { "max-dead", "F", MNIST_REAL, MNIST_TRAIN, AT(max_dead), FROM_TO(0, 1), DEFAULT_MAX_DEAD,
      "share of dead units in a layer above which --on-dead acts" },
    { "on-dead", "WORD", MNIST_WORD, MNIST_TRAIN, AT(on_dead), ONE_OF(mnist_on_dead_words), "warn",
      "what to do then: warn, revive or stop (exit code 3)" },
    { "json", NULL, MNIST_FLAG, MNIST_PREDICT | MNIST_INSPECT, AT(json), ANY, NULL, "with predict and inspect: a line of JSON per file" },
    { "quiet", NULL, MNIST_FLAG, BOTH, AT(quiet), ANY, NULL, "print the last line only" },
    { "help", NULL, MNIST_FLAG, ALL, AT(help), ANY, NULL, "the options that fit on a screen" },
    { "help-all", NULL, MNIST_FLAG, ALL, AT(help_all), ANY, NULL, "every option, with what it takes" },
    { "version", NULL, MNIST_FLAG, ALL, AT(version), ANY, NULL, "the library's version and the instructions in use" },
};
/* clang-format on */

static const struct {
    mnist_command command;
    const char *name;
} commands[] = {
    { MNIST_TRAIN, "train" },   { MNIST_TEST, "test" },       { MNIST_PREDICT, "predict" },
    { MNIST_EXPORT, "export" }, { MNIST_INSPECT, "inspect" },
};

static const char *command_name(mnist_command command)
{
    size_t i = 0;
    while (commands[i].command != command)
        i++;
    return commands[i].name;
}

static void *field_of(mnist_options *options, const option_row *row)
{
    return (char *)options + row->offset;
}

/* ---- unknown names ---- */

enum { LONGEST_NAME = 24, FARTHEST_GUESS = 2 };

/* Levenshtein's: letters to insert, remove or replace. */
static size_t edit_distance(const char *a, size_t length, const char *b)
{
    size_t row[LONGEST_NAME + 1];
    size_t columns = strlen(b);
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 0; i < length; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < columns; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[j + 1] = best;
        }
    }
    return row[columns];
}

static hg_status fail_unknown(const char *argument, const char *name, size_t length, hg_error *error)
{
    const option_row *nearest = NULL;
    size_t distance = FARTHEST_GUESS + 1;
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        size_t d = edit_distance(name, length, rows[i].name);
        if (d < distance) {
            distance = d;
            nearest = &rows[i];
        }
    }
    if (nearest)
        return hg_fail(error, HG_BAD_ARGUMENT, "there is no option %s (did you mean --%s?)", argument, nearest->name);
    return hg_fail(error, HG_BAD_ARGUMENT, "there is no option %s", argument);
}

/* ---- parsing ---- */

static const option_row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

/* Which options stood on the command line, by row. */
typedef struct seen_rows {
    bool row[HG_COUNT(rows)];
} seen_rows;

static bool was_seen(const seen_rows *seen, const char *name)
{
    return seen->row[find_row(name, strlen(name)) - rows];
}

static hg_status read_value(mnist_options *options, const option_row *row, const char *text, hg_error *error)
{
    char takes[128];
    mnist_value_describe(row->kind, &row->limits, takes, sizeof takes);
    if (!text)
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s needs a value: %s", row->name, takes);
    if (!mnist_value_read(row->kind, &row->limits, text, field_of(options, row)))
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s takes %s, not \"%s\"", row->name, takes, text);
    return HG_OK;
}

/* Takes argv[*at], and argv[*at + 1] if that is its value. */
static hg_status parse_option(mnist_options *options, char **argv, int *at, seen_rows *seen, hg_error *error)
{
    const char *name = argv[*at] + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const option_row *row = find_row(name, length);
    if (!row)
        return fail_unknown(argv[*at], name, length, error);
    seen->row[row - rows] = true;
    if (row->kind == MNIST_FLAG && value)
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s takes no value, not \"%s\"", row->name, value);
    /* a word that looks like an option is more likely one than a value; --name=--value says otherwise */
    if (row->kind != MNIST_FLAG && !value && argv[*at + 1] && strncmp(argv[*at + 1], "--", 2) != 0)
        value = argv[++*at];
    return read_value(options, row, row->kind == MNIST_FLAG ? "" : value, error);
}

static hg_status parse_command(mnist_options *options, const char *word, hg_error *error)
{
    if (options->command)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "\"%s\" is one command too many: train, test, predict, export or inspect, once", word);
    for (size_t i = 0; i < HG_COUNT(commands); i++) {
        if (strcmp(word, commands[i].name) != 0)
            continue;
        options->command = commands[i].command;
        return HG_OK;
    }
    return hg_fail(error, HG_BAD_ARGUMENT,
                   "there is no command \"%s\": train (the default), test, predict, export or inspect", word);
}

static hg_status check_together(const mnist_options *options, const seen_rows *seen, hg_error *error)
{
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (seen->row[i] && !(rows[i].commands & options->command))
            return hg_fail(error, HG_BAD_ARGUMENT, "--%s is no option of \"%s\"", rows[i].name,
                           command_name(options->command));
    }
    if (options->command != MNIST_TRAIN && !options->model)
        return hg_fail(error, HG_BAD_ARGUMENT, "\"%s\" needs --model FILE, a network that --save wrote",
                       command_name(options->command));
    if (options->command == MNIST_PREDICT && options->file_count == 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "\"predict\" needs pictures: files, or - for standard input");
    if (options->command == MNIST_EXPORT && !options->c && !options->onnx)
        return hg_fail(error, HG_BAD_ARGUMENT, "\"export\" needs --c FILE or --onnx FILE, to write to");
    if (was_seen(seen, "name") && !options->c)
        return hg_fail(error, HG_BAD_ARGUMENT, "--name %s needs --c FILE: it names the function in it", options->name);
    if (was_seen(seen, "momentum") && options->optimizer != MNIST_SGD)
        return hg_fail(error, HG_BAD_ARGUMENT, "--momentum %g needs --optimizer sgd, not %s", options->momentum,
                       mnist_optimizer_words[options->optimizer]);
    if (options->patience > 0 && options->validation == 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "--patience %d needs --validation SHARE, to compare epochs by",
                       options->patience);
    if (options->checkpoint_minutes > 0 && !options->checkpoint)
        return hg_fail(error, HG_BAD_ARGUMENT, "--checkpoint-minutes %g needs --checkpoint FILE, to write to",
                       options->checkpoint_minutes);
    if (options->init && options->resume)
        return hg_fail(error, HG_BAD_ARGUMENT, "--init %s and --resume %s: training can start from one of them only",
                       options->init, options->resume);
    if (options->warmup > options->epochs)
        return hg_fail(error, HG_BAD_ARGUMENT, "--warmup %g is longer than the training: --epochs is %d",
                       options->warmup, options->epochs);
    if (was_seen(seen, "form") && options->activation != MNIST_THRESHOLD_RELU)
        return hg_fail(error, HG_BAD_ARGUMENT, "--form %s needs --activation threshold-relu, not %s",
                       mnist_form_words[options->form], mnist_activation_words[options->activation]);
    return HG_OK;
}

/* What the network wants, where the command line is silent. */
static void follow_recipe(mnist_options *options, const seen_rows *seen)
{
    for (const mnist_recipe_line *line = mnist_recipe((mnist_network)options->network); line->option; line++) {
        const option_row *row = find_row(line->option, strlen(line->option));
        if (seen->row[row - rows])
            continue;
        mnist_value_read(row->kind, &row->limits, line->value, field_of(options, row));
    }
}

hg_status mnist_options_parse(mnist_options *options, int argc, char **argv, hg_error *error)
{
    seen_rows seen = { { false } };
    memset(options, 0, sizeof *options);
    options->files = argv + (argc > 0); /* never ahead of the word that is looked at */
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (rows[i].standard)
            mnist_value_read(rows[i].kind, &rows[i].limits, rows[i].standard, field_of(options, &rows[i]));
    }
    for (int at = 1; at < argc; at++) {
        hg_status status = HG_OK;
        if (strcmp(argv[at], "-h") == 0)
            options->help = true;
        else if (strncmp(argv[at], "--", 2) == 0)
            status = parse_option(options, argv, &at, &seen, error);
        else if (options->command == MNIST_PREDICT && (argv[at][0] != '-' || argv[at][1] == '\0'))
            options->files[options->file_count++] = argv[at];
        else if (argv[at][0] == '-')
            status = hg_fail(error, HG_BAD_ARGUMENT, "there is no option %s", argv[at]);
        else
            status = parse_command(options, argv[at], error);
        if (status != HG_OK || options->help || options->help_all || options->version)
            return status;
    }
    if (!options->command)
        options->command = MNIST_TRAIN;
    if (!was_seen(&seen, "lr"))
        options->learning_rate = usual_rate[options->optimizer];
    if (!was_seen(&seen, "weight-decay"))
        options->weight_decay = usual_decay[options->optimizer];
    follow_recipe(options, &seen);
    return check_together(options, &seen, error);
}

/* ---- for texts about the options ---- */

bool mnist_options_text(size_t index, mnist_option_text *text)
{
    if (index >= HG_COUNT(rows))
        return false;
    const option_row *row = &rows[index];
    *text = (mnist_option_text){
        .name = row->name,
        .value = row->value,
        .is_number = row->kind == MNIST_WHOLE || row->kind == MNIST_COUNT || row->kind == MNIST_REAL,
        .standard = row->standard,
        .help = row->help,
        .words = row->kind == MNIST_WORD ? row->limits.words : NULL,
        .commands = row->commands,
    };
    mnist_value_describe(row->kind, &row->limits, text->takes, sizeof text->takes);
    return true;
}
