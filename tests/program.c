/* Running examples/mnist. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "program.h"

enum { SIDE = 28, TRAINING_IMAGES = 200, TEST_IMAGES = 40, LONGEST_LINE = 80, NOT_RUN = 127 };

char folder[PATH_LENGTH];
char out[TEXT_LENGTH], err[TEXT_LENGTH];
static char usual_path[8 * PATH_LENGTH];
static const char *chosen_variable = "HINGE_MNIST", *chosen_usual = "examples/mnist";

/* ---- files in the test's folder ---- */

const char *in_folder(const char *name)
{
    static char paths[MOST_ARGUMENTS][2 * PATH_LENGTH];
    static int next;
    char *path = paths[next++ % MOST_ARGUMENTS];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

size_t read_file(const char *name, char *bytes, size_t capacity)
{
    FILE *file = fopen(in_folder(name), "rb");
    ck_assert_msg(file != NULL, "there is no %s", name);
    size_t length = fread(bytes, 1, capacity - 1, file);
    bytes[length] = '\0';
    fclose(file);
    return length;
}

void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(in_folder(name), "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    chmod(in_folder(name), mode);
}

bool exists(const char *name)
{
    return access(in_folder(name), F_OK) == 0;
}

void shell(const char *command)
{
    char line[sizeof usual_path + 4 * PATH_LENGTH];
    snprintf(line, sizeof line, "PATH='%s'; cd '%s' && %s", usual_path, folder, command);
    ck_assert_msg(system(line) == 0, "%s", line);
}

/* Images whose class is where their bright band lies, in MNIST's format and names. */
static void write_part(const char *part, unsigned char count)
{
    char name[PATH_LENGTH];
    const unsigned char image_header[] = { 0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, SIDE, 0, 0, 0, SIDE };
    const unsigned char label_header[] = { 0, 0, 8, 1, 0, 0, 0, count };
    snprintf(name, sizeof name, "digits/%s-images-idx3-ubyte.gz", part);
    gzFile images = gzopen(in_folder(name), "wb");
    snprintf(name, sizeof name, "digits/%s-labels-idx1-ubyte.gz", part);
    gzFile labels = gzopen(in_folder(name), "wb");
    gzwrite(images, image_header, sizeof image_header);
    gzwrite(labels, label_header, sizeof label_header);
    for (int i = 0; i < count; i++) {
        gzputc(labels, i % 10);
        for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
            int row = pixel / SIDE, noise = (i * 31 + pixel * 17) % 90;
            gzputc(images, row / 3 == i % 10 ? 160 + noise : noise);
        }
    }
    gzclose(images);
    gzclose(labels);
}

void program_set_up(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(usual_path, sizeof usual_path, "%s", getenv("PATH"));
    snprintf(folder, sizeof folder, "%s/hinge-program-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    mkdir(in_folder("digits"), S_IRWXU);
    mkdir(in_folder("bin"), S_IRWXU);
    write_part("train", TRAINING_IMAGES);
    write_part("t10k", TEST_IMAGES);
    setenv("HOME", in_folder("home"), 1);
    setenv("XDG_CACHE_HOME", in_folder("cache"), 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    unsetenv("HINGE_DATA");
    unsetenv("NO_COLOR");
    search_bin_only();
}

void search_bin_only(void)
{
    setenv("PATH", in_folder("bin"), 1);
}

void search_bin_first(void)
{
    char path[sizeof usual_path + PATH_LENGTH];
    snprintf(path, sizeof path, "%s:%s", in_folder("bin"), usual_path);
    setenv("PATH", path, 1);
}

void program_tear_down(void)
{
    setenv("PATH", usual_path, 1);
    shell("rm -rf -- \"$PWD\"");
}

/* ---- running ---- */

void program_choose(const char *variable, const char *usual)
{
    chosen_variable = variable;
    chosen_usual = usual;
}

static int open_for_writing(const char *name)
{
    return open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
}

pid_t start(const char *const arguments[], int its_stdout)
{
    const char *program = getenv(chosen_variable);
    char *argv[MOST_ARGUMENTS + 2] = { (char[]){ "mnist" } };
    for (int i = 0; i < MOST_ARGUMENTS && arguments[i]; i++)
        argv[i + 1] = strdup(arguments[i]);
    pid_t child = fork();
    if (child == 0) {
        dup2(its_stdout, STDOUT_FILENO);
        dup2(open_for_writing("err"), STDERR_FILENO);
        execv(program ? program : chosen_usual, argv);
        _exit(NOT_RUN);
    }
    for (int i = 1; argv[i]; i++)
        free(argv[i]);
    return child;
}

int finish(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    read_file("err", err, sizeof err);
    ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
    ck_assert_msg(WEXITSTATUS(status) != NOT_RUN, "cannot run the program; is %s right?", chosen_variable);
    return WEXITSTATUS(status);
}

int run_arguments(const char *const arguments[])
{
    int descriptor = open_for_writing("out");
    int code = finish(start(arguments, descriptor));
    close(descriptor);
    read_file("out", out, sizeof out);
    return code;
}

bool says(const char *text, const char *part)
{
    static char joined[TEXT_LENGTH];
    char *end = joined;
    for (const char *c = text; *c; c++) {
        bool broken = strncmp(c, "\n  ", 3) == 0 && c[3] != ' ';
        *end++ = broken ? ' ' : *c;
        c += broken ? 2 : 0;
    }
    *end = '\0';
    return strstr(text, part) || strstr(joined, part);
}

void assert_plain(const char *text)
{
    int columns = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        ck_assert_msg(*c == '\n' || (*c >= ' ' && *c != 0x7F), "control character %d in: %s", *c, text);
        columns = *c == '\n' ? 0 : columns + ((*c & 0xC0) != 0x80);
        ck_assert_msg(columns <= LONGEST_LINE, "a line is too wide in: %s", text);
    }
}

double printed_accuracy(void)
{
    const char *found = strstr(out, "test accuracy ");
    ck_assert_ptr_nonnull(found);
    return strtod(found + strlen("test accuracy "), NULL);
}
