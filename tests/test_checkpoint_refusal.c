/* Checkpoints that do not fit, or are damaged: a message each, and nothing lost. */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint_fixture.h"

Suite *checkpoint_refusal_suite(void);

/* ---- what does not fit ---- */

static const hg_sgd_options other_rate = { sizeof other_rate, 0.1, 0.9, 0, false };
static const hg_adam_options adam = { .size = sizeof adam };

static void use_other_rate(void)
{
    fixture.options.optimizer.options = &other_rate;
}
static void use_adam(void)
{
    fixture.options.optimizer = (hg_optimizer){ &hg_adam_type, &adam };
}
static void use_batch(void)
{
    fixture.options.batch = 17;
}
static void use_seed(void)
{
    fixture.options.seed = UINT64_MAX;
}
static void use_order(void)
{
    fixture.options.no_shuffle = true;
}
static void use_augmentation(void)
{
    fixture.options.augment.shift = 0.1;
}
static void use_schedule(void)
{
    fixture.options.schedule = hg_cosine();
}
static void use_clip(void)
{
    fixture.options.clip_norm = 1;
}
static void use_average(void)
{
    fixture.options.average = hg_ema(0.9);
}
static void use_no_validation(void)
{
    fixture.options.validation = NULL;
    fixture.options.keep_best = false;
}
static void use_other_validation(void)
{
    fixture.options.validation = &fixture.others.bytes;
}
static void use_last_weights(void)
{
    fixture.options.keep_best = false;
}
static void use_other_data(void)
{
    samples kept = fixture.samples;
    fixture.samples = fixture.others;
    fixture.others = kept;
}
static void use_fewer_data(void)
{
    fixture.samples.bytes.count = FIXTURE_COUNT - 1;
}
static void use_fewer_steps(void)
{
    fixture.options.steps = 3;
}
static void use_other_network(void)
{
    hg_network_destroy(fixture.network);
    fixture.network = small_network(hg_leaky_relu(0.2), 1);
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
    fixture_open_with_checkpoint();
    changes[_i].change();
    fixture_check_refused(HG_BAD_ARGUMENT, changes[_i].part);
    fixture_close();
}
END_TEST

START_TEST(lengths_that_schedules_span_must_agree)
{
    fixture_open();
    fixture.options.schedule = hg_cosine();
    fixture.options.checkpoint = model_path;
    ck_assert_msg(fixture_train() == HG_OK, "%s", model_error.message);
    fixture.options.checkpoint = NULL;
    fixture.options.resume = model_path;
    fixture.options.epochs = FIXTURE_EPOCHS + 2;
    fixture.steps = 0;
    fixture_check_refused(HG_BAD_ARGUMENT,
                          "its number of epochs that the schedule spans is 3, that of this training 5");
    fixture.options.epochs = 1;
    fixture.options.schedule = hg_constant();
    fixture_check_refused(HG_BAD_ARGUMENT, "its .schedule.kind is cosine");
    fixture_close();
}
END_TEST

START_TEST(fewer_epochs_than_done_are_refused)
{
    fixture_open();
    fixture.options.checkpoint = model_path;
    ck_assert_msg(fixture_train() == HG_OK, "%s", model_error.message);
    fixture.options.checkpoint = NULL;
    fixture.options.resume = model_path;
    fixture.options.epochs = FIXTURE_EPOCHS - 1;
    fixture.steps = 0;
    fixture_check_refused(HG_BAD_ARGUMENT, "further than .epochs = 2");
    fixture_close();
}
END_TEST

/* ---- damage ---- */

START_TEST(a_file_cut_off_anywhere_is_refused)
{
    fixture_open_with_checkpoint();
    for (size_t size = 0; size < fixture.size; size += size < 64 || size + 64 > fixture.size ? 1 : 97) {
        scratch_write(model_path, fixture.file, size);
        fixture_check_refused(HG_BAD_FILE, "");
    }
    fixture_close();
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
    fixture_open_with_checkpoint();
    const char *from = edits[_i].from;
    ck_assert_uint_eq(strlen(from), strlen(edits[_i].to));
    char *found = memmem(fixture.file, fixture.size, from, strlen(from));
    ck_assert_msg(found != NULL, "no %s", from);
    memcpy(found, edits[_i].to, strlen(from));
    scratch_write(model_path, fixture.file, fixture.size);
    fixture_check_refused(HG_BAD_FILE, edits[_i].part);
    fixture_close();
}
END_TEST

START_TEST(numbers_that_are_none_are_refused)
{
    const float nan_value = NAN;
    fixture_open_with_checkpoint();
    memcpy(fixture.file + fixture.size - sizeof nan_value, &nan_value, sizeof nan_value);
    scratch_write(model_path, fixture.file, fixture.size);
    fixture_check_refused(HG_BAD_FILE, "nan");
    fixture_close();
}
END_TEST

START_TEST(foreign_and_missing_files_are_refused)
{
    fixture_open_with_checkpoint();
    ck_assert_int_eq(hg_network_save(fixture.network, model_path, NULL), HG_OK);
    fixture_check_refused(HG_BAD_FILE, "is no checkpoint");
    scratch_write(model_path, "these are no tensors, surely", 28);
    fixture_check_refused(HG_BAD_FILE, "is this a safetensors file?");
    unlink(model_path);
    fixture_check_refused(HG_IO, "cannot be read");
    fixture_close();
}
END_TEST

START_TEST(a_lack_of_memory_loses_nothing)
{
    fixture_open_with_checkpoint();
    hg_network_destroy(fixture.network);
    hg_status status = HG_NO_MEMORY;
    for (long n = 0; status == HG_NO_MEMORY; n++) {
        failing_allocator_install();
        fixture.network = small_network(hg_relu(), 1);
        failing_allocator_allow(n);
        status = fixture_train();
        hg_network_destroy(fixture.network);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
        failing_allocator_remove();
    }
    ck_assert_msg(status == HG_OK, "%s", model_error.message);
    fixture.network = NULL;
    fixture_close();
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
    suite_add_tcase(suite, tests);
    return suite;
}
