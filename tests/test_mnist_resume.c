/* The program examples/mnist killed, interrupted and resumed. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

Suite *mnist_resume_suite(void);

#define TRAINING "--data", in_folder("digits"), "--batch", "16", "--seed", "3"
#define EACH_STEP "--checkpoint-minutes", "1e-9"
#define LONG TRAINING, "--epochs", "99999", "--checkpoint", in_folder("my run")

static void sleep_milliseconds(long milliseconds)
{
    nanosleep(&(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000 }, NULL);
}

static void wait_for(const char *name)
{
    enum { TRIES = 60000, STEP = 1 };
    for (int i = 0; i < TRIES && !exists(name); i++)
        sleep_milliseconds(STEP);
    ck_assert_msg(exists(name), "%s never came", name);
}

static void assert_same_files(const char *a, const char *b)
{
    static char left[FILE_LENGTH], right[FILE_LENGTH];
    const size_t length = read_file(a, left, sizeof left);
    ck_assert_uint_eq(read_file(b, right, sizeof right), length);
    ck_assert_mem_eq(left, right, length);
}

static pid_t start_quietly(const char *const arguments[])
{
    const int nowhere = open("/dev/null", O_WRONLY);
    const pid_t child = start(arguments, nowhere);
    close(nowhere);
    return child;
}

/* ---- kill -9 ---- */

START_TEST(a_run_killed_again_and_again_saves_the_same_bytes)
{
    enum { MOST_KILLS = 25, SHORTEST = 30, SPREAD = 170 };
    static const char *const threads[] = { "1", "2", "3" };
#define KILLED \
    TRAINING, "--epochs", "40", "--average", "ema", "--validation", "0.2", "--patience", "99", "--augment", "light"
    assert_runs(run(KILLED, "--save", in_folder("whole"), "--quiet"));
    bool done = false;
    int kills = 0;
    unsigned draw = (unsigned)getpid();
    while (!done) {
        const char *resume = exists("run") ? "--resume" : NULL; /* ends the list */
        const pid_t child = start_quietly((const char *const[]){ KILLED, EACH_STEP, "--checkpoint", in_folder("run"),
                                                                 "--save", in_folder("killed"), "--quiet", "--threads",
                                                                 threads[kills % 3], resume, in_folder("run"), NULL });
        draw = draw * 1103515245 + 12345;
        if (kills < MOST_KILLS) {
            sleep_milliseconds(SHORTEST + (long)(draw >> 16) % SPREAD);
            kill(child, SIGKILL);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        kills += WIFSIGNALED(status);
        done = WIFEXITED(status);
        ck_assert_msg(!done || WEXITSTATUS(status) == 0, "exit code %d after %d kills", WEXITSTATUS(status), kills);
    }
    ck_assert_int_gt(kills, 3);
    assert_same_files("whole", "killed");
}
END_TEST

/* ---- signals ---- */

static const struct {
    int signal, code;
    const char *name;
} signals[] = { { SIGINT, 130, "Ctrl-C" }, { SIGTERM, 143, "SIGTERM" } };

START_TEST(a_signal_saves_and_says_how_to_go_on)
{
    const pid_t child = start_quietly(ARGUMENTS(LONG, EACH_STEP, "--save", in_folder("m"), "--log", in_folder("log")));
    wait_for("my run");
    kill(child, signals[_i].signal);
    ck_assert_int_eq(finish(child), signals[_i].code);
    char part[PATH_LENGTH];
    snprintf(part, sizeof part, "mnist: stopped by %s in epoch ", signals[_i].name);
    assert_says(err, part);
    snprintf(part, sizeof part, "--resume '%s'\n", in_folder("my run"));
    assert_says(err, part);
    assert_runs(run("test", "--model", in_folder("m"), "--data", in_folder("digits")));
}
END_TEST

START_TEST(interrupted_and_resumed_is_as_if_never_interrupted)
{
    char resume[PATH_LENGTH];
    const pid_t child = start_quietly(ARGUMENTS(LONG, EACH_STEP));
    wait_for("my run");
    sleep_milliseconds(50);
    kill(child, signals[_i].signal);
    ck_assert_int_eq(finish(child), signals[_i].code);
    const char *epoch = strstr(err, "in epoch ");
    ck_assert_ptr_nonnull(epoch);
    char epochs[PATH_LENGTH];
    snprintf(epochs, sizeof epochs, "%d", atoi(epoch + strlen("in epoch ")) + 1);
    snprintf(resume, sizeof resume, "%s", in_folder("my run"));
    assert_runs(run(TRAINING, "--epochs", epochs, "--resume", resume, "--save", in_folder("resumed")));
    assert_says(out, "going on from ");
    assert_runs(run(TRAINING, "--epochs", epochs, "--save", in_folder("whole"), "--quiet"));
    assert_same_files("whole", "resumed");
}
END_TEST

START_TEST(a_second_signal_ends_at_once)
{
    const pid_t child = start_quietly(ARGUMENTS(LONG, EACH_STEP));
    wait_for("my run");
    kill(child, SIGSTOP); /* so that both are there before it looks */
    kill(child, SIGINT);
    kill(child, SIGTERM);
    kill(child, SIGCONT);
    const int code = finish(child);
    ck_assert_msg(code == 130 || code == 143, "code %d", code);
    ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(without_a_checkpoint_the_network_is_saved)
{
    const pid_t child =
        start_quietly(ARGUMENTS(TRAINING, "--epochs", "99999", "--save", in_folder("m"), "--log", in_folder("log")));
    wait_for("log");
    sleep_milliseconds(100);
    kill(child, SIGINT);
    ck_assert_int_eq(finish(child), 130);
    assert_says(err, "there is nothing to go on from: --checkpoint FILE would have kept it");
    assert_plain(err);
    assert_runs(run("test", "--model", in_folder("m"), "--data", in_folder("digits")));
}
END_TEST

/* ---- the rest ---- */

START_TEST(a_complete_run_resumes_to_the_same_file)
{
    assert_runs(run_tiny("--epochs", "3", "--checkpoint", in_folder("run"), "--save", in_folder("a")));
    const double accuracy = printed_accuracy();
    assert_runs(run_tiny("--epochs", "3", "--resume", in_folder("run"), "--save", in_folder("b")));
    ck_assert_double_eq(printed_accuracy(), accuracy);
    assert_same_files("a", "b");
    assert_runs(run("test", "--data", in_folder("digits"), "--model", in_folder("run")));
    ck_assert_double_eq(printed_accuracy(), accuracy);
}
END_TEST

START_TEST(a_resumed_log_goes_on)
{
    static char whole[TEXT_LENGTH];
    assert_runs(run_tiny("--epochs", "2", "--checkpoint", in_folder("run"), "--log", in_folder("log")));
    assert_runs(run_tiny("--epochs", "3", "--resume", in_folder("run"), "--log", in_folder("log")));
    read_file("log", whole, sizeof whole);
    for (int epoch = 1; epoch <= 3; epoch++) {
        char part[PATH_LENGTH];
        snprintf(part, sizeof part, "{\"epoch\":%d,", epoch);
        assert_says(whole, part);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_named)
{
    assert_runs(run_tiny("--epochs", "1", "--checkpoint", in_folder("run")));
    ck_assert_int_eq(run_tiny("--resume", in_folder("run"), "--lr", "0.5"), 1);
    assert_says(err, "learning_rate is 0.05, that of this training 0.5");
    ck_assert_int_eq(run_tiny("--resume", in_folder("none")), 1);
    assert_says(err, "none: cannot be read");
    ck_assert_int_eq(run_tiny("--checkpoint", in_folder("nowhere/run")), 1);
    assert_says(err, "--checkpoint: cannot make a file in ");
    assert_silent_on(out, "train loss");
    ck_assert_int_eq(run_tiny("--checkpoint-minutes", "5"), 2);
    assert_says(err, "--checkpoint-minutes 5 needs --checkpoint FILE");
    ck_assert_int_eq(run_tiny("--init", "a", "--resume", "b"), 2);
    assert_says(err, "--init a and --resume b: training can start from one of them only");
}
END_TEST

/* The folder goes away while it trains. */
START_TEST(a_lost_folder_does_not_lose_the_training)
{
#define SHORT TRAINING, "--epochs", "40"
    mkdir(in_folder("disk"), S_IRWXU);
    const pid_t child =
        start_quietly(ARGUMENTS(SHORT, "--checkpoint", in_folder("disk/run"), "--save", in_folder("m")));
    wait_for("disk/run");
    kill(child, SIGSTOP);
    shell("mv disk elsewhere");
    kill(child, SIGCONT);
    ck_assert_int_eq(finish(child), 1);
    assert_says(err, "the training goes on");
    assert_says(err, "the checkpoint is behind");
    assert_runs(run(SHORT, "--save", in_folder("whole"), "--quiet"));
    assert_same_files("whole", "m");
    assert_runs(run(SHORT, "--resume", in_folder("elsewhere/run"), "--save", in_folder("resumed"), "--quiet"));
    assert_same_files("whole", "resumed");
}
END_TEST

Suite *mnist_resume_suite(void)
{
    Suite *suite = suite_create("mnist_resume");
    TCase *tests = tcase_create("mnist_resume");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, program_set_up, program_tear_down);
    tcase_add_test(tests, a_run_killed_again_and_again_saves_the_same_bytes);
    tcase_add_loop_test(tests, a_signal_saves_and_says_how_to_go_on, 0, sizeof signals / sizeof *signals);
    tcase_add_loop_test(tests, interrupted_and_resumed_is_as_if_never_interrupted, 0, sizeof signals / sizeof *signals);
    tcase_add_test(tests, a_second_signal_ends_at_once);
    tcase_add_test(tests, without_a_checkpoint_the_network_is_saved);
    tcase_add_test(tests, a_complete_run_resumes_to_the_same_file);
    tcase_add_test(tests, a_resumed_log_goes_on);
    tcase_add_test(tests, what_does_not_fit_is_named);
    tcase_add_test(tests, a_lost_folder_does_not_lose_the_training);
    suite_add_tcase(suite, tests);
    return suite;
}
