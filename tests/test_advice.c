/* src/advice.c on made-up epochs, and on real runs harsh and healthy. */
#include <check.h>
#include <math.h>
#include <string.h>

#include <hinge/hinge.h>

Suite *advice_suite(void);

enum { CLASSES = 10, MANY = 469, FEW = 13 };
static const double EVEN = 2.302585;

/* ---- made-up epochs ---- */

typedef struct made_up {
    const char *what;
    hg_symptom symptom;
    double before;                                   /* the epoch before's training loss; 0: there is none */
    double loss, accuracy, test_loss, test_accuracy; /* test_accuracy 0: not tested */
    uint64_t steps;
    size_t dead; /* of 20 units */
    double zero_share, rate;
    const char *seen, *helps; /* parts of the words */
} made_up;

static const made_up rows[] = {
    { "a usual first epoch", HG_NO_SYMPTOM, 0, 0.21, 0.94, 0.08, 0.977, MANY, 0, 0.4, 0.05, "", "" },
    { "a usual second epoch", HG_NO_SYMPTOM, 0.21, 0.07, 0.98, 0.07, 0.979, 2 * MANY, 0, 0.4, 0.05, "", "" },
    { "some units dead", HG_NO_SYMPTOM, 0, 0.3, 0.9, 0.2, 0.93, MANY, 19, 0.9, 0.05, "", "" },
    { "two steps", HG_NO_SYMPTOM, 0, EVEN, 0.1, EVEN, 0.1, 2, 0, 0.4, 0.05, "", "" },
    { "few steps, far off", HG_NO_SYMPTOM, 0, 9, 0.1, 8, 0.1, FEW, 0, 0.4, 0.05, "", "" },
    { "a slow start, accuracy first", HG_NO_SYMPTOM, 0, 2.29, 0.15, 2.28, 0.2, MANY, 0, 0.4, 1e-4, "", "" },
    { "a slow start, loss first", HG_NO_SYMPTOM, 0, 2.3035, 0.105, 2.2937, 0.127, MANY, 0, 0.4, 1e-5, "", "" },
    { "slow, untested, second epoch", HG_NO_SYMPTOM, 2.3035, 2.295, 0.105, 0, 0, 2 * MANY, 0, 0.4, 1e-5, "", "" },
    { "slow, from above", HG_NO_SYMPTOM, 0, 2.38, 0.1, 2.37, 0.1, MANY, 0, 0.4, 1e-4, "", "" },
    { "hard data, late", HG_NO_SYMPTOM, 1.8, 1.79, 0.3, 1.9, 0.28, 9000, 0, 0.4, 0.01, "", "" },
    { "overfitting", HG_NO_SYMPTOM, 0.02, 0.01, 0.999, 3.5, 0.6, 9000, 0, 0.4, 0.01, "", "" },
    { "all leak, and learn", HG_NO_SYMPTOM, 0, 0.3, 0.9, 0.2, 0.93, MANY, 20, 0, 0.05, "", "" },

    { "infinite", HG_LOSS_BURST, 0, INFINITY, 0.1, 1, 0.1, 2, 0, 0.4, 5, "finite", "learning rate of 0.5 or less" },
    { "NaN", HG_LOSS_BURST, 1, NAN, 0.1, 0, 0, MANY, 20, 1, 5, "finite", "normalized" },
    { "NaN in the test", HG_LOSS_BURST, 0, 1, 0.1, NAN, 0.1, 2, 0, 0.4, 0.1, "finite", "learning rate of 0.01" },
    { "all dead at once", HG_LAYER_DEAD, 0, 2.6, 0.11, EVEN, 0.1, FEW, 20, 1, 5, "all 20 units of relu_1", "0.5" },
    { "all dead late", HG_LAYER_DEAD, 0.2, 1.2, 0.5, 2.3, 0.1, 9000, 20, 1, 1, "all 20 units of relu_1", "HG_HE" },
    { "all leak, nothing learned", HG_LAYER_DEAD, 0, 2.3, 0.1, 2.3, 0.1, MANY, 20, 0, 1, "all 20", "revive" },
    { "overshoots", HG_LOSS_ABOVE, 0, 7.5, 0.1, 6, 0.1, MANY, 0, 0.4, 3, "the loss is 6", "0.3 or less" },
    { "overshoots, untested", HG_LOSS_ABOVE, 9, 4, 0.11, 0, 0, MANY, 0, 0.4, 3, "11.0 %", "momentum" },
    { "flat", HG_LOSS_FLAT, EVEN, EVEN, 0.1, EVEN, 0.1, 2 * MANY, 0, 0.4, 0.05, "stays at 2.3", "smaller, or larger" },
    { "flat after one epoch", HG_LOSS_FLAT, 0, 2.31, 0.1, 2.31, 0.1, MANY, 0, 0.4, 0.05, "10.0 %", "labels" },
    { "flat after a burst", HG_LOSS_FLAT, 0, 50, 0.1, 2.31, 0.1, MANY, 0, 0.4, 1, "stays", "ten times smaller (it" },
    { "a tiny rate", HG_LOSS_FLAT, 2.3109, 2.3092, 0.094, 2.3074, 0.09, 2 * MANY, 0, 0.4, 1e-6, "stays",
      "ten times larger (it is 1e-06)" },
    { "another test set", HG_TEST_AT_CHANCE, 0.2, 0.1, 0.97, 6, 0.1, MANY, 0, 0.4, 0.05, "97.0 %", "scaled" },
};

static hg_advice advice_on(const made_up *row)
{
    const hg_activation_report layers[] = {
        { .layer = "relu_0", .units = 8, .dead = 1, .zero_share = 0.5 },
        { .layer = "relu_1", .units = 20, .dead = row->dead, .zero_share = row->zero_share },
    };
    const hg_epoch_report epochs[] = {
        { .epoch = 1, .steps = row->steps / 2, .train_loss = row->before },
        { .epoch = 2,
          .steps = row->steps,
          .train_loss = row->loss,
          .train_accuracy = row->accuracy,
          .tested = row->test_accuracy > 0,
          .test = { .loss = row->test_loss, .accuracy = row->test_accuracy },
          .learning_rate = row->rate,
          .layer_count = HG_COUNT(layers),
          .layers = layers },
    };
    const size_t first = row->before == 0;
    return hg_training_advice(HG_OK, epochs + first, 2 - first, CLASSES);
}

START_TEST(each_symptom_has_its_words)
{
    const made_up *row = &rows[_i];
    const hg_advice advice = advice_on(row);
    ck_assert_msg(advice.symptom == row->symptom, "%s: symptom %d: %s", row->what, advice.symptom, advice.seen);
    ck_assert_msg(strstr(advice.seen, row->seen) != NULL, "%s: %s", row->what, advice.seen);
    ck_assert_msg(strstr(advice.helps, row->helps) != NULL, "%s: %s", row->what, advice.helps);
    ck_assert_int_eq(advice.seen[0] != '\0', advice.symptom != HG_NO_SYMPTOM);
    ck_assert_int_eq(advice.helps[0] != '\0', advice.symptom != HG_NO_SYMPTOM);
    ck_assert_uint_lt(strlen(advice.seen), HG_ADVICE_LENGTH - 1);
    ck_assert_uint_lt(strlen(advice.helps), HG_ADVICE_LENGTH - 1);
}
END_TEST

START_TEST(without_an_epoch_there_is_advice_on_a_burst_alone)
{
    ck_assert_int_eq(hg_training_advice(HG_OK, NULL, 0, CLASSES).symptom, HG_NO_SYMPTOM);
    ck_assert_int_eq(hg_training_advice(HG_IO, NULL, 0, CLASSES).symptom, HG_NO_SYMPTOM);
    const hg_advice advice = hg_training_advice(HG_NOT_FINITE, NULL, 0, CLASSES);
    ck_assert_int_eq(advice.symptom, HG_LOSS_BURST);
    ck_assert_msg(strstr(advice.helps, "a tenth of the learning rate") != NULL, "%s", advice.helps);
}
END_TEST

/* A guess among two is right half the time: 60 % is something learned, 51 % is not. */
START_TEST(chance_depends_on_the_classes)
{
    hg_epoch_report epoch = { .steps = MANY, .train_loss = 0.69, .train_accuracy = 0.51, .learning_rate = 0.1 };
    ck_assert_int_eq(hg_training_advice(HG_OK, &epoch, 1, 2).symptom, HG_LOSS_FLAT);
    epoch.train_accuracy = 0.6;
    ck_assert_int_eq(hg_training_advice(HG_OK, &epoch, 1, 2).symptom, HG_NO_SYMPTOM);
    epoch.train_accuracy = 1;
    ck_assert_int_eq(hg_training_advice(HG_OK, &epoch, 1, 1).symptom, HG_NO_SYMPTOM);
}
END_TEST

/* ---- real runs ---- */

enum { SAMPLES = 3000, EPOCHS = 3 };

typedef struct seen {
    hg_epoch_report epochs[EPOCHS];
    unsigned symptoms; /* as bits, of all epochs */
} seen;

static bool note(const hg_epoch_report *report, void *context)
{
    seen *seen = context;
    seen->epochs[report->epoch - 1] = *report;
    seen->symptoms |= 1u << hg_training_advice(HG_OK, seen->epochs, (size_t)report->epoch, CLASSES).symptom;
    return true;
}

/* The symptoms of a run on synthetic digits, as bits. */
static unsigned symptoms_of(hg_layer activation, hg_layer before, double rate, bool shifted)
{
    const hg_layer layers[] = { hg_image_input(28, 28), before,       activation,
                                hg_fully_connected(10), hg_softmax(), hg_classification() };
    hg_error error = { .message = "" };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    hg_dataset *training = hg_synthetic_digits(SAMPLES, 1, 0, NULL), *test = hg_synthetic_digits(500, 2, 0, NULL);
    ck_assert(training && test);
    for (size_t i = 0; i < test->count && shifted; i++)
        ((unsigned char *)test->labels)[i] = (unsigned char)((test->labels[i] + 3) % CLASSES);
    seen seen = { .symptoms = 0 };
    const hg_train_options options = { .optimizer = hg_sgd(rate, .momentum = 0.9),
                                       .epochs = EPOCHS,
                                       .batch = 25,
                                       .test = test,
                                       .on_epoch = note,
                                       .context = &seen };
    const hg_status status = hg_network_train(network, training, &options, &error);
    if (status)
        seen.symptoms |= 1u << hg_training_advice(status, NULL, 0, CLASSES).symptom;
    hg_dataset_destroy(test);
    hg_dataset_destroy(training);
    hg_network_destroy(network);
    return seen.symptoms & ~(1u << HG_NO_SYMPTOM);
}

#define BIT(symptom) (1u << (symptom))

START_TEST(healthy_runs_get_no_advice)
{
    const hg_layer activations[] = { hg_relu(), hg_leaky_relu(), hg_threshold_relu(), hg_threshold_relu(HG_CEILING) };
    static const double rates[] = { 0.01, 0.001, 1e-4, 3e-5 };
    for (size_t i = 0; i < HG_COUNT(rates); i++) {
        const unsigned symptoms = symptoms_of(activations[_i], hg_fully_connected(32), rates[i], false);
        ck_assert_msg(symptoms == 0, "activation %d, rate %g: symptoms %#x", _i, rates[i], symptoms);
    }
}
END_TEST

START_TEST(harsh_runs_get_theirs)
{
    const unsigned harsh = symptoms_of(hg_relu(), hg_fully_connected(32), 5, false);
    ck_assert_msg(harsh & (BIT(HG_LAYER_DEAD) | BIT(HG_LOSS_BURST)), "%#x", harsh);
    const unsigned leaky = symptoms_of(hg_leaky_relu(), hg_fully_connected(32), 5, false);
    ck_assert_msg(leaky & (BIT(HG_LOSS_BURST) | BIT(HG_LOSS_ABOVE)), "%#x", leaky);
    const unsigned tiny = symptoms_of(hg_relu(), hg_fully_connected(32), 1e-9, false);
    ck_assert_msg(tiny == BIT(HG_LOSS_FLAT), "%#x", tiny);
    const unsigned shifted = symptoms_of(hg_relu(), hg_fully_connected(32), 0.01, true);
    ck_assert_msg(shifted == BIT(HG_TEST_AT_CHANCE), "%#x", shifted);
}
END_TEST

Suite *advice_suite(void)
{
    enum { SECONDS = 120 };
    Suite *suite = suite_create("advice");
    TCase *tests = tcase_create("advice");
    tcase_set_timeout(tests, SECONDS);
    tcase_add_loop_test(tests, each_symptom_has_its_words, 0, HG_COUNT(rows));
    tcase_add_test(tests, without_an_epoch_there_is_advice_on_a_burst_alone);
    tcase_add_test(tests, chance_depends_on_the_classes);
    tcase_add_loop_test(tests, healthy_runs_get_no_advice, 0, 4);
    tcase_add_test(tests, harsh_runs_get_theirs);
    suite_add_tcase(suite, tests);
    return suite;
}
