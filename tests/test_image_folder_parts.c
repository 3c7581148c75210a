/* Folders of pictures, cut into a part for training and one for validation. */
#include <stdio.h>
#include <string.h>

#include "folders.h"

Suite *image_folder_parts_suite(void);

enum { TEXT_LENGTH = 1 << 14 };

static hg_error error;
static hg_image_folder_options options;

static void set_up(void)
{
    options = (hg_image_folder_options){ .shape = { 1, 2, 2 } };
}

static size_t count_part(hg_folder_part part, double share, char paths[][SCRATCH_PATH_LENGTH])
{
    options.part = part;
    options.validation_share = share;
    hg_dataset *folder = folders_opened(&options);
    const size_t count = folder->count;
    for (size_t i = 0; i < count && paths; i++)
        snprintf(paths[i], SCRATCH_PATH_LENGTH, "%s", hg_image_folder_path(folder, i));
    ck_assert_int_eq(folder->classes, 2);
    hg_dataset_destroy(folder);
    return count;
}

START_TEST(parts_are_disjoint_and_stay_as_they_are)
{
    enum { FILES = 400 };
    static char before[FILES][SCRATCH_PATH_LENGTH], after[2 * FILES][SCRATCH_PATH_LENGTH];
    char name[32];
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%c/%d.pgm", 'a' + i % 2, i);
        folders_picture(name, 1);
    }
    const size_t training = count_part(HG_TRAINING_PART, 0, NULL);
    const size_t validation = count_part(HG_VALIDATION_PART, 0, before);
    ck_assert_uint_eq(training + validation, FILES);
    ck_assert_msg(validation > 60 && validation < 100, "%zu of %d", validation, FILES);
    ck_assert_uint_gt(count_part(HG_VALIDATION_PART, 0.5, NULL), 160);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%c/more-%d.pgm", 'a' + i % 2, i);
        folders_picture(name, 1);
    }
    const size_t later = count_part(HG_VALIDATION_PART, 0, after);
    size_t found = 0;
    for (size_t i = 0; i < later; i++)
        found += found < validation && strcmp(after[i], before[found]) == 0;
    ck_assert_uint_eq(found, validation);
    ck_assert_uint_gt(later, validation);
}
END_TEST

START_TEST(parts_do_not_depend_on_where_the_folder_lies)
{
    char name[64], listed_once[TEXT_LENGTH] = "";
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "first/%c/%d.pgm", 'a' + i % 2, i);
        folders_picture(name, 1);
    }
    options.part = HG_VALIDATION_PART;
    for (int moved = 0; moved < 2; moved++) {
        const char *path = folders_path(moved ? "second, moved" : "first");
        hg_dataset *folder = hg_image_folder_open(path, &options, &error);
        ck_assert_msg(folder != NULL, "%s", error.message);
        char text[TEXT_LENGTH] = "";
        for (size_t i = 0, length = 0; i < folder->count; i++)
            length += (size_t)snprintf(text + length, TEXT_LENGTH - length, "%s\n",
                                       hg_image_folder_path(folder, i) + strlen(path));
        if (moved)
            ck_assert_str_eq(text, listed_once);
        strcpy(listed_once, text);
        hg_dataset_destroy(folder);
        if (!moved)
            ck_assert_int_eq(rename(folders_path("first"), folders_path("second, moved")), 0);
    }
}
END_TEST

START_TEST(an_empty_part_is_refused)
{
    folders_picture("a/1.pgm", 1);
    options.part = HG_TRAINING_PART;
    options.validation_share = 0.999999;
    folders_refused(&options, HG_BAD_DATA, "the training part of its 1 pictures is empty; change the validation share");
    options.part = HG_VALIDATION_PART;
    options.validation_share = 1e-9;
    folders_refused(&options, HG_BAD_DATA, "the validation part");
}
END_TEST

Suite *image_folder_parts_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("image_folder_parts");
    TCase *tests = tcase_create("image_folder_parts");
    tcase_set_timeout(tests, SECONDS);
    scratch_add(tests);
    tcase_add_checked_fixture(tests, set_up, folders_clear);
    tcase_add_test(tests, parts_are_disjoint_and_stay_as_they_are);
    tcase_add_test(tests, parts_do_not_depend_on_where_the_folder_lies);
    tcase_add_test(tests, an_empty_part_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
