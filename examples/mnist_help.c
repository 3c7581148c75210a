/* What --help prints: examples first, and no more than a screen holds. */
#include <string.h>

#include "mnist_options.h"
#include "mnist_text.h"

static const char *const examples[][2] = {
    { "", "train on MNIST, downloaded if need be" },
    { " --activation relu --save m", "train a plain ReLU, keep the result" },
    { " test --model m", "measure a saved network" },
    { " predict --model m FILE...", "read the digits in pictures" },
    { " export --model m --c m.c", "write a network as C; or --onnx FILE" },
    { " inspect --model m", "say what a saved network holds" },
};

/* A terminal of 24 x 80, with a line left for the prompt. */
enum { SCREEN_LINES = 23, HEAD_LINES = HG_COUNT(examples) + 1 };
enum { EXAMPLE_WIDTH = 38, OPTION_WIDTH = 18, NAMES_LENGTH = 4096, AROUND_NAMES = 32, NAMES_PER_LINE = 65 };

static void print_option(FILE *stream, const mnist_option_text *option, bool all)
{
    char left[64];
    snprintf(left, sizeof left, "--%s %s", option->name, option->value ? option->value : "");
    fprintf(stream, "  %-*s %s", OPTION_WIDTH, left, option->help);
    if (option->standard)
        fprintf(stream, " [%s]", option->standard);
    fputc('\n', stream);
    /* the words are in the help already; a flag or name takes anything */
    if (all && option->is_number)
        fprintf(stream, "  %-*s %s\n", OPTION_WIDTH, "", option->takes);
}

/* The names of the options from `first` on, each with a comma behind it; their length. */
static size_t list_names(size_t first, char names[NAMES_LENGTH])
{
    size_t length = 0;
    mnist_option_text option;
    names[0] = '\0';
    for (size_t i = first; mnist_options_text(i, &option) && length < NAMES_LENGTH; i++)
        length += (size_t)snprintf(names + length, NAMES_LENGTH - length, "--%s, ", option.name);
    return length;
}

void mnist_options_help(FILE *stream, const char *program, bool all)
{
    char names[NAMES_LENGTH];
    mnist_option_text option;
    size_t shown = 0;
    while (mnist_options_text(shown, &option))
        shown++;
    while (!all && shown > 0 &&
           HEAD_LINES + shown + (list_names(shown, names) + AROUND_NAMES) / NAMES_PER_LINE + 1 > SCREEN_LINES)
        shown--;
    for (size_t i = 0; i < HG_COUNT(examples); i++) {
        int width = fprintf(stream, "%s%s", program, examples[i][0]);
        fprintf(stream, "%*s  %s\n", width < EXAMPLE_WIDTH ? EXAMPLE_WIDTH - width : 0, "", examples[i][1]);
    }
    fputs("options [and defaults]:\n", stream);
    for (size_t i = 0; i < shown && mnist_options_text(i, &option); i++)
        print_option(stream, &option, all);
    if (mnist_options_text(shown, &option))
        mnist_text_line(stream, "and %.*s (--help-all explains them)", (int)strlen(names) - 2, names);
}
