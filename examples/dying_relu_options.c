/* The options, one row each: the parser, its messages and --help all read this table. */
#include <string.h>

#include "dying_relu_options.h"
#include "mnist_value.h"

enum { MOST_SEEDS = 100, MOST_EPOCHS = 1000, FEWEST_IMAGES = 20, MOST_IMAGES = 60000, MOST_THREADS = 1024 };

static const options usual = { .seeds = 10, .epochs = 5, .images = 6000, .only = -1, .out = "build/dying_relu" };
static const options quick = { .seeds = 3, .epochs = 3, .images = 3000 };

typedef struct option_row {
    const char *name;
    const char *value; /* what --help calls the value; NULL for a flag */
    mnist_value_kind kind;
    size_t offset; /* of the field of options */
    mnist_limits limits;
    const char *help;
} option_row;

/* clang-format off */
#define AT(field) offsetof(options, field)
#define ANY { .words = NULL }
#define FROM_TO(low, high) { .minimum = (low), .maximum = (high) }
static const option_row rows[] = {
    { "quick", NULL, MNIST_FLAG, AT(quick), ANY, "a minute instead of five: 3 seeds, 3 epochs, 3000 images" },
    { "data", "DIR", MNIST_TEXT, AT(data), ANY, "MNIST files (else HINGE_DATA, the cache, a download)" },
    { "synthetic", NULL, MNIST_FLAG, AT(synthetic), ANY, "drawn digits in place of MNIST" },
    { "seeds", "N", MNIST_WHOLE, AT(seeds), FROM_TO(1, MOST_SEEDS), "runs of each activation and setting [10]" },
    { "epochs", "N", MNIST_WHOLE, AT(epochs), FROM_TO(1, MOST_EPOCHS), "passes over a run's training images [5]" },
    { "images", "N", MNIST_WHOLE, AT(images), FROM_TO(FEWEST_IMAGES, MOST_IMAGES), "training images of each run [6000]" },
    { "only", "WORD", MNIST_WORD, AT(only), { .words = activation_words }, "relu and this activation instead of all" },
    { "out", "DIR", MNIST_TEXT, AT(out), ANY, "folder for runs.csv and the plots [build/dying_relu]" },
    { "threads", "N", MNIST_WHOLE, AT(threads), FROM_TO(0, MOST_THREADS), "runs at a time; 0: all cores; the result is the same [0]" },
    { "help", NULL, MNIST_FLAG, AT(help), ANY, "this text" },
};
/* clang-format on */

static const option_row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

static hg_status read_value(options *options, const option_row *row, const char *text, hg_error *error)
{
    char takes[256];
    mnist_value_describe(row->kind, &row->limits, takes, sizeof takes);
    if (!text)
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s needs a value: %s", row->name, takes);
    if (!mnist_value_read(row->kind, &row->limits, text, (char *)options + row->offset))
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s takes %s, not \"%s\"", row->name, takes, text);
    return HG_OK;
}

/* Takes argv[*at], and argv[*at + 1] if that is its value. */
static hg_status parse_option(options *options, char **argv, int *at, hg_error *error)
{
    const char *name = argv[*at] + 2;
    const size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const option_row *row = find_row(name, length);
    if (!row)
        return hg_fail(error, HG_BAD_ARGUMENT, "there is no option %s", argv[*at]);
    const bool flag = row->kind == MNIST_FLAG;
    if (flag && value)
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s takes no value, not \"%s\"", row->name, value);
    /* a word that looks like an option is more likely one than a value; --name=--value says otherwise */
    if (!flag && !value && argv[*at + 1] && strncmp(argv[*at + 1], "--", 2) != 0)
        value = argv[++*at];
    return read_value(options, row, flag ? "" : value, error);
}

/* What was not asked for. */
static void fill_in(options *options)
{
    const struct options *from = options->quick ? &quick : &usual;
    if (options->seeds == 0)
        options->seeds = from->seeds;
    if (options->epochs == 0)
        options->epochs = from->epochs;
    if (options->images == 0)
        options->images = from->images;
}

hg_status options_parse(options *options, int argc, char **argv, hg_error *error)
{
    *options = usual;
    options->seeds = options->epochs = options->images = 0;
    for (int at = 1; at < argc && !options->help; at++) {
        hg_status status = HG_OK;
        if (strcmp(argv[at], "-h") == 0)
            options->help = true;
        else if (strncmp(argv[at], "--", 2) == 0)
            status = parse_option(options, argv, &at, error);
        else
            status = hg_fail(error, HG_BAD_ARGUMENT, "\"%s\" is not an option: they begin with --", argv[at]);
        if (status != HG_OK)
            return status;
    }
    if (options->synthetic && options->data && !options->help)
        return hg_fail(error, HG_BAD_ARGUMENT, "--synthetic and --data %s: one of them", options->data);
    fill_in(options);
    return HG_OK;
}

void options_help(FILE *stream)
{
    enum { LONGEST_NAME = 24, WIDTH = 78, INDENT = 12 };
    fputs("dying_relu: makes ReLUs die, on purpose, and shows which other activation helps.\n"
          "Two networks, each with gentle settings, a large learning rate and low biases;\n"
          "prints a table, and writes every epoch of every run and three plots.\n"
          "options [and defaults]:\n",
          stream);
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        char left[LONGEST_NAME + 1];
        snprintf(left, sizeof left, "--%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
        fprintf(stream, "  %-13s %s\n", left, rows[i].help);
    }
    int column = fprintf(stream, "activations:");
    for (int i = 0; i < ACTIVATIONS; i++) {
        if (column + 1 + (int)strlen(activation_words[i]) > WIDTH)
            column = fprintf(stream, "\n%*s", INDENT, "") - 1;
        column += fprintf(stream, " %s", activation_words[i]);
    }
    fputs("\nslope to gate are forms of threshold_relu; slope_0.25 starts there, not at 0,\n"
          "and slope_slow too, with a hundredth of the learning rate for its thresholds.\n",
          stream);
}
