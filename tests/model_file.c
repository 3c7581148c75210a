/* The model file of a test and the error of its last call. */
#include <string.h>
#include <unistd.h>

#include "model_file.h"

char model_path[SCRATCH_PATH_LENGTH];
hg_error model_error;

static void name_file(void)
{
    scratch_path(model_path, "model");
}

static void remove_file(void)
{
    unlink(model_path);
}

void model_file_add(TCase *tests)
{
    scratch_add(tests);
    tcase_add_checked_fixture(tests, name_file, remove_file);
}

void model_file_check_message(hg_status got, hg_status wanted, const char *part)
{
    ck_assert_msg(got == wanted, "status %d, not %d: %s", got, wanted, model_error.message);
    ck_assert_msg(strstr(model_error.message, part) != NULL, "\"%s\" is not in: %s", part, model_error.message);
    ck_assert_msg(strstr(model_error.message, model_path) != NULL, "%s", model_error.message);
}
