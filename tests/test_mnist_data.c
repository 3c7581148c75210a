/* Where examples/mnist finds its images, with stand-ins for curl and sha256sum. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "program.h"

Suite *mnist_data_suite(void);

/* A quarter of the synthetic digits that training would need. */
#define run_test(...) run("test", "--model", in_folder("model"), __VA_ARGS__)

static void set_up(void)
{
    program_set_up();
    assert_runs(run_tiny("--steps", "1", "--save", in_folder("model")));
}

static void stand_in(const char *name, const char *script)
{
    char path[PATH_LENGTH], text[4 * PATH_LENGTH];
    snprintf(path, sizeof path, "bin/%s", name);
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    write_file(path, text, S_IRWXU);
    search_bin_first();
}

/* curl that gives the test's own digits, and sha256sum that finds them right. */
static void stand_in_for_the_network(void)
{
    stand_in("curl", "for url; do :; done\n"
                     "echo \"$url\" >>\"$HOME/../asked\"\n"
                     "case $url in *\"$NO_MIRROR\"*) exit 7;; esac\n"
                     "exec cat \"$HOME/../digits/${url##*/}\"");
    stand_in("sha256sum",
             "cat >\"$HOME/../summed\"\n"
             "right() { cmp -s \"$HOME/../summed\" \"$HOME/../digits/$1.gz\" && sum=$2; }\n"
             "sum=0\n"
             "right train-images-idx3-ubyte 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609\n"
             "right train-labels-idx1-ubyte 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c\n"
             "right t10k-images-idx3-ubyte 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6\n"
             "right t10k-labels-idx1-ubyte f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6\n"
             "echo \"$sum  -\"");
    setenv("NO_MIRROR", "none", 1);
    mkdir(in_folder("home"), S_IRWXU);
}

/* One clear line, and nothing half-done. */
static void assert_fell_back(void)
{
    assert_says(out, "data: synthetic digits, not MNIST");
    assert_plain(out);
    assert_plain(err);
    shell("test -z \"$(find cache home -type f 2>/dev/null)\"");
}

START_TEST(without_curl_digits_are_drawn)
{
    search_bin_only();
    assert_runs(run("--steps", "1"));
    assert_says(out, "fetching MNIST from ");
    assert_says(out, "curl could not be started");
    assert_says(out, "60,000 training and 10,000 test images");
    assert_fell_back();
}
END_TEST

START_TEST(synthetic_is_not_looked_for_elsewhere)
{
    setenv("HINGE_DATA", in_folder("nowhere"), 1);
    assert_runs(run_test("--synthetic"));
    assert_says(out, "data: synthetic digits, 10,000 test images");
    assert_silent_on(out, "fetching");
}
END_TEST

START_TEST(without_home_there_is_no_cache)
{
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    assert_runs(run_test("--quiet"));
    assert_says(out, "on synthetic digits");
    setenv("XDG_CACHE_HOME", "relative", 1);
    assert_runs(run_test("--threads", "1"));
    assert_silent_on(out, "fetching");
    assert_fell_back();
}
END_TEST

START_TEST(a_failing_curl_is_said)
{
    stand_in("curl", "exit 22");
    assert_runs(run_test("--threads", "1"));
    assert_says(out, "curl ended with code 22");
    assert_fell_back();
}
END_TEST

START_TEST(a_curl_that_hangs_is_ended)
{
    stand_in("curl", "exec sleep 100000"); /* the test itself has less time */
    assert_runs(run_test("--threads", "1"));
    assert_says(out, "curl gave nothing for 4 s");
    assert_fell_back();
}
END_TEST

START_TEST(wrong_bytes_are_not_used)
{
    stand_in("curl", "echo please log in to this network");
    assert_runs(run_test("--threads", "1"));
    assert_says(err, "t10k-labels-idx1-ubyte.gz from storage.googleapis.com has the wrong");
    assert_says(err, "t10k-labels-idx1-ubyte.gz from ossci-datasets.s3.amazonaws.com has the");
    assert_fell_back();
}
END_TEST

START_TEST(endless_bytes_are_not_kept)
{
    stand_in("curl", "exec cat /dev/zero");
    assert_runs(run_test("--threads", "1"));
    assert_says(out, "curl printed more than");
    assert_fell_back();
}
END_TEST

START_TEST(a_cache_that_cannot_be_written_is_named)
{
    stand_in_for_the_network();
    write_file("cache", "a file where the folder should be", S_IRUSR);
    assert_runs(run_test("--threads", "1"));
    assert_says(out, "cannot");
    assert_says(out, "data: synthetic digits, not MNIST");
}
END_TEST

START_TEST(a_download_is_kept_for_the_next_run)
{
    stand_in_for_the_network();
    assert_runs(run("--steps", "1"));
    assert_says(out, "fetching MNIST from storage.googleapis.com to");
    assert_says(out, "200 training and 40 test images");
    shell("diff -r digits cache/hinge/mnist");
    shell("test $(wc -l <asked) = 4");
    stand_in("curl", "exit 7");
    assert_runs(run("--steps", "1"));
    assert_silent_on(out, "fetching");
    assert_says(out, "200 training and 40 test images");
}
END_TEST

START_TEST(the_second_mirror_stands_in_for_the_first)
{
    stand_in_for_the_network();
    setenv("NO_MIRROR", "googleapis", 1);
    assert_runs(run_test("--threads", "1"));
    shell("diff -r digits cache/hinge/mnist");
    shell("test $(grep -c googleapis asked) = 1 && test $(grep -c amazonaws asked) = 4");
}
END_TEST

START_TEST(a_damaged_file_of_the_cache_is_fetched_anew)
{
    stand_in_for_the_network();
    shell("mkdir -p cache/hinge && cp -r digits cache/hinge/mnist && echo junk "
          ">cache/hinge/mnist/t10k-labels-idx1-ubyte.gz");
    assert_runs(run_test("--threads", "1"));
    assert_says(err, "damaged data in the cache");
    assert_says(out, "40 test images");
    shell("diff -r digits cache/hinge/mnist");
    shell("test $(wc -l <asked) = 1");
}
END_TEST

START_TEST(a_damaged_unpacked_file_does_not_hide_the_fetched_one)
{
    stand_in_for_the_network();
    shell("mkdir -p cache/hinge && cp -r digits cache/hinge/mnist && cd cache/hinge/mnist && "
          "rm t10k-labels-idx1-ubyte.gz && echo junk >t10k-labels-idx1-ubyte");
    assert_runs(run_test("--threads", "1"));
    assert_says(out, "40 test images");
    shell("diff -r digits cache/hinge/mnist");
}
END_TEST

START_TEST(hinge_data_comes_before_the_cache)
{
    shell("mkdir -p root && cp -r digits root/mnist");
    setenv("HINGE_DATA", in_folder("root"), 1);
    assert_runs(run_test("--threads", "1"));
    assert_says(out, "root/mnist, 40 test images");
    assert_silent_on(out, "fetching");
}
END_TEST

Suite *mnist_data_suite(void)
{
    Suite *suite = suite_create("mnist_data");
    TCase *tests = tcase_create("mnist_data");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, set_up, program_tear_down);
    tcase_add_test(tests, without_curl_digits_are_drawn);
    tcase_add_test(tests, synthetic_is_not_looked_for_elsewhere);
    tcase_add_test(tests, without_home_there_is_no_cache);
    tcase_add_test(tests, a_failing_curl_is_said);
    tcase_add_test(tests, a_curl_that_hangs_is_ended);
    tcase_add_test(tests, wrong_bytes_are_not_used);
    tcase_add_test(tests, endless_bytes_are_not_kept);
    tcase_add_test(tests, a_cache_that_cannot_be_written_is_named);
    tcase_add_test(tests, a_download_is_kept_for_the_next_run);
    tcase_add_test(tests, the_second_mirror_stands_in_for_the_first);
    tcase_add_test(tests, a_damaged_file_of_the_cache_is_fetched_anew);
    tcase_add_test(tests, a_damaged_unpacked_file_does_not_hide_the_fetched_one);
    tcase_add_test(tests, hinge_data_comes_before_the_cache);
    suite_add_tcase(suite, tests);
    return suite;
}
