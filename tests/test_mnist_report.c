/* The page that examples/mnist --report writes. tests/report looks at it in a browser. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "examples/mnist_history.h"

#include "page.h"
#include "program.h"

Suite *mnist_report_suite(void);

#define REPORT "--report", in_folder("r.html")

START_TEST(the_page_has_every_part)
{
    static const char *const parts[] = {
        "<h3>Loss</h3>",        "<h3>Accuracy</h3>",
        "<h3>Dead units",       "Thresholds \u03b8 of threshold_relu_1</h3>",
        "samples a second",     "time in training",
        "fully_connected_1",    "29,350",
        "<dt>seed</dt><dd>7<",  HG_VERSION,
        "--seed 7 --report ",   "200 training and 40 test images",
        "<th scope=\"row\">9<", "prefers-color-scheme",
        "width=device-width",   "threshold_relu_1, 20 units",
    };
    assert_runs(run_tiny("--epochs", "3", "--lr", "0.001", "--seed", "7", REPORT));
    assert_says(out, "report: ");
    assert_plain(out);
    read_page("r.html");
    assert_well_formed();
    for (size_t i = 0; i < HG_COUNT(parts); i++)
        assert_on_page(parts[i]);
    /* every theta from its start on, the others from the first epoch */
    const char *many = strstr(page, "<g class=\"lines many\">");
    ck_assert_uint_eq(count_of(many, " 62% 52%)\" d=\"M"), 20);
    assert_on_page("data-at=\"0 1 2 3\"");
    assert_on_page("<title>channel 20</title>");
    assert_on_page("epoch 3: ");
    ck_assert_uint_eq(count_of(page, "<figure"), 4);
    /* nothing comes from elsewhere */
    assert_not_on_page("://");
    ck_assert_uint_eq(count_of(page, "src="), count_of(page, "src=\"data:"));
    ck_assert_uint_eq(count_pictures(5), 20);
}
END_TEST

START_TEST(the_numbers_are_those_of_the_run)
{
    char part[PATH_LENGTH];
    assert_runs(run_tiny("--epochs", "2", "--lr", "0.002", REPORT));
    const double accuracy = printed_accuracy();
    read_page("r.html");
    snprintf(part, sizeof part, "<h1>%.2f<small>", accuracy);
    assert_on_page(part);
    snprintf(part, sizeof part, "<li class=\"c0\">test <b>%.2f %%</b>", accuracy);
    assert_on_page(part);
    /* the matrix holds every test image, and its diagonal those that are right */
    size_t all = 0, right = 0;
    for (const char *c = page; (c = strstr(c, "<td")); c++) {
        const char *title = strstr(c, "title=\""), *end = strchr(c, '>');
        if (!title || title > end)
            continue;
        const size_t count = strtoul(title + strlen("title=\""), NULL, 10);
        all += count;
        right += strncmp(c, "<td class=\"right\"", strlen("<td class=\"right\"")) == 0 ? count : 0;
    }
    ck_assert_uint_eq(all, 40);
    ck_assert_double_eq_tol(100 * (double)right / 40, accuracy, 1e-9);
    const size_t wrong = 40 - right;
    ck_assert_uint_gt(wrong, 0);
    ck_assert_uint_eq(count_pictures(28), wrong < 24 ? wrong : 24);
}
END_TEST

START_TEST(what_a_network_has_not_is_left_out)
{
    assert_runs(run_tiny("--epochs", "1", "--network", "lenet5", "--activation", "relu", "--quiet", REPORT));
    read_page("r.html");
    assert_well_formed();
    assert_not_on_page("Thresholds");
    assert_on_page("<h3>Dead units</h3>");
    assert_on_page("relu_4, 84 units");
    ck_assert_uint_eq(count_of(page, "<figure"), 3);
    assert_runs(run_tiny("--epochs", "1", "--network", "mlp", "--validation", "0.2", REPORT));
    read_page("r.html");
    assert_well_formed();
    assert_on_page("The first 64 of 512 filters of 28 \u00d7 28 pixels");
    assert_on_page("512 units, from the first to the last");
    assert_on_page("<li class=\"c2\">validation ");
    assert_on_page("best on validation");
    ck_assert_uint_ge(count_pictures(28), 64);
}
END_TEST

START_TEST(texts_are_escaped)
{
    assert_runs(run_tiny("--steps", "1", REPORT, "--save", in_folder("<i>&'\"\t\xFFx")));
    read_page("r.html");
    assert_well_formed();
    assert_on_page("&lt;i&gt;&amp;&#39;\\&#39;&#39;&quot;??x");
}
END_TEST

static void write_start(size_t dead)
{
    const hg_layer layers[] = { hg_image_input(28, 28), hg_conv2d(5, 20), hg_relu(),          hg_max_pool2d(2),
                                hg_fully_connected(10), hg_softmax(),     hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    hg_parameter bias;
    ck_assert(network && hg_network_find_parameter(network, "conv2d_1.bias", &bias));
    for (size_t i = 0; i < bias.count; i++)
        bias.values[i] = i < dead ? -100 : 5;
    ck_assert_int_eq(hg_network_save(network, in_folder("start"), NULL), HG_OK);
    hg_network_destroy(network);
}

START_TEST(dead_units_are_drawn_and_marked)
{
    write_start(3);
    assert_runs(
        run_tiny("--init", in_folder("start"), "--activation", "relu", "--lr", "1e-6", "--epochs", "2", REPORT));
    read_page("r.html");
    assert_on_page("<dt>dead units</dt><dd>3 of 20</dd>");
    assert_on_page("relu_1, 20 units <b>15.0 %</b>");
    ck_assert_uint_eq(count_of(page, "<li class=\"dead\""), 3);
    ck_assert_int_eq(run_tiny("--init", in_folder("start"), "--activation", "relu", "--lr", "1e-6", "--max-dead", "0.1",
                              "--on-dead", "stop", REPORT),
                     3);
    read_page("r.html");
    assert_well_formed();
    assert_on_page("stopped: more dead units than --max-dead</span>");
    assert_not_on_page("data-refresh=");
}
END_TEST

/* ---- training goes on ---- */

static void wait_for_epoch(void)
{
    enum { TRIES = 6000, MILLISECONDS = 10 };
    bool there = false;
    for (int i = 0; i < TRIES && !there; i++) {
        nanosleep(&(struct timespec){ 0, MILLISECONDS * 1000000 }, NULL);
        if (!exists("r.html"))
            continue;
        read_page("r.html");
        /* never a part of it */
        assert_well_formed();
        there = strstr(page, "is done</span>");
    }
    ck_assert_msg(there, "no epoch on the page");
}

static pid_t start_quietly(const char *const arguments[])
{
    const int nowhere = open("/dev/null", O_WRONLY);
    const pid_t child = start(arguments, nowhere);
    close(nowhere);
    return child;
}

START_TEST(the_page_is_live_until_the_end)
{
    enum { LOOKS = 50, MILLISECONDS = 7 };
    const pid_t child = start_quietly(ARGUMENTS("--data", in_folder("digits"), "--epochs", "99999", REPORT));
    wait_for_epoch();
    assert_on_page("<html lang=\"en\" data-refresh=\"2\">");
    assert_on_page("http-equiv=\"refresh\"");
    assert_on_page(" of 99999 \u2013 hinge</title>");
    for (int i = 0; i < LOOKS; i++) {
        nanosleep(&(struct timespec){ 0, MILLISECONDS * 1000000 }, NULL);
        read_page("r.html");
        assert_well_formed();
    }
    kill(child, SIGINT);
    ck_assert_int_eq(finish(child), 130);
    read_page("r.html");
    assert_well_formed();
    assert_on_page("stopped by Ctrl-C in epoch ");
    assert_not_on_page("data-refresh=");
    assert_not_on_page("http-equiv=\"refresh\"");
    shell("test -z \"$(find . -name '*.tmp')\"");
    assert_runs(run_tiny("--steps", "1", REPORT));
    read_page("r.html");
    assert_on_page(">finished</span>");
    assert_not_on_page("data-refresh=");
}
END_TEST

START_TEST(a_training_that_fails_says_so_on_its_page)
{
    ck_assert_int_eq(run_tiny("--lr", "1e9", REPORT), 1);
    read_page("r.html");
    assert_well_formed();
    assert_on_page("<span class=\"pill failed\">");
    assert_on_page("What usually helps: ");
    assert_not_on_page("data-refresh=");
}
END_TEST

START_TEST(a_training_that_goes_on_shows_its_epochs)
{
    assert_runs(run_tiny("--epochs", "2", "--checkpoint", in_folder("c")));
    assert_runs(run_tiny("--epochs", "4", "--resume", in_folder("c"), REPORT));
    read_page("r.html");
    assert_well_formed();
    assert_on_page("data-at=\"3 4\"");
    assert_on_page("4 of 4");
    /* nothing is left to train: what the network does is shown all the same */
    assert_runs(run_tiny("--epochs", "2", "--resume", in_folder("c"), REPORT));
    read_page("r.html");
    assert_well_formed();
    assert_on_page("<h1>");
    assert_on_page("<table class=\"confusion\">");
}
END_TEST

START_TEST(many_epochs_take_no_more_memory)
{
    enum { EPOCHS = 3000, MOST_ROWS = 256 };
    const hg_layer layers[] = { hg_image_input(6, 6),  hg_conv2d(3, 4), hg_threshold_relu(),
                                hg_fully_connected(3), hg_softmax(),    hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    mnist_history history;
    ck_assert_int_eq(mnist_history_begin(&history, network, true, NULL), HG_OK);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        mnist_history_epoch(&history, network, &(hg_epoch_report){ .epoch = epoch });
        ck_assert_uint_le(history.rows, MOST_ROWS);
        ck_assert(history.rows > MOST_ROWS / 2 || history.rows == (size_t)epoch + 1);
        for (size_t i = 0; i < history.rows; i++) {
            const double expected = i + 1 < history.rows ? (double)(i * history.stride) : epoch;
            ck_assert_double_eq(history.values[i * history.columns + MNIST_EPOCH], expected);
        }
    }
    mnist_history_end(&history);
    hg_network_destroy(network);
}
END_TEST

START_TEST(the_page_does_not_change_the_training)
{
    static char with[FILE_LENGTH], without[FILE_LENGTH];
    assert_runs(run_tiny("--epochs", "3", "--average", "ema", "--augment", "light", "--save", in_folder("without")));
    assert_runs(
        run_tiny("--epochs", "3", "--average", "ema", "--augment", "light", "--save", in_folder("with"), REPORT));
    const size_t length = read_file("with", with, sizeof with);
    ck_assert_uint_eq(read_file("without", without, sizeof without), length);
    ck_assert_mem_eq(with, without, length);
}
END_TEST

/* ---- what cannot be written ---- */

START_TEST(a_device_is_no_page)
{
    ck_assert_int_eq(run_tiny("--report", "/dev/full"), 1);
    assert_says(err, "--report: cannot ");
    assert_says(err, "/dev/");
    assert_silent_on(out, "train loss");
}
END_TEST

START_TEST(a_page_that_cannot_be_written_later_is_said_once)
{
    const pid_t child = start_quietly(ARGUMENTS("--data", in_folder("digits"), "--epochs", "200", "--batch", "200",
                                                "--threads", "1", "--save", in_folder("m"), REPORT));
    wait_for_epoch();
    kill(child, SIGSTOP);
    shell("rm r.html; mkdir r.html");
    kill(child, SIGCONT);
    ck_assert_int_eq(finish(child), 1);
    assert_says(err, "--report: cannot write ");
    ck_assert_uint_eq(count_of(err, "goes on"), 1);
    ck_assert_msg(exists("m"), "a page that cannot be written lost the training");
}
END_TEST

Suite *mnist_report_suite(void)
{
    Suite *suite = suite_create("mnist_report");
    TCase *tests = tcase_create("mnist_report");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, program_set_up, program_tear_down);
    tcase_add_test(tests, the_page_has_every_part);
    tcase_add_test(tests, the_numbers_are_those_of_the_run);
    tcase_add_test(tests, what_a_network_has_not_is_left_out);
    tcase_add_test(tests, texts_are_escaped);
    tcase_add_test(tests, dead_units_are_drawn_and_marked);
    tcase_add_test(tests, the_page_is_live_until_the_end);
    tcase_add_test(tests, a_training_that_fails_says_so_on_its_page);
    tcase_add_test(tests, a_training_that_goes_on_shows_its_epochs);
    tcase_add_test(tests, many_epochs_take_no_more_memory);
    tcase_add_test(tests, the_page_does_not_change_the_training);
    tcase_add_test(tests, a_device_is_no_page);
    tcase_add_test(tests, a_page_that_cannot_be_written_later_is_said_once);
    suite_add_tcase(suite, tests);
    return suite;
}
