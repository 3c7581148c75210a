/* See checkpoint_fixture.h. */
#include <stdlib.h>

#include "checkpoint_fixture.h"

checkpoint_fixture fixture;

static bool count_step(const hg_step_report *report, void *context)
{
    (void)report;
    (void)context;
    fixture.steps++;
    return true;
}

static void note_checkpoint(const hg_checkpoint_report *report, void *context)
{
    (void)context;
    fixture.failures += report->status != HG_OK;
    if (report->status)
        hg_fail(&fixture.failure, report->status, "%s", report->message);
}

void fixture_open(void)
{
    fixture = (checkpoint_fixture){ .network = small_network(hg_relu(), 1),
                                    .sgd = { sizeof fixture.sgd, 0.05, 0.9, 0, false },
                                    .options = { .epochs = FIXTURE_EPOCHS,
                                                 .batch = FIXTURE_BATCH,
                                                 .seed = 4,
                                                 .on_step = count_step,
                                                 .on_checkpoint = note_checkpoint } };
    samples_open(&fixture.samples, FIXTURE_COUNT, small_shape, SMALL_CLASSES, 1);
    samples_open(&fixture.others, FIXTURE_COUNT, small_shape, SMALL_CLASSES, 2);
    fixture.options.optimizer = (hg_optimizer){ &hg_sgd_type, &fixture.sgd };
    fixture.options.validation = &fixture.samples.bytes;
    fixture.options.keep_best = true;
}

hg_status fixture_train(void)
{
    model_error.message[0] = '\0';
    return hg_network_train(fixture.network, &fixture.samples.bytes, &fixture.options, &model_error);
}

void fixture_open_with_checkpoint(void)
{
    fixture_open();
    fixture.options.epochs = 1;
    fixture.options.checkpoint = model_path;
    ck_assert_msg(fixture_train() == HG_OK, "%s", model_error.message);
    fixture.size = scratch_read(model_path, fixture.file, sizeof fixture.file);
    fixture.options.epochs = FIXTURE_EPOCHS;
    fixture.options.checkpoint = NULL;
    fixture.options.resume = model_path;
    fixture.steps = 0;
    hg_network_initialize(fixture.network, 77);
}

void fixture_close(void)
{
    samples_close(&fixture.samples);
    samples_close(&fixture.others);
    hg_network_destroy(fixture.network);
}

void fixture_check_refused(hg_status wanted, const char *part)
{
    size_t count;
    hg_real *before = copy_parameters(fixture.network, &count);
    model_file_check_message(fixture_train(), wanted, part);
    hg_real *after = copy_parameters(fixture.network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    ck_assert_uint_eq(fixture.steps, 0);
    free(before);
    free(after);
}
