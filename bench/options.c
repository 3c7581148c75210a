/* See options.h. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "median.h"
#include "options.h"

enum { USUAL_ROUNDS = 5 };

static const double USUAL_SECONDS = 0.3, MOST_SECONDS = 60;

void options_help(void)
{
    printf("side-by-side [OPTION...] [growth]\n"
           "options [and defaults]:\n"
           "  --rounds N     measurements of each side, in turn: 1 to %d [%d]\n"
           "  --seconds F    length of each [%g]\n"
           "  --only TEXT    rows whose label contains it\n"
           "  --build DIR    where make put the programs; bench.json goes there [build]\n"
           "growth           Markdown tables of how hinge's cost grows, and nothing else\n",
           MOST_ROUNDS, USUAL_ROUNDS, USUAL_SECONDS);
}

static bool read_rounds(options *options, const char *text)
{
    char *end;
    const long rounds = strtol(text, &end, 10);
    options->rounds = rounds < 1 || rounds > MOST_ROUNDS ? 0 : (int)rounds;
    if (end != text && *end == '\0' && options->rounds > 0)
        return true;
    fprintf(stderr, "bench: --rounds %s: give 1 to %d\n", text, MOST_ROUNDS);
    return false;
}

static bool read_seconds(options *options, const char *text)
{
    char *end;
    options->seconds = strtod(text, &end);
    if (end != text && *end == '\0' && options->seconds > 0 && options->seconds <= MOST_SECONDS)
        return true;
    fprintf(stderr, "bench: --seconds %s: give a number above 0, up to %g\n", text, MOST_SECONDS);
    return false;
}

bool options_parse(options *options, int argc, char **argv)
{
    enum { ROUNDS, SECONDS, ONLY, BUILD, HELP };
    static const struct option words[] = {
        { "rounds", required_argument, NULL, ROUNDS }, { "seconds", required_argument, NULL, SECONDS },
        { "only", required_argument, NULL, ONLY },     { "build", required_argument, NULL, BUILD },
        { "help", no_argument, NULL, HELP },           { NULL, 0, NULL, 0 },
    };
    *options = (struct options){ USUAL_ROUNDS, USUAL_SECONDS, "", "build", false, false };
    for (int word; (word = getopt_long(argc, argv, "", words, NULL)) != -1;) {
        if (word == ROUNDS && !read_rounds(options, optarg))
            return false;
        if (word == SECONDS && !read_seconds(options, optarg))
            return false;
        if (word == ONLY)
            options->only = optarg;
        if (word == BUILD)
            options->build = optarg;
        if (word == HELP)
            options->help = true;
        if (word == '?')
            return false;
    }
    options->growth = optind < argc && strcmp(argv[optind], "growth") == 0;
    if (optind + options->growth == argc)
        return true;
    fprintf(stderr, "bench: %s is not understood; try --help\n", argv[optind + options->growth]);
    return false;
}
