/* manual man|bash|zsh|fish NAME: the options of examples/mnist as the part of a manual
 * page, or as a shell's completion. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "examples/mnist_options.h"

static bool takes_path(const mnist_option_text *option)
{
    return option->value && (strcmp(option->value, "FILE") == 0 || strcmp(option->value, "DIR") == 0);
}

/* ---- manual page ---- */

/* A hyphen may be broken, a minus not; names are to be copied. */
static void print_roff(const char *text)
{
    for (; *text; text++) {
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
}

static void print_man_option(const mnist_option_text *option)
{
    printf(".TP\n.B \\-\\-");
    print_roff(option->name);
    if (option->value)
        printf(" \\fI%s\\fR", option->value);
    /* a line that begins with a point or quote would be a command; words that may be typed keep their case */
    printf("\n\\&%c", option->words ? option->help[0] : toupper((unsigned char)option->help[0]));
    print_roff(option->help + 1);
    puts(".");
    if (option->is_number)
        printf("Takes %s.\n", option->takes);
    if (option->standard)
        printf("Without it: %s.\n", option->standard);
}

static void print_man(const char *name)
{
    static const struct {
        unsigned commands;
        const char *title;
    } parts[] = {
        { MNIST_TRAIN, "Of train" },
        { MNIST_TEST, "Of test" },
        { MNIST_PREDICT, "Of predict" },
        { MNIST_EXPORT, "Of export" },
        { MNIST_INSPECT, "Of inspect" },
        { MNIST_TRAIN | MNIST_TEST, "Of train and test" },
        { MNIST_PREDICT | MNIST_INSPECT, "Of predict and inspect" },
        { MNIST_TEST | MNIST_PREDICT | MNIST_EXPORT | MNIST_INSPECT, "Of all but train" },
        { MNIST_TRAIN | MNIST_TEST | MNIST_PREDICT | MNIST_EXPORT | MNIST_INSPECT, "Of all" },
    };
    (void)name;
    for (size_t part = 0; part < HG_COUNT(parts); part++) {
        mnist_option_text option;
        printf(".SS %s\n", parts[part].title);
        for (size_t i = 0; mnist_options_text(i, &option); i++)
            if (option.commands == parts[part].commands)
                print_man_option(&option);
    }
}

/* ---- bash ---- */

static void print_words(const char *const *words)
{
    for (; *words; words++)
        printf("%s%s", *words, words[1] ? " " : "");
}

static void print_bash_options(unsigned command)
{
    mnist_option_text option;
    for (size_t i = 0; mnist_options_text(i, &option); i++)
        if (option.commands & command)
            printf(" --%s", option.name);
}

static void print_bash(const char *name)
{
    mnist_option_text option;
    printf("# bash completion for %s\n"
           "_hinge_complete_%s() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    [ \"$current\" = = ] && current=\n"
           "    [ \"$previous\" = = ] && previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    COMPREPLY=()\n"
           "    case $previous in\n",
           name, strrchr(name, '-') + 1);
    for (size_t i = 0; mnist_options_text(i, &option); i++) {
        if (!option.value)
            continue;
        printf("    --%s)", option.name);
        if (option.words) {
            printf(" mapfile -t COMPREPLY < <(compgen -W '");
            print_words(option.words);
            printf("' -- \"$current\");");
        } else if (takes_path(&option)) {
            printf(" compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -%c -- \"$current\");",
                   option.value[0] == 'D' ? 'd' : 'f');
        }
        puts(" return ;;");
    }
    printf("    esac\n    case \" ${COMP_WORDS[*]:1:COMP_CWORD - 1} \" in\n"
           "    *' predict '*) [[ $current == -* ]] || { compopt -o filenames 2>/dev/null; "
           "mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return; }; set --");
    print_bash_options(MNIST_PREDICT);
    printf(" ;;\n    *' export '*) set --");
    print_bash_options(MNIST_EXPORT);
    printf(" ;;\n    *' inspect '*) set --");
    print_bash_options(MNIST_INSPECT);
    printf(" ;;\n    *' test '*) set --");
    print_bash_options(MNIST_TEST);
    printf(" ;;\n    *' train '*) set --");
    print_bash_options(MNIST_TRAIN);
    printf(" ;;\n    *) set -- train test predict export inspect");
    print_bash_options(MNIST_TRAIN | MNIST_TEST | MNIST_PREDICT | MNIST_EXPORT | MNIST_INSPECT);
    printf(" ;;\n    esac\n    mapfile -t COMPREPLY < <(compgen -W \"$*\" -- \"$current\")\n}\n"
           "complete -F _hinge_complete_%s %s\n",
           strrchr(name, '-') + 1, name);
}

/* ---- zsh and fish ---- */

/* Inside single quotes, where brackets and colons are zsh's own as well. */
static void print_quoted(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr(special, *text))
            putchar('\\');
        putchar(*text);
    }
}

static void print_zsh(const char *name)
{
    mnist_option_text option;
    printf("#compdef %s\n_arguments \\\n    '1::command:(train test predict export inspect)' '*:picture:_files' \\\n",
           name);
    for (size_t i = 0; mnist_options_text(i, &option); i++) {
        printf("    '--%s%s[", option.name, option.value ? "=" : "");
        print_quoted(option.help, "[]:\\");
        putchar(']');
        if (option.value)
            printf(":%s:", option.value);
        if (option.words) {
            putchar('(');
            print_words(option.words);
            putchar(')');
        } else if (takes_path(&option)) {
            printf(option.value[0] == 'D' ? "_files -/" : "_files");
        }
        puts("' \\");
    }
    puts("    && return 0");
}

static void print_fish(const char *name)
{
    mnist_option_text option;
    printf("complete -c %s -f\ncomplete -c %s -n __fish_use_subcommand -a 'train test predict export inspect'\n", name,
           name);
    printf("complete -c %s -n '__fish_seen_subcommand_from predict' -F\n", name);
    for (size_t i = 0; mnist_options_text(i, &option); i++) {
        printf("complete -c %s -l %s -d '", name, option.name);
        print_quoted(option.help, "\\");
        putchar('\'');
        if (option.words) {
            printf(" -x -a '");
            print_words(option.words);
            putchar('\'');
        } else if (takes_path(&option)) {
            printf(" -r -F");
        } else if (option.value) {
            printf(" -x");
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *kind;
        void (*print)(const char *name);
    } kinds[] = { { "man", print_man }, { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };
    for (size_t i = 0; argc == 3 && i < HG_COUNT(kinds); i++) {
        if (strcmp(kinds[i].kind, argv[1]) == 0) {
            kinds[i].print(argv[2]);
            return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    fputs("usage: manual man|bash|zsh|fish NAME\n", stderr);
    return EXIT_FAILURE;
}
