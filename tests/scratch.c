/* A folder for the files of one test, and whole files read and written. */
#define _XOPEN_SOURCE 700 /* for nftw */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"

enum { BASE_LENGTH = SCRATCH_FOLDER_LENGTH - 16, DESCRIPTORS = 8 };

char scratch_folder[SCRATCH_FOLDER_LENGTH];
static char base[BASE_LENGTH];

/* ---- the folder ---- */

/* A test that fails skips its tear-down. So the base of the tests' folders is made and
 * removed in the parent process, with whatever failed tests have left in it. */
static void make_base(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(base, sizeof base, "%s/hinge-test-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_msg(mkdtemp(base) != NULL, "%s: %s", base, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* No assertion: one that fails here would end the whole program. */
static void remove_base(void)
{
    if (nftw(base, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS))
        fprintf(stderr, "%s: cannot be removed: %s\n", base, strerror(errno));
}

static void open_folder(void)
{
    snprintf(scratch_folder, sizeof scratch_folder, "%s/XXXXXX", base);
    ck_assert_ptr_nonnull(mkdtemp(scratch_folder));
}

static void close_folder(void)
{
    ck_assert_msg(rmdir(scratch_folder) == 0, "%s: %s", scratch_folder, strerror(errno));
}

void scratch_add(TCase *tests)
{
    tcase_add_unchecked_fixture(tests, make_base, remove_base);
    tcase_add_checked_fixture(tests, open_folder, close_folder);
}

/* ---- its files ---- */

void scratch_path(char path[SCRATCH_PATH_LENGTH], const char *name)
{
    const int length = snprintf(path, SCRATCH_PATH_LENGTH, "%s/%s", scratch_folder, name);
    ck_assert_int_lt(length, SCRATCH_PATH_LENGTH);
}

void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

size_t scratch_read(const char *path, void *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    ck_assert_uint_lt(size, capacity);
    return size;
}
