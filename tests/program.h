/* Running examples/mnist as its users do, in a folder of its own with few images,
 * without the network and without what the user's environment says. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

enum { PATH_LENGTH = 512, FILE_LENGTH = 1 << 20, TEXT_LENGTH = 1 << 16, MOST_ARGUMENTS = 32, SLOWEST_TEST = 120 };

/* What the last run printed. */
extern char out[TEXT_LENGTH], err[TEXT_LENGTH];

/* The test's folder: digits (200 + 40 images in MNIST's format), bin (empty), and
 * home and cache, which are not there but set in the environment. */
extern char folder[PATH_LENGTH];
void program_set_up(void);
void program_tear_down(void);

/* A path in the folder, good for the next 31 calls. */
const char *in_folder(const char *name);
bool exists(const char *name);
size_t read_file(const char *name, char *bytes, size_t capacity); /* its length; a '\0' is put behind it */
void write_file(const char *name, const char *text, mode_t mode);
void shell(const char *command); /* in the folder, with the user's PATH */

/* PATH for the program: the folder's bin, and behind it the user's. */
void search_bin_only(void);
void search_bin_first(void);

/* Another program than examples/mnist; the environment's `variable` names the binary, if
 * it is not `usual`. For the test that calls it, which Check runs in a process of its own. */
void program_choose(const char *variable, const char *usual);

/* Runs the program and fills in out and err. HINGE_MNIST names the binary, if it is
 * not examples/mnist. The exit code; a test fails if there is none. */
int run_arguments(const char *const arguments[]);
pid_t start(const char *const arguments[], int its_stdout);
int finish(pid_t child); /* err alone */

#define ARGUMENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define run(...) run_arguments(ARGUMENTS(__VA_ARGS__))
#define run_tiny(...) run("--data", in_folder("digits"), "--batch", "16", __VA_ARGS__)
#define assert_runs(code) ck_assert_msg((code) == 0, "failed: %s", err)
#define assert_says(text, part) ck_assert_msg(says(text, part), "no \"%s\" in: %s", part, text)
#define assert_silent_on(text, part) ck_assert_msg(!says(text, part), "\"%s\" in: %s", part, text)

/* Whether the part is in the text, be it broken into several lines. */
bool says(const char *text, const char *part);

/* No control characters, and no line wider than 80 columns. */
void assert_plain(const char *text);

/* Of the last run, in per cent. */
double printed_accuracy(void);

#endif
