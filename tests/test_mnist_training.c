/* The program examples/mnist trains: what it says, logs and saves. */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <hinge/hinge.h>

#include "program.h"

Suite *mnist_training_suite(void);

/* ---- what goes wrong in training ---- */

static cJSON *logged_object(void)
{
    static char text[TEXT_LENGTH];
    read_file("log", text, sizeof text);
    const char *newline = strchr(text, '\n');
    ck_assert_ptr_nonnull(newline);
    ck_assert_msg(newline[1] == '\0', "more than a line: %s", text);
    cJSON *object = cJSON_Parse(text);
    ck_assert_msg(object != NULL, "no JSON: %s", text);
    return object;
}

START_TEST(an_explosion_comes_with_advice)
{
    ck_assert_int_eq(run_tiny("--lr", "1e9"), 1);
    assert_says(err, "What usually helps: ");
    assert_says(err, "normalized");
}
END_TEST

/* Writes weights with which `dead` of the document's 20 filters never come up, and the others do. */
static void write_start(hg_layer activation, size_t dead)
{
    const hg_layer layers[] = { hg_image_input(28, 28), hg_conv2d(5, 20), activation,         hg_max_pool2d(2),
                                hg_fully_connected(10), hg_softmax(),     hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    hg_parameter bias;
    ck_assert(network && hg_network_find_parameter(network, "conv2d_1.bias", &bias));
    for (size_t i = 0; i < bias.count; i++)
        bias.values[i] = i < dead ? -100 : 5;
    ck_assert_int_eq(hg_network_save(network, in_folder("start"), NULL), HG_OK);
    hg_network_destroy(network);
}

#define FROM_START "--init", in_folder("start"), "--activation"

START_TEST(dead_units_are_warned_of_by_default)
{
    write_start(hg_relu(), 20);
    assert_runs(run_tiny(FROM_START, "relu", "--epochs", "3"));
    assert_says(err, "mnist: all 20 units of relu_1 are dead");
    assert_says(err, "What usually helps: a learning rate of 0.005 or less");
    assert_says(err, "relu_1: 20 of 20 units are dead, more than --max-dead 0.5; --on-dead revive");
    assert_plain(err);
    const char *first = strstr(err, "--max-dead");
    ck_assert_msg(!strstr(first + 1, "--max-dead"), "said twice: %s", err);
    assert_says(out, "\n    3 ");
    assert_runs(run_tiny(FROM_START, "relu", "--epochs", "1", "--max-dead", "1"));
    assert_silent_on(err, "--max-dead");
    write_start(hg_leaky_relu(), 11);
    assert_runs(run_tiny(FROM_START, "leaky-relu", "--epochs", "1", "--lr", "1e-6"));
    assert_says(err, "leaky_relu_1: 11 of 20 units are never positive, more than --max-dead 0.5");
    assert_silent_on(err, "helps");
}
END_TEST

START_TEST(dead_units_stop_the_training_with_code_3)
{
    write_start(hg_relu(), 11);
    ck_assert_int_eq(run_tiny(FROM_START, "relu", "--lr", "1e-6", "--on-dead", "stop", "--save", in_folder("m"),
                              "--log", in_folder("log")),
                     3);
    assert_says(err, "11 of 20 units are dead, more than --max-dead 0.5: stopped after epoch 1, nothing is saved");
    assert_plain(err);
    ck_assert(!exists("m"));
    cJSON_Delete(logged_object());
    assert_silent_on(out, "\n    2 ");
    assert_runs(
        run_tiny(FROM_START, "relu", "--lr", "1e-6", "--on-dead", "stop", "--max-dead", "0.6", "--epochs", "2"));
    ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(dead_units_are_revived)
{
    write_start(hg_relu(), 20);
    assert_runs(run_tiny(FROM_START, "relu", "--epochs", "8", "--max-dead", "1"));
    const double without = printed_accuracy();
    assert_runs(run_tiny(FROM_START, "relu", "--epochs", "8", "--on-dead", "revive"));
    assert_says(err, "relu_1: 20 of 20 units were dead, more than --max-dead 0.5: 20 started anew");
    assert_says(out, "20/20 (+20, 0)");
    assert_says(out, "/20 (+0, 1"); /* most of them, at the next look */
    assert_plain(err);
    ck_assert_double_gt(printed_accuracy(), without + 20);
}
END_TEST

START_TEST(healthy_runs_say_nothing_of_the_kind)
{
    static const char *const rates[] = { "0.05", "0.0001" };
    for (size_t i = 0; i < HG_COUNT(rates); i++) {
        assert_runs(run_tiny("--epochs", "10", "--lr", rates[i]));
        ck_assert_str_eq(err, "");
    }
    assert_runs(run("--synthetic", "--steps", "300", "--quiet"));
    ck_assert_str_eq(err, "");
}
END_TEST

/* ---- what a run leaves ---- */

static void assert_keys(const cJSON *object, const char *const keys[])
{
    const cJSON *item = object->child;
    for (; *keys; keys++, item = item->next) {
        ck_assert_msg(item != NULL, "no key %s", *keys);
        ck_assert_str_eq(item->string, *keys);
    }
    ck_assert_msg(item == NULL, "one key too many: %s", item->string);
}

#define LAYER_KEYS "zero_share", "silent", "dead", "units", "new_dead", "revived"

START_TEST(the_log_has_every_key)
{
    assert_runs(run_tiny("--steps", "2", "--lr", "0.1", "--log", in_folder("log")));
    cJSON *object = logged_object();
    assert_keys(object, ARGUMENTS("epoch", "steps", "train_seconds", "train_loss", "train_accuracy", "test_seconds",
                                  "test_loss", "test_accuracy", "learning_rate", "layers"));
    ck_assert_double_eq(cJSON_GetObjectItem(object, "steps")->valuedouble, 2);
    ck_assert_double_eq(cJSON_GetObjectItem(object, "learning_rate")->valuedouble, 0.1);
    const cJSON *layers = cJSON_GetObjectItem(object, "layers");
    assert_keys(layers, ARGUMENTS("threshold_relu_1"));
    assert_keys(layers->child, ARGUMENTS(LAYER_KEYS, "threshold_min", "threshold_mean", "threshold_max"));
    ck_assert_double_eq(cJSON_GetObjectItem(layers->child, "units")->valuedouble, 20);
    cJSON_Delete(object);
}
END_TEST

START_TEST(a_layer_without_thresholds_logs_none)
{
    assert_runs(run_tiny("--steps", "2", "--activation", "relu", "--log", in_folder("log")));
    assert_silent_on(out, "..");
    cJSON *object = logged_object();
    const cJSON *layers = cJSON_GetObjectItem(object, "layers");
    assert_keys(layers, ARGUMENTS("relu_1"));
    assert_keys(layers->child, ARGUMENTS(LAYER_KEYS));
    cJSON_Delete(object);
}
END_TEST

START_TEST(every_activation_trains)
{
    static const char *const words[] = { "leaky-relu", "elu",  "softsign", "relu-softsign",
                                         "noisy-relu", "tanh", "sigmoid",  "gelu" };
    static const char *const layers[] = { "leaky_relu_1", "elu_1",  "softsign_1", "relu_softsign_1",
                                          "noisy_relu_1", "tanh_1", "sigmoid_1",  "gelu_1" };
    for (size_t i = 0; i < HG_COUNT(words); i++) {
        assert_runs(run_tiny("--steps", "2", "--activation", words[i], "--log", in_folder("log")));
        cJSON *object = logged_object();
        assert_keys(cJSON_GetObjectItem(object, "layers"), ARGUMENTS(layers[i]));
        cJSON_Delete(object);
    }
}
END_TEST

START_TEST(piped_output_is_plain)
{
    assert_runs(run_tiny("--epochs", "2"));
    assert_plain(out);
    assert_says(out, "fully_connected");
    assert_says(out, "200 training and 40 test images");
    assert_says(out, "\nepoch train loss  test acc");
    assert_says(out, "\n    1 ");
    assert_says(out, "\n    2 ");
    assert_says(out, "\xCE\xB8 min..max");
    setenv("LC_ALL", "C", 1);
    assert_runs(run_tiny("--steps", "1"));
    for (const char *c = out; *c; c++)
        ck_assert_msg((unsigned char)*c < 0x80, "not ASCII: %s", out);
}
END_TEST

START_TEST(a_validation_has_a_column_and_keys_of_its_own)
{
    assert_runs(run_tiny("--steps", "2", "--validation", "0.25", "--log", in_folder("log")));
    assert_plain(out);
    assert_says(out, "validation: 50 of the 200 training images");
    assert_says(out, "\nepoch train loss   val acc  test acc");
    cJSON *object = logged_object();
    assert_keys(object, ARGUMENTS("epoch", "steps", "train_seconds", "train_loss", "train_accuracy", "test_seconds",
                                  "test_loss", "test_accuracy", "learning_rate", "validation_loss",
                                  "validation_accuracy", "best_epoch", "layers"));
    cJSON_Delete(object);
    assert_runs(run_tiny("--steps", "2", "--validation", "0.25", "--quiet"));
    ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
    ck_assert_int_eq(run_tiny("--validation", "0.001"), 1);
    assert_says(err, "--validation: a split of 0.001: that is 0 of 200 samples");
}
END_TEST

START_TEST(patience_ends_and_the_best_is_saved)
{
    /* a rate too small for any change: the first epoch stays the best */
    assert_runs(run_tiny("--lr", "1e-30", "--epochs", "9", "--validation", "0.25", "--patience", "2", "--save",
                         in_folder("m")));
    assert_plain(out);
    assert_says(out, "\n    3 ");
    assert_silent_on(out, "\n    4 ");
    assert_says(out, "stopped: no better on validation since epoch 1");
    assert_says(out, "(epoch 1, the best on validation: ");
    double trained = printed_accuracy();
    assert_runs(run("test", "--model", in_folder("m"), "--data", in_folder("digits")));
    ck_assert_double_eq(printed_accuracy(), trained);
}
END_TEST

START_TEST(the_training_options_reach_the_training)
{
    enum { ADAM, ADAMW_WITHOUT_DECAY = 11 };
    static const char *const rows[][4] = {
        [ADAM] = { "--optimizer", "adam" },
        { "--optimizer", "adamw" },
        { "--schedule", "step" },
        { "--schedule", "exponential" },
        { "--schedule", "cosine" },
        { "--warmup", "0.5" },
        { "--clip", "0.01" },
        { "--label-smoothing", "0.1" },
        { "--average", "ema" },
        { "--average", "swa" },
        { "--validation", "0.25" },
        { "--optimizer", "adamw", "--weight-decay", "0" },
    };
    enum { COUNT = HG_COUNT(rows) + 1, LENGTH = 1 << 18 };
    static char file[COUNT][LENGTH];
    for (size_t i = 0; i < COUNT; i++) {
        const char *const *row = i < HG_COUNT(rows) ? rows[i] : ARGUMENTS("--lr", "0.05", NULL, NULL);
        assert_runs(run_tiny("--epochs", "5", "--quiet", "--save", in_folder("m"), row[0], row[1], row[2], row[3]));
        ck_assert_uint_lt(read_file("m", file[i], LENGTH), LENGTH - 1);
        for (size_t k = 0; k < i; k++) {
            const bool same = k == ADAM && i == ADAMW_WITHOUT_DECAY;
            ck_assert_msg((memcmp(file[i], file[k], LENGTH) == 0) == same, "%s and %s", row[1], rows[k][1]);
        }
    }
    assert_runs(run_tiny("--epochs", "5", "--quiet", "--save", in_folder("m"), "--schedule", "constant", "--average",
                         "none", "--optimizer", "sgd"));
    read_file("m", file[0], LENGTH);
    ck_assert_mem_eq(file[0], file[COUNT - 1], LENGTH);
}
END_TEST

START_TEST(quiet_prints_the_accuracy_alone)
{
    assert_runs(run_tiny("--steps", "2", "--quiet"));
    ck_assert_int_eq(strncmp(out, "test accuracy ", strlen("test accuracy ")), 0);
    ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
    ck_assert_str_eq(err, "");
}
END_TEST

/* What a run prints on a terminal. */
static void run_on_terminal(const char *const arguments[])
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    ck_assert(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int its_end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    pid_t child = start(arguments, its_end);
    close(its_end);
    size_t length = 0;
    ssize_t got;
    while ((got = read(terminal, out + length, sizeof out - 1 - length)) > 0)
        length += (size_t)got;
    out[length] = '\0';
    close(terminal);
    ck_assert_int_eq(finish(child), 0);
}

START_TEST(a_terminal_gets_a_live_line)
{
    run_on_terminal(ARGUMENTS("--data", in_folder("digits"), "--steps", "2"));
    assert_says(out, "\repoch 1/10 ");
    assert_says(out, "images/s");
    assert_says(out, "\r    1 ");
    assert_says(out, "\033[1m");
    setenv("NO_COLOR", "1", 1);
    run_on_terminal(ARGUMENTS("--data", in_folder("digits"), "--steps", "2"));
    assert_says(out, "\repoch 1/10 ");
    assert_silent_on(out, "\033[1m");
    setenv("TERM", "dumb", 1);
    run_on_terminal(ARGUMENTS("--data", in_folder("digits"), "--steps", "2"));
    assert_silent_on(out, "\033");
    assert_silent_on(out, "images/s");
}
END_TEST

START_TEST(augmentation_is_announced_and_trains_another_network)
{
    static char plain[FILE_LENGTH], augmented[FILE_LENGTH];
    static const char *const networks[] = { "document", "lenet5", "mlp", "convnet" };
    for (size_t i = 0; i < HG_COUNT(networks); i++) {
        assert_runs(run_tiny("--steps", "2", "--network", networks[i], "--save", in_folder("m")));
        assert_silent_on(out, "augmentation");
        size_t length = read_file("m", plain, sizeof plain);
        assert_runs(run_tiny("--steps", "2", "--network", networks[i], "--save", in_folder("m"), "--augment",
                             i % 2 ? "light" : "strong"));
        assert_says(out, "augmentation: shift");
        assert_plain(out);
        ck_assert_uint_eq(read_file("m", augmented, sizeof augmented), length);
        ck_assert_mem_ne(plain, augmented, length);
    }
    assert_runs(run_tiny("--steps", "2", "--augment", "strong", "--quiet"));
    assert_silent_on(out, "augmentation");
}
END_TEST

START_TEST(a_saved_network_tests_as_it_trained)
{
    assert_runs(run_tiny("--steps", "7", "--save", in_folder("m")));
    double trained = printed_accuracy();
    assert_says(out, "saved to ");
    assert_runs(run("test", "--model", in_folder("m"), "--data", in_folder("digits")));
    ck_assert_double_eq(printed_accuracy(), trained);
    ck_assert_double_gt(trained, 10);
    assert_plain(out);
    assert_runs(run_tiny("--steps", "1", "--lr", "1e-30", "--init", in_folder("m")));
    ck_assert_double_eq(printed_accuracy(), trained);
}
END_TEST

START_TEST(a_seed_gives_the_same_bytes_on_any_number_of_threads)
{
    static char first[FILE_LENGTH], second[FILE_LENGTH];
    static const struct {
        const char *seed, *threads;
        bool same;
    } cases[] = { { "7", "1", true }, { "7", "2", true }, { "8", "2", false } };
    assert_runs(run_tiny("--epochs", "2", "--seed", "7", "--threads", "1", "--save", in_folder("m")));
    size_t length = read_file("m", first, sizeof first);
    ck_assert_uint_gt(length, 100000);
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        assert_runs(run_tiny("--epochs", "2", "--seed", cases[i].seed, "--threads", cases[i].threads, "--save",
                             in_folder("m")));
        bool same = read_file("m", second, sizeof second) == length && memcmp(first, second, length) == 0;
        ck_assert_msg(same == cases[i].same, "seed %s, %s threads", cases[i].seed, cases[i].threads);
    }
}
END_TEST

Suite *mnist_training_suite(void)
{
    Suite *suite = suite_create("mnist_training");
    TCase *tests = tcase_create("mnist_training");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, program_set_up, program_tear_down);
    tcase_add_test(tests, an_explosion_comes_with_advice);
    tcase_add_test(tests, dead_units_are_warned_of_by_default);
    tcase_add_test(tests, dead_units_stop_the_training_with_code_3);
    tcase_add_test(tests, dead_units_are_revived);
    tcase_add_test(tests, healthy_runs_say_nothing_of_the_kind);
    tcase_add_test(tests, the_log_has_every_key);
    tcase_add_test(tests, a_layer_without_thresholds_logs_none);
    tcase_add_test(tests, every_activation_trains);
    tcase_add_test(tests, piped_output_is_plain);
    tcase_add_test(tests, a_validation_has_a_column_and_keys_of_its_own);
    tcase_add_test(tests, patience_ends_and_the_best_is_saved);
    tcase_add_test(tests, the_training_options_reach_the_training);
    tcase_add_test(tests, quiet_prints_the_accuracy_alone);
    tcase_add_test(tests, a_terminal_gets_a_live_line);
    tcase_add_test(tests, augmentation_is_announced_and_trains_another_network);
    tcase_add_test(tests, a_saved_network_tests_as_it_trained);
    tcase_add_test(tests, a_seed_gives_the_same_bytes_on_any_number_of_threads);
    suite_add_tcase(suite, tests);
    return suite;
}
