/* The program examples/mnist: what it prints, writes and returns. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "program.h"

Suite *mnist_program_suite(void);

/* ---- the command line ---- */

START_TEST(help_shows_every_option_on_one_screen)
{
    static const char *const options[] = { "data",     "synthetic",  "validation", "patience",
                                           "network",  "form",       "activation", "epochs",
                                           "batch",    "optimizer",  "lr",         "weight-decay",
                                           "momentum", "clip",       "schedule",   "warmup",
                                           "average",  "steps",      "no-shuffle", "label-smoothing",
                                           "threads",  "seed",       "init",       "save",
                                           "log",      "model",      "quiet",      "help",
                                           "help-all", "version",    "augment",    "max-dead",
                                           "on-dead",  "checkpoint", "resume",     "checkpoint-minutes",
                                           "report" };
    assert_runs(run("--help"));
    assert_plain(out);
    int lines = 0;
    for (const char *c = out; *c; c++)
        lines += *c == '\n';
    ck_assert_int_lt(lines, 24);
    for (size_t i = 0; i < HG_COUNT(options); i++) {
        char name[PATH_LENGTH];
        snprintf(name, sizeof name, "--%s", options[i]);
        assert_says(out, name);
    }
}
END_TEST

START_TEST(version_is_the_library_s)
{
    assert_runs(run("--version"));
    assert_says(out, HG_VERSION);
}
END_TEST

static const struct {
    const char *arguments[MOST_ARGUMENTS];
    const char *said;
} misuses[] = {
    { { "--epochs", "-1" }, "--epochs takes a whole number from 1 to 99999, not \"-1\"" },
    { { "--epochs=1.5" }, "--epochs takes" },
    { { "--epochs", "99999999999999999999" }, "--epochs takes" },
    { { "--epochs", "2x" }, "not \"2x\"" },
    { { "--lr", "nan" }, "--lr takes a number above 0" },
    { { "--lr", "inf" }, "not \"inf\"" },
    { { "--lr", "0x1" }, "not \"0x1\"" },
    { { "--lr", " 1" }, "not \" 1\"" },
    { { "--lr", "0" }, "not \"0\"" },
    { { "--lr", "0,1" }, "not \"0,1\"" },
    { { "--lr", "1e999" }, "not \"1e999\"" },
    { { "--momentum", "1" }, "to below 1, not \"1\"" },
    { { "--weight-decay", "-0.1" }, "--weight-decay takes" },
    { { "--batch", "0" }, "--batch takes" },
    { { "--seed", "-1" }, "--seed takes" },
    { { "--max-dead", "1.1" }, "--max-dead takes a number from 0 up to 1, not \"1.1\"" },
    { { "--on-dead", "panic" }, "--on-dead takes warn, revive or stop, not \"panic\"" },
    { { "test", "--on-dead", "stop" }, "--on-dead is no option of \"test\"" },
    { { "--steps", "0" }, "--steps takes" },
    { { "--threads", "-2" }, "--threads takes" },
    { { "--threads=" }, "--threads takes" },
    { { "--data", "" }, "--data takes a name" },
    { { "--network", "resnet" }, "document, lenet5, mlp, convnet, fast99 or improved, not \"resnet\"" },
    { { "--activation", "tan" },
      "threshold-relu, elu, softsign, relu-softsign, noisy-relu, tanh, sigmoid or gelu, not" },
    { { "--augment", "wild" }, "--augment takes none, light or strong, not \"wild\"" },
    { { "test", "--model", "m", "--augment", "light" }, "--augment is no option of \"test\"" },
    { { "--form", "slop" }, "not \"slop\"" },
    { { "--optimizer", "adamax" }, "sgd, adam or adamw, not \"adamax\"" },
    { { "--optimizer", "adam", "--momentum", "0.9" }, "--momentum 0.9 needs --optimizer sgd, not adam" },
    { { "--schedule", "linear" }, "constant, step, exponential or cosine, not \"linear\"" },
    { { "--warmup", "-1" }, "--warmup takes" },
    { { "--warmup", "2.5", "--epochs", "2" }, "--warmup 2.5 is longer than the training: --epochs is 2" },
    { { "--clip", "0" }, "--clip takes a number above 0" },
    { { "--label-smoothing", "1" }, "to below 1, not \"1\"" },
    { { "--average", "mean" }, "none, ema or swa, not \"mean\"" },
    { { "--validation", "1" }, "a number above 0 to below 1, not \"1\"" },
    { { "--validation", "0" }, "not \"0\"" },
    { { "--patience", "3" }, "--patience 3 needs --validation SHARE" },
    { { "--validation", "0.5", "--patience", "0" }, "--patience takes" },
    { { "test", "--model", "m", "--validation", "0.5" }, "--validation is no option of \"test\"" },
    { { "--activation", "relu", "--form", "slope" }, "--form slope needs --activation threshold-relu" },
    { { "--quiet=yes" }, "--quiet takes no value" },
    { { "--epohcs", "3" }, "did you mean --epochs?" },
    { { "--nothing-like-it" }, "there is no option --nothing-like-it" },
    { { "-x" }, "there is no option -x" },
    { { "--epochs" }, "--epochs needs a value" },
    { { "--save", "--quiet" }, "--save needs a value" },
    { { "tset" }, "there is no command \"tset\"" },
    { { "train", "test" }, "one command too many" },
    { { "test" }, "needs --model FILE" },
    { { "test", "--model", "m", "--epochs", "2" }, "--epochs is no option of \"test\"" },
    { { "train", "--model", "m" }, "--model is no option of \"train\"" },
    { { "test", "--model", "m", "--report", "r" }, "--report is no option of \"test\"" },
    { { "--report" }, "--report needs a value" },
};

START_TEST(a_misuse_is_named_and_returns_2)
{
    ck_assert_int_eq(run_arguments(misuses[_i].arguments), 2);
    assert_says(err, misuses[_i].said);
    assert_says(err, "--help");
    ck_assert_str_eq(out, "");
}
END_TEST

/* ---- failures ---- */

START_TEST(a_missing_data_folder_is_named)
{
    ck_assert_int_eq(run("--data", in_folder("nowhere")), 1);
    assert_says(err, in_folder("nowhere"));
    setenv("HINGE_DATA", in_folder("elsewhere"), 1);
    ck_assert_int_eq(run("--steps", "1"), 1);
    assert_says(err, in_folder("elsewhere/mnist"));
    unsetenv("HINGE_DATA");
    assert_silent_on(out, "synthetic");
}
END_TEST

START_TEST(damaged_data_is_named)
{
    write_file("digits/train-labels-idx1-ubyte.gz", "these are no labels", S_IRUSR);
    ck_assert_int_eq(run("--data", in_folder("digits")), 1);
    assert_says(err, "train-labels-idx1-ubyte");
    assert_silent_on(out, "synthetic");
}
END_TEST

START_TEST(what_cannot_be_written_is_said_before_training)
{
    static const struct {
        const char *option, *name;
    } cases[] = { { "--save", "nowhere/m" }, { "--save", "digits" },   { "--save", "digits/" },
                  { "--log", "nowhere/l" },  { "--log", "digits" },    { "--report", "nowhere/r" },
                  { "--report", "digits" },  { "--report", "digits/" } };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        ck_assert_int_eq(run_tiny(cases[i].option, in_folder(cases[i].name)), 1);
        assert_says(err, cases[i].option);
        assert_says(err, folder);
        assert_silent_on(out, "train loss");
    }
}
END_TEST

START_TEST(missing_models_are_named)
{
    ck_assert_int_eq(run_tiny("--init", in_folder("no-start")), 1);
    assert_says(err, in_folder("no-start"));
    ck_assert_int_eq(run("test", "--model", in_folder("no-model")), 1);
    assert_says(err, in_folder("no-model"));
}
END_TEST

START_TEST(a_training_that_explodes_says_what_helps)
{
    ck_assert_int_eq(run_tiny("--lr", "1e9", "--save", in_folder("m")), 1);
    assert_says(err, "smaller learning rate (--lr is 1e+09)");
    ck_assert(!exists("m"));
}
END_TEST

START_TEST(a_full_disk_behind_stdout_or_log_returns_1)
{
    int full = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(finish(start(ARGUMENTS("--data", in_folder("digits"), "--steps", "2"), full)), 1);
    close(full);
    assert_says(err, "standard output");
    ck_assert_int_eq(run_tiny("--steps", "2", "--log", "/dev/full", "--save", in_folder("m")), 1);
    assert_says(err, "cannot write /dev/full");
    ck_assert_msg(exists("m"), "a log that cannot be written lost the training");
}
END_TEST

START_TEST(a_closed_pipe_returns_1)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(finish(start(ARGUMENTS("--data", in_folder("digits")), ends[1])), 1);
    close(ends[1]);
    assert_says(err, "standard output");
}
END_TEST

Suite *mnist_program_suite(void)
{
    Suite *suite = suite_create("mnist_program");
    TCase *tests = tcase_create("mnist_program");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, program_set_up, program_tear_down);
    tcase_add_test(tests, help_shows_every_option_on_one_screen);
    tcase_add_test(tests, version_is_the_library_s);
    tcase_add_loop_test(tests, a_misuse_is_named_and_returns_2, 0, HG_COUNT(misuses));
    tcase_add_test(tests, a_missing_data_folder_is_named);
    tcase_add_test(tests, damaged_data_is_named);
    tcase_add_test(tests, what_cannot_be_written_is_said_before_training);
    tcase_add_test(tests, missing_models_are_named);
    tcase_add_test(tests, a_training_that_explodes_says_what_helps);
    tcase_add_test(tests, a_full_disk_behind_stdout_or_log_returns_1);
    tcase_add_test(tests, a_closed_pipe_returns_1);
    suite_add_tcase(suite, tests);
    return suite;
}
