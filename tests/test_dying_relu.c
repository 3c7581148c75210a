/* The program examples/dying_relu: what it prints, writes and returns. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
/* it declares a function that it never defines, which is noticed at this file's end */
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>

#include <hinge/hinge.h>

#include "program.h"

Suite *dying_relu_suite(void);

enum { SCENARIOS = 6, SEEDS = 2, EPOCHS = 1, FIELDS = 21, SCREEN = 25 };

static const char *const activations[] = { "relu",       "leaky_relu", "elu",        "softsign",   "relu_softsign",
                                           "noisy_relu", "slope",      "slope_0.25", "slope_slow", "floor",
                                           "ceiling",    "shift",      "gate" };
static const char *const plots[] = { "results/dead.png", "results/accuracy.png", "results/thresholds.png" };

#define run_few(...) \
    run("--synthetic", "--images", "40", "--epochs", "1", "--seeds", "2", "--out", in_folder("results"), __VA_ARGS__)

static void set_up(void)
{
    program_set_up();
    program_choose("HINGE_DYING_RELU", "examples/dying_relu");
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *c = strstr(text, part); c; c = strstr(c + 1, part))
        count++;
    return count;
}

/* ---- results ---- */

static void assert_csv(const char *csv, size_t rows)
{
    size_t lines = 0, fields = 1;
    for (const char *c = csv; *c; c++) {
        fields += *c == ',';
        if (*c != '\n')
            continue;
        ck_assert_uint_eq(fields, FIELDS);
        fields = 1;
        lines++;
    }
    ck_assert_uint_eq(lines, rows + 1);
}

/* That it is a picture, and that something was drawn in it. */
static void assert_picture(const char *name)
{
    enum { WHITE = 255, LEAST_DRAWN = 1000 };
    int width, height, channels, drawn = 0;
    unsigned char *pixels = stbi_load(in_folder(name), &width, &height, &channels, 0);
    ck_assert_msg(pixels != NULL, "%s: %s", name, stbi_failure_reason());
    ck_assert_int_eq(channels, 3);
    for (int i = 0; i < width * height; i++)
        drawn += pixels[3 * i] != WHITE || pixels[3 * i + 1] != WHITE || pixels[3 * i + 2] != WHITE;
    ck_assert_int_gt(drawn, LEAST_DRAWN);
    ck_assert_int_lt(drawn, width * height / 2);
    stbi_image_free(pixels);
}

START_TEST(table_csv_and_plots_are_complete)
{
    static char csv[FILE_LENGTH];
    assert_runs(run_few("--threads", "2"));
    assert_plain(out);
    ck_assert_str_eq(err, "");
    ck_assert_uint_eq(count_of(out, "over relu (95 % interval)"), SCENARIOS);
    for (size_t i = 0; i < HG_COUNT(activations); i++) {
        char row[PATH_LENGTH];
        snprintf(row, sizeof row, "\n  %s ", activations[i]);
        ck_assert_uint_ge(count_of(out, row), SCENARIOS);
    }
    ck_assert_uint_eq(count_of(out, "/2\n"), SCENARIOS * HG_COUNT(activations)); /* failed, of the seeds */
    read_file("results/runs.csv", csv, sizeof csv);
    const size_t runs = SCENARIOS * SEEDS * HG_COUNT(activations), broken = count_of(csv, ",not_finite,");
    ck_assert_uint_eq(broken, 0);
    assert_csv(csv, runs * (EPOCHS + 1));
    ck_assert_uint_eq(count_of(csv, "deep,large-rate,0.03,0,slope_slow,102,1,ok,"), 1);
    for (size_t i = 0; i < HG_COUNT(plots); i++)
        assert_picture(plots[i]);
}
END_TEST

START_TEST(threads_change_nothing)
{
    static char one[FILE_LENGTH], three[FILE_LENGTH];
    assert_runs(run_few("--only", "noisy_relu", "--threads", "1"));
    read_file("results/runs.csv", one, sizeof one);
    assert_csv(one, SCENARIOS * SEEDS * 2 * (EPOCHS + 1));
    assert_runs(run_few("--only", "noisy_relu", "--threads", "3"));
    read_file("results/runs.csv", three, sizeof three);
    ck_assert_msg(strcmp(one, three) == 0, "one thread and three gave different results");
}
END_TEST

/* What the deep network's units do before the first step, without the thresholds' three fields. */
static void take_start(const char *csv, const char *activation, char *start, size_t size)
{
    enum { THRESHOLD_FIELDS = 3 };
    char key[PATH_LENGTH];
    snprintf(key, sizeof key, "deep,low-bias,0.01,-0.1,%s,101,0,ok,", activation);
    const char *row = strstr(csv, key);
    ck_assert_ptr_nonnull(row);
    row += strlen(key);
    snprintf(start, size, "%.*s", (int)strcspn(row, "\n"), row);
    for (int i = 0; i < THRESHOLD_FIELDS; i++)
        *strrchr(start, ',') = '\0';
}

START_TEST(all_start_alike)
{
    static char csv[FILE_LENGTH];
    char relu[PATH_LENGTH], shift[PATH_LENGTH];
    assert_runs(run_few("--only", "shift"));
    read_file("results/runs.csv", csv, sizeof csv);
    /* at threshold 0, shift is relu */
    take_start(csv, "relu", relu, sizeof relu);
    take_start(csv, "shift", shift, sizeof shift);
    ck_assert_str_eq(relu, shift);
}
END_TEST

START_TEST(one_seed_has_no_interval)
{
    assert_runs(run("--synthetic", "--images", "40", "--epochs", "1", "--seeds", "1", "--only", "elu", "--out",
                    in_folder("results")));
    assert_silent_on(out, "nan");
    assert_says(out, "none");
}
END_TEST

/* ---- being stopped ---- */

START_TEST(a_signal_leaves_what_is_finished)
{
    enum { INTERRUPTED = 128 + SIGINT };
    const struct timespec pause = { .tv_sec = 1, .tv_nsec = 500 * 1000 * 1000 };
    const int its_stdout = creat(in_folder("out"), S_IRUSR | S_IWUSR);
    const pid_t child = start(ARGUMENTS("--synthetic", "--images", "200", "--epochs", "50", "--seeds", "100", "--only",
                                        "slope", "--out", in_folder("results")),
                              its_stdout);
    nanosleep(&pause, NULL);
    kill(child, SIGINT);
    ck_assert_int_eq(finish(child), INTERRUPTED);
    close(its_stdout);
    read_file("out", out, sizeof out);
    assert_says(err, "of 1200 runs");
    assert_says(out, "1200 runs: 100 seeds");
    ck_assert_int_eq(exists("results/runs.csv"), !says(err, "stopped after 0 "));
}
END_TEST

/* ---- the command line ---- */

START_TEST(help_fits_a_screen)
{
    static const char *const options[] = { "--quick",  "--data", "--synthetic", "--seeds",   "--epochs",
                                           "--images", "--only", "--out",       "--threads", "--help" };
    assert_runs(run("--help"));
    assert_plain(out);
    ck_assert_uint_le(count_of(out, "\n"), SCREEN);
    for (size_t i = 0; i < HG_COUNT(options); i++)
        assert_says(out, options[i]);
    for (size_t i = 0; i < HG_COUNT(activations); i++)
        assert_says(out, activations[i]);
}
END_TEST

static const struct {
    const char *arguments[MOST_ARGUMENTS];
    const char *said;
} misuses[] = {
    { { "--seeds", "0" }, "--seeds takes a whole number from 1 to 100, not \"0\"" },
    { { "--epochs", "x" }, "--epochs takes" },
    { { "--images=5" }, "--images takes a whole number from 20" },
    { { "--threads", "-1" }, "--threads takes" },
    { { "--only", "tanh" }, "slope_slow, floor, ceiling, shift or gate, not \"tanh\"" },
    { { "--out" }, "--out needs a value" },
    { { "--out", "" }, "--out takes a name" },
    { { "--quick=1" }, "--quick takes no value" },
    { { "--fast" }, "there is no option --fast" },
    { { "quick" }, "\"quick\" is not an option" },
    { { "--synthetic", "--data", "here" }, "--synthetic and --data here: one of them" },
};

START_TEST(misuse_says_what_is_right)
{
    ck_assert_int_eq(run_arguments(misuses[_i].arguments), 2);
    assert_says(err, misuses[_i].said);
    assert_says(err, "try --help");
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(bad_folders_are_named)
{
    write_file("file", "", S_IRUSR | S_IWUSR);
    ck_assert_int_eq(run("--synthetic", "--out", in_folder("file")), 1);
    assert_says(err, "is a file; give a folder");
    ck_assert_int_eq(run("--synthetic", "--out", in_folder("file/in")), 1);
    assert_says(err, "cannot make the folder");
    ck_assert_int_eq(run("--data", in_folder("nowhere"), "--out", in_folder("results")), 1);
    assert_says(err, "nowhere");
}
END_TEST

START_TEST(folders_are_made_and_data_is_found)
{
    assert_runs(run("--data", in_folder("digits"), "--images", "30", "--epochs", "1", "--seeds", "1", "--only", "gate",
                    "--out", in_folder("a/b/c")));
    ck_assert(exists("a/b/c/runs.csv"));
    assert_says(out, "200 training and 40 test images");
}
END_TEST

Suite *dying_relu_suite(void)
{
    Suite *suite = suite_create("dying_relu");
    TCase *tests = tcase_create("program");
    tcase_add_checked_fixture(tests, set_up, program_tear_down);
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_test(tests, table_csv_and_plots_are_complete);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, all_start_alike);
    tcase_add_test(tests, one_seed_has_no_interval);
    tcase_add_test(tests, a_signal_leaves_what_is_finished);
    tcase_add_test(tests, help_fits_a_screen);
    tcase_add_loop_test(tests, misuse_says_what_is_right, 0, (int)HG_COUNT(misuses));
    tcase_add_test(tests, bad_folders_are_named);
    tcase_add_test(tests, folders_are_made_and_data_is_found);
    suite_add_tcase(suite, tests);
    return suite;
}
