/* Checkpoints that do not fit, are damaged or cannot be written: a message each, and nothing lost. */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "model_file.h"
#include "samples.h"

Suite *checkpoint_refusal_suite(void);

enum { COUNT = 60, BATCH = 16, EPOCHS = 3, MOST_BYTES = 1 << 16 };

typedef struct fixture {
    samples samples, others;
    hg_network *network;
    hg_train_options options;
    hg_sgd_options sgd;
    size_t steps, failures;
    char file[MOST_BYTES]; /* the first epoch's checkpoint */
    size_t size;
    hg_error failure;
} fixture;

static fixture f;

static bool count_step(const hg_step_report *report, void *context)
{
    (void)report;
    (void)context;
    f.steps++;
    return true;
}

static void note_checkpoint(const hg_checkpoint_report *report, void *context)
{
    (void)context;
    f.failures += report->status != HG_OK;
    if (report->status)
        hg_fail(&f.failure, report->status, "%s", report->message);
}

static void open_fixture(void)
{
    f = (fixture){ .network = small_network(hg_relu(), 1),
                   .sgd = { sizeof f.sgd, 0.05, 0.9, 0, false },
                   .options = { .epochs = EPOCHS,
                                .batch = BATCH,
                                .seed = 4,
                                .on_step = count_step,
                                .on_checkpoint = note_checkpoint } };
    samples_open(&f.samples, COUNT, small_shape, SMALL_CLASSES, 1);
    samples_open(&f.others, COUNT, small_shape, SMALL_CLASSES, 2);
    f.options.optimizer = (hg_optimizer){ &hg_sgd_type, &f.sgd };
    f.options.validation = &f.samples.bytes;
    f.options.keep_best = true;
}

static hg_status train(void)
{
    model_error.message[0] = '\0';
    return hg_network_train(f.network, &f.samples.bytes, &f.options, &model_error);
}

/* Leaves a checkpoint of the first of three epochs, and the options that would go on with it. */
static void open_with_checkpoint(void)
{
    open_fixture();
    f.options.epochs = 1;
    f.options.checkpoint = model_path;
    ck_assert_msg(train() == HG_OK, "%s", model_error.message);
    f.size = scratch_read(model_path, f.file, sizeof f.file);
    f.options.epochs = EPOCHS;
    f.options.checkpoint = NULL;
    f.options.resume = model_path;
    f.steps = 0;
    hg_network_initialize(f.network, 77);
}

static void close_fixture(void)
{
    samples_close(&f.samples);
    samples_close(&f.others);
    hg_network_destroy(f.network);
}

static void check_refused(hg_status wanted, const char *part)
{
    size_t count;
    hg_real *before = copy_parameters(f.network, &count);
    model_file_check_message(train(), wanted, part);
    hg_real *after = copy_parameters(f.network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    ck_assert_uint_eq(f.steps, 0);
    free(before);
    free(after);
}

/* ---- what does not fit ---- */

static const hg_sgd_options other_rate = { sizeof other_rate, 0.1, 0.9, 0, false };
static const hg_adam_options adam = { .size = sizeof adam };

static void use_other_rate(void)
{
    f.options.optimizer.options = &other_rate;
}
static void use_adam(void)
{
    f.options.optimizer = (hg_optimizer){ &hg_adam_type, &adam };
}
static void use_batch(void)
{
    f.options.batch = 17;
}
static void use_seed(void)
{
    f.options.seed = UINT64_MAX;
}
static void use_order(void)
{
    f.options.no_shuffle = true;
}
static void use_augmentation(void)
{
    f.options.augment.shift = 0.1;
}
static void use_schedule(void)
{
    f.options.schedule = hg_cosine();
}
static void use_clip(void)
{
    f.options.clip_norm = 1;
}
static void use_average(void)
{
    f.options.average = hg_ema(0.9);
}
static void use_no_validation(void)
{
    f.options.validation = NULL;
    f.options.keep_best = false;
}
static void use_other_validation(void)
{
    f.options.validation = &f.others.bytes;
}
static void use_last_weights(void)
{
    f.options.keep_best = false;
}
static void use_other_data(void)
{
    samples kept = f.samples;
    f.samples = f.others;
    f.others = kept;
}
static void use_fewer_data(void)
{
    f.samples.bytes.count = COUNT - 1;
}
static void use_fewer_steps(void)
{
    f.options.steps = 3;
}
static void use_other_network(void)
{
    hg_network_destroy(f.network);
    f.network = small_network(hg_leaky_relu(0.2), 1);
}

static const struct {
    void (*change)(void);
    const char *part;
} changes[] = {
    { use_other_rate, "its .optimizer's learning_rate is 0.05, that of this training 0.1; give it the same" },
    { use_adam, "its .optimizer is sgd, that of this training adam" },
    { use_batch, "its .batch is 16, that of this training 17" },
    { use_seed, "its .seed is 4, that of this training 18446744073709551615" },
    { use_order, "its .no_shuffle is false, that of this training true" },
    { use_augmentation, "its .augment.shift is 0, that of this training 0.1" },
    { use_schedule, "its .schedule.kind is constant, that of this training cosine" },
    { use_clip, "its .clip_norm is 0, that of this training 1" },
    { use_average, "its .average.kind is none, that of this training ema" },
    { use_no_validation, "its validation data is 60 images of 8 x 8 x 1, 4 classes, content" },
    { use_other_validation, "its validation data is 60 images" },
    { use_last_weights, "its .keep_best is true, that of this training false" },
    { use_other_data, "its training data is 60 images of 8 x 8 x 1, 4 classes, content" },
    { use_fewer_data, "that of this training 59 images" },
    { use_fewer_steps, "has done 4 steps, more than .steps = 3" },
    { use_other_network, "layer 3 of its network is {\"type\":\"relu\",\"name\":\"relu_1\"" },
};

START_TEST(what_differs_is_named_with_both_values)
{
    open_with_checkpoint();
    changes[_i].change();
    check_refused(HG_BAD_ARGUMENT, changes[_i].part);
    close_fixture();
}
END_TEST

START_TEST(lengths_that_schedules_span_must_agree)
{
    open_fixture();
    f.options.schedule = hg_cosine();
    f.options.checkpoint = model_path;
    ck_assert_msg(train() == HG_OK, "%s", model_error.message);
    f.options.checkpoint = NULL;
    f.options.resume = model_path;
    f.options.epochs = EPOCHS + 2;
    f.steps = 0;
    check_refused(HG_BAD_ARGUMENT, "its number of epochs that the schedule spans is 3, that of this training 5");
    f.options.epochs = 1;
    f.options.schedule = hg_constant();
    check_refused(HG_BAD_ARGUMENT, "its .schedule.kind is cosine");
    close_fixture();
}
END_TEST

START_TEST(fewer_epochs_than_done_are_refused)
{
    open_fixture();
    f.options.checkpoint = model_path;
    ck_assert_msg(train() == HG_OK, "%s", model_error.message);
    f.options.checkpoint = NULL;
    f.options.resume = model_path;
    f.options.epochs = EPOCHS - 1;
    f.steps = 0;
    check_refused(HG_BAD_ARGUMENT, "further than .epochs = 2");
    close_fixture();
}
END_TEST

/* ---- damage ---- */

START_TEST(a_file_cut_off_anywhere_is_refused)
{
    open_with_checkpoint();
    for (size_t size = 0; size < f.size; size += size < 64 || size + 64 > f.size ? 1 : 97) {
        scratch_write(model_path, f.file, size);
        check_refused(HG_BAD_FILE, "");
    }
    close_fixture();
}
END_TEST

static const struct {
    const char *from, *to, *part;
} edits[] = {
    { "{\\\"epoch", "[\\\"epoch", "is not JSON" },
    { "\\\"epoch\\\":2", "\\\"epoch\\\":0", "\"epoch\"" },
    { "\\\"epoch\\\":2", "\\\"epoch\\\":x", "is not JSON" },
    { "\\\"epoch\\\":2", "\\\"apoch\\\":2", "\"epoch\"" },
    { "\\\"step\\\":0", "\\\"step\\\":4", "\"step\"" },
    { "\\\"correct\\\":0", "\\\"correct\\\":1", "\"correct\"" },
    { "\\\"loss_sum", "\\\"loss_sun", "\"loss_sum\"" },
    { "\\\"best_epoch\\\":1", "\\\"best_epoch\\\":2", "\"best_epoch\"" },
    { "\\\"best_epoch\\\":1", "\\\"best_epoch\\\":0", "\"best_epoch\"" },
    { "\\\"active\\\":\\\"0", "\\\"active\\\":\\\"2", "\"active\"" },
    { "\\\"silent\\\":\\\"0", "\\\"silent\\\":\\\"g", "\"silent\"" },
    { "\\\"unit\\\":\\\"", "\\\"unim\\\":\\\"", "\"unit\"" },
    { "\\\".batch", "\\\".botch", "it has no \".batch\"" },
    { "hinge.checkpoint\"", "hinge.checkpaint\"", "is no checkpoint" },
    { "hinge.checkpoint.state_1.conv2d_1.b", "hinge.checkpoint.state_2.conv2d_1.b", "has no tensor" },
    { "hinge.checkpoint.best.conv2d_1.w", "hinge.checkpoint.bust.conv2d_1.w", "has no tensor" },
    { "\"conv2d_1.weight", "\"conv2d_7.weight", "has no tensor" },
};

START_TEST(damage_is_named)
{
    open_with_checkpoint();
    const char *from = edits[_i].from;
    ck_assert_uint_eq(strlen(from), strlen(edits[_i].to));
    char *found = memmem(f.file, f.size, from, strlen(from));
    ck_assert_msg(found != NULL, "no %s", from);
    memcpy(found, edits[_i].to, strlen(from));
    scratch_write(model_path, f.file, f.size);
    check_refused(HG_BAD_FILE, edits[_i].part);
    close_fixture();
}
END_TEST

START_TEST(numbers_that_are_none_are_refused)
{
    const float nan_value = NAN;
    open_with_checkpoint();
    memcpy(f.file + f.size - sizeof nan_value, &nan_value, sizeof nan_value);
    scratch_write(model_path, f.file, f.size);
    check_refused(HG_BAD_FILE, "nan");
    close_fixture();
}
END_TEST

START_TEST(foreign_and_missing_files_are_refused)
{
    open_with_checkpoint();
    ck_assert_int_eq(hg_network_save(f.network, model_path, NULL), HG_OK);
    check_refused(HG_BAD_FILE, "is no checkpoint");
    scratch_write(model_path, "these are no tensors, surely", 28);
    check_refused(HG_BAD_FILE, "is this a safetensors file?");
    unlink(model_path);
    check_refused(HG_IO, "cannot be read");
    close_fixture();
}
END_TEST

START_TEST(a_lack_of_memory_loses_nothing)
{
    open_with_checkpoint();
    hg_network_destroy(f.network);
    hg_status status = HG_NO_MEMORY;
    for (long n = 0; status == HG_NO_MEMORY; n++) {
        failing_allocator_install();
        f.network = small_network(hg_relu(), 1);
        failing_allocator_allow(n);
        status = train();
        hg_network_destroy(f.network);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
        failing_allocator_remove();
    }
    ck_assert_msg(status == HG_OK, "%s", model_error.message);
    f.network = NULL;
    close_fixture();
}
END_TEST

/* ---- what cannot be written ---- */

START_TEST(paths_that_cannot_be_written_are_said_before_training)
{
    char missing[2 * SCRATCH_PATH_LENGTH];
    open_fixture();
    snprintf(missing, sizeof missing, "%s-missing/checkpoint", model_path);
    f.options.checkpoint = missing;
    check_refused(HG_IO, "No such file");
    f.options.checkpoint = scratch_folder;
    ck_assert_int_eq(train(), HG_IO);
    ck_assert_msg(strstr(model_error.message, "is a directory") != NULL, "%s", model_error.message);
    ck_assert_uint_eq(f.steps, 0);
    close_fixture();
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const double minutes[] = { -1, NAN, INFINITY };
    open_fixture();
    for (size_t i = 0; i < HG_COUNT(minutes); i++) {
        f.options.checkpoint = model_path;
        f.options.checkpoint_minutes = minutes[i];
        ck_assert_int_eq(train(), HG_BAD_ARGUMENT);
        ck_assert_msg(strstr(model_error.message, "must be finite and not negative") != NULL, "%s",
                      model_error.message);
    }
    f.options.checkpoint = NULL;
    f.options.checkpoint_minutes = 1;
    ck_assert_int_eq(train(), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(model_error.message, "no .checkpoint names a file") != NULL, "%s", model_error.message);
    close_fixture();
}
END_TEST

/* The disk is full from the end of epoch `full_from` to that of epoch `full_to`. */
static int full_from, full_to;
static struct rlimit limit_before;

static bool fill_disk(const hg_epoch_report *report, void *context)
{
    enum { FULL_AT = 1024 };
    (void)context;
    if (report->epoch == 2) /* what the first epoch has left */
        f.size = scratch_read(model_path, f.file, sizeof f.file);
    const bool full = report->epoch >= full_from && report->epoch <= full_to;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ full ? FULL_AT : limit_before.rlim_max, limit_before.rlim_max });
    return true;
}

static hg_status train_on_full_disk(int from, int to)
{
    full_from = from;
    full_to = to;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit_before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    f.options.checkpoint = model_path;
    f.options.on_epoch = fill_disk;
    const hg_status status = train();
    setrlimit(RLIMIT_FSIZE, &limit_before);
    signal(SIGXFSZ, handler);
    return status;
}

START_TEST(a_full_disk_does_not_lose_the_training)
{
    static char left[MOST_BYTES];
    open_fixture();
    hg_network *whole = small_network(hg_relu(), 2);
    ck_assert_int_eq(hg_network_train(whole, &f.samples.bytes, &f.options, NULL), HG_OK);
    f.steps = 0;
    model_file_check_message(train_on_full_disk(2, EPOCHS), HG_UNSAVED, "the checkpoint is behind");
    ck_assert_uint_eq(f.failures, 2);
    ck_assert_int_eq(f.failure.status, HG_IO);
    ck_assert_msg(strstr(f.failure.message, "File too large") != NULL, "%s", f.failure.message);
    assert_same_parameters(whole, f.network);
    ck_assert_uint_eq(scratch_read(model_path, left, sizeof left), f.size);
    ck_assert_mem_eq(left, f.file, f.size);
    hg_network_destroy(whole);
    close_fixture();
}
END_TEST

START_TEST(a_disk_with_room_again_is_no_failure)
{
    open_fixture();
    ck_assert_int_eq(train_on_full_disk(2, 2), HG_OK);
    ck_assert_uint_eq(f.failures, 1);
    close_fixture();
}
END_TEST

Suite *checkpoint_refusal_suite(void)
{
    enum { SECONDS = 30 };
    Suite *suite = suite_create("checkpoint refusal");
    TCase *tests = tcase_create("checkpoint refusal");
    tcase_set_timeout(tests, SECONDS);
    model_file_add(tests);
    tcase_add_loop_test(tests, what_differs_is_named_with_both_values, 0, HG_COUNT(changes));
    tcase_add_test(tests, lengths_that_schedules_span_must_agree);
    tcase_add_test(tests, fewer_epochs_than_done_are_refused);
    tcase_add_test(tests, a_file_cut_off_anywhere_is_refused);
    tcase_add_loop_test(tests, damage_is_named, 0, HG_COUNT(edits));
    tcase_add_test(tests, numbers_that_are_none_are_refused);
    tcase_add_test(tests, foreign_and_missing_files_are_refused);
    tcase_add_test(tests, a_lack_of_memory_loses_nothing);
    tcase_add_test(tests, paths_that_cannot_be_written_are_said_before_training);
    tcase_add_test(tests, nonsense_is_refused);
    tcase_add_test(tests, a_full_disk_does_not_lose_the_training);
    tcase_add_test(tests, a_disk_with_room_again_is_no_failure);
    suite_add_tcase(suite, tests);
    return suite;
}
