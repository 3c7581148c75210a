/* Files that appear whole or not at all. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hinge/tensor.h>

#include "src/write_file.h"

Suite *write_file_suite(void);

enum { PATH_LENGTH = 512, NAME_LENGTH = 64, FULL_AT = 4096, TOO_MUCH = 65536 };

static char folder[PATH_LENGTH], path[PATH_LENGTH + NAME_LENGTH];
static hg_error error;

static void open_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/hinge-write-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void close_folder(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

static int count_entries(void)
{
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

static void check_content(const char *expected)
{
    char content[NAME_LENGTH] = "";
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(content, expected);
}

static hg_status write_text(const char *where, const char *text)
{
    write_file file;
    const hg_status status = write_file_open(&file, where, &error);
    if (status)
        return status;
    ck_assert_int_eq(write_file_append(&file, text, strlen(text), &error), HG_OK);
    return write_file_commit(&file, &error);
}

static void check_refused(const char *where, const char *part)
{
    error.message[0] = '\0';
    ck_assert_int_eq(write_text(where, "new"), HG_IO);
    ck_assert_msg(strstr(error.message, part) && strstr(error.message, where), "%s", error.message);
}

START_TEST(pieces_become_one_file_which_replaces_an_older_one)
{
    ck_assert_int_eq(write_text(path, "an older, longer text"), HG_OK);
    write_file file;
    ck_assert_int_eq(write_file_open(&file, path, &error), HG_OK);
    ck_assert_int_eq(write_file_append(&file, "one ", 4, &error), HG_OK);
    ck_assert_int_eq(write_file_append(&file, "", 0, &error), HG_OK);
    ck_assert_int_eq(write_file_append(&file, "two", 3, &error), HG_OK);
    check_content("an older, longer text");
    ck_assert_int_eq(write_file_commit(&file, &error), HG_OK);
    check_content("one two");
    ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
    write_file file;
    ck_assert_int_eq(write_file_open(&file, path, &error), HG_OK);
    ck_assert_int_eq(write_file_append(&file, "text", 4, &error), HG_OK);
    ck_assert_int_eq(count_entries(), 1);
    write_file_abandon(&file);
    ck_assert_int_eq(count_entries(), 0);
}
END_TEST

START_TEST(permissions_are_those_of_a_new_file)
{
    const mode_t before = umask(027);
    ck_assert_int_eq(write_text(path, "text"), HG_OK);
    umask(before);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(what_an_interrupted_program_left_is_in_nobodys_way)
{
    char left[PATH_LENGTH + NAME_LENGTH];
    snprintf(left, sizeof left, "%s/.hinge-%ld-0.tmp", folder, (long)getpid());
    FILE *file = fopen(left, "wb");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(write_text(path, "text"), HG_OK);
    check_content("text");
    ck_assert_int_eq(count_entries(), 2);
    ck_assert_int_eq(unlink(left), 0);
}
END_TEST

START_TEST(a_name_without_a_folder_is_in_the_working_folder)
{
    char before[PATH_LENGTH];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(folder), 0);
    const hg_status status = write_text("file", "text"), nameless = write_text("", "text");
    ck_assert_int_eq(chdir(before), 0);
    ck_assert_int_eq(status, HG_OK);
    ck_assert_int_eq(nameless, HG_IO);
    check_content("text");
    ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(paths_that_cannot_be_written_are_refused)
{
    char missing[2 * PATH_LENGTH];
    snprintf(missing, sizeof missing, "%s/missing/file", folder);
    check_refused(missing, "No such file");
    check_refused(folder, "directory");
    ck_assert_int_eq(count_entries(), 0);
}
END_TEST

/* A pipe stands for all that is not a file: a device would be the machine's own. */
START_TEST(what_is_not_a_regular_file_is_not_replaced)
{
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    check_refused(path, "not a regular file");
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(S_ISFIFO(info.st_mode));
    ck_assert_int_eq(count_entries(), 1);
}
END_TEST

/* The name becomes a folder while the file is written. */
START_TEST(a_rename_that_fails_leaves_nothing)
{
    write_file file;
    ck_assert_int_eq(write_file_open(&file, path, &error), HG_OK);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(write_file_commit(&file, &error), HG_IO);
    ck_assert_msg(strstr(error.message, path) != NULL, "%s", error.message);
    ck_assert_int_eq(count_entries(), 1);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_full_disk_leaves_the_older_file_and_nothing_else)
{
    ck_assert_int_eq(write_text(path, "older"), HG_OK);
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ FULL_AT, before.rlim_max }), 0);
    static const char much[TOO_MUCH];
    write_file file;
    ck_assert_int_eq(write_file_open(&file, path, &error), HG_OK);
    const hg_status status = write_file_append(&file, much, sizeof much, &error);
    write_file_abandon(&file);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    ck_assert_int_eq(status, HG_IO);
    ck_assert_msg(strstr(error.message, "File too large") && strstr(error.message, path), "%s", error.message);
    check_content("older");
    ck_assert_int_eq(count_entries(), 1);
}
END_TEST

Suite *write_file_suite(void)
{
    Suite *suite = suite_create("write_file");
    TCase *tests = tcase_create("write_file");
    tcase_add_checked_fixture(tests, open_folder, close_folder);
    tcase_add_test(tests, pieces_become_one_file_which_replaces_an_older_one);
    tcase_add_test(tests, an_abandoned_file_leaves_nothing);
    tcase_add_test(tests, permissions_are_those_of_a_new_file);
    tcase_add_test(tests, what_an_interrupted_program_left_is_in_nobodys_way);
    tcase_add_test(tests, a_name_without_a_folder_is_in_the_working_folder);
    tcase_add_test(tests, paths_that_cannot_be_written_are_refused);
    tcase_add_test(tests, what_is_not_a_regular_file_is_not_replaced);
    tcase_add_test(tests, a_rename_that_fails_leaves_nothing);
    tcase_add_test(tests, a_full_disk_leaves_the_older_file_and_nothing_else);
    suite_add_tcase(suite, tests);
    return suite;
}
