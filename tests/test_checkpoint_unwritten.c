/* Checkpoints that cannot be written: a message each, and nothing lost. */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "checkpoint_fixture.h"

Suite *checkpoint_unwritten_suite(void);

START_TEST(paths_that_cannot_be_written_are_said_before_training)
{
    char missing[2 * SCRATCH_PATH_LENGTH];
    fixture_open();
    snprintf(missing, sizeof missing, "%s-missing/checkpoint", model_path);
    fixture.options.checkpoint = missing;
    fixture_check_refused(HG_IO, "No such file");
    fixture.options.checkpoint = scratch_folder;
    ck_assert_int_eq(fixture_train(), HG_IO);
    ck_assert_msg(strstr(model_error.message, "is a directory") != NULL, "%s", model_error.message);
    ck_assert_uint_eq(fixture.steps, 0);
    fixture_close();
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const double minutes[] = { -1, NAN, INFINITY };
    fixture_open();
    for (size_t i = 0; i < HG_COUNT(minutes); i++) {
        fixture.options.checkpoint = model_path;
        fixture.options.checkpoint_minutes = minutes[i];
        ck_assert_int_eq(fixture_train(), HG_BAD_ARGUMENT);
        ck_assert_msg(strstr(model_error.message, "must be finite and not negative") != NULL, "%s",
                      model_error.message);
    }
    fixture.options.checkpoint = NULL;
    fixture.options.checkpoint_minutes = 1;
    ck_assert_int_eq(fixture_train(), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(model_error.message, "no .checkpoint names a file") != NULL, "%s", model_error.message);
    fixture_close();
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
        fixture.size = scratch_read(model_path, fixture.file, sizeof fixture.file);
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
    fixture.options.checkpoint = model_path;
    fixture.options.on_epoch = fill_disk;
    const hg_status status = fixture_train();
    setrlimit(RLIMIT_FSIZE, &limit_before);
    signal(SIGXFSZ, handler);
    return status;
}

START_TEST(a_full_disk_does_not_lose_the_training)
{
    static char left[FIXTURE_MOST_BYTES];
    fixture_open();
    hg_network *whole = small_network(hg_relu(), 2);
    ck_assert_int_eq(hg_network_train(whole, &fixture.samples.bytes, &fixture.options, NULL), HG_OK);
    fixture.steps = 0;
    model_file_check_message(train_on_full_disk(2, FIXTURE_EPOCHS), HG_UNSAVED, "the checkpoint is behind");
    ck_assert_uint_eq(fixture.failures, 2);
    ck_assert_int_eq(fixture.failure.status, HG_IO);
    ck_assert_msg(strstr(fixture.failure.message, "File too large") != NULL, "%s", fixture.failure.message);
    assert_same_parameters(whole, fixture.network);
    ck_assert_uint_eq(scratch_read(model_path, left, sizeof left), fixture.size);
    ck_assert_mem_eq(left, fixture.file, fixture.size);
    hg_network_destroy(whole);
    fixture_close();
}
END_TEST

START_TEST(a_disk_with_room_again_is_no_failure)
{
    fixture_open();
    ck_assert_int_eq(train_on_full_disk(2, 2), HG_OK);
    ck_assert_uint_eq(fixture.failures, 1);
    fixture_close();
}
END_TEST

Suite *checkpoint_unwritten_suite(void)
{
    enum { SECONDS = 30 };
    Suite *suite = suite_create("checkpoint unwritten");
    TCase *tests = tcase_create("checkpoint unwritten");
    tcase_set_timeout(tests, SECONDS);
    model_file_add(tests);
    tcase_add_test(tests, paths_that_cannot_be_written_are_said_before_training);
    tcase_add_test(tests, nonsense_is_refused);
    tcase_add_test(tests, a_full_disk_does_not_lose_the_training);
    tcase_add_test(tests, a_disk_with_room_again_is_no_failure);
    suite_add_tcase(suite, tests);
    return suite;
}
