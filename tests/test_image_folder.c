/* Folders of pictures: classes, order, memory, and all that lies in folders. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folders.h"
#include "samples.h"

Suite *image_folder_suite(void);

enum { TEXT_LENGTH = 1 << 14, NOBODY = 65534 };

static hg_error error;
static char skipped[TEXT_LENGTH];
static size_t skips;

static void note_skip(const char *path, const char *why, void *context)
{
    ck_assert_ptr_eq(context, &skips);
    ck_assert_int_eq(strncmp(path, scratch_folder, strlen(scratch_folder)), 0);
    const size_t length = strlen(skipped);
    snprintf(skipped + length, TEXT_LENGTH - length, "%s: %s\n", path + strlen(scratch_folder) + 1, why);
    skips++;
}

static hg_image_folder_options options;

static void set_up(void)
{
    skips = 0;
    skipped[0] = '\0';
    options = (hg_image_folder_options){ .shape = { 1, 2, 2 }, .on_skip = note_skip, .context = &skips };
}

/* "class/name label shade" of every sample. */
static const char *listed(const hg_dataset *folder)
{
    static char text[TEXT_LENGTH];
    float image[3 * 4];
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < folder->count; i++) {
        int label;
        ck_assert_int_eq(folder->read(folder, i, image, &label, &error), HG_OK);
        length += (size_t)snprintf(text + length, TEXT_LENGTH - length, "%s %d %.0f\n",
                                   hg_image_folder_path(folder, i) + strlen(scratch_folder) + 1, label,
                                   (double)image[0] * 255);
        if (folder->labels)
            ck_assert_int_eq(folder->labels[i], label);
    }
    return text;
}

/* ---- classes and samples ---- */

START_TEST(classes_and_samples_are_in_order_of_their_bytes)
{
    setlocale(LC_ALL, "");
    folders_picture("b/2.pgm", 20);
    folders_picture("b/10.pgm", 10);
    folders_picture("a-b/x.pgm", 50);
    folders_picture("a/z.PGM", 40);
    folders_picture("Z/y.bmp", 60);
    folders_picture("\xC3\xA9/y.png", 70);
    folders_picture("a/Z.ppm", 30);
    for (size_t on_demand = 0; on_demand < 2; on_demand++) {
        options.memory = on_demand;
        hg_dataset *folder = folders_opened(&options);
        ck_assert_int_eq(folder->classes, 5);
        for (int i = 0; i < 5; i++)
            ck_assert_str_eq(folder->class_names[i], ((const char *[]){ "Z", "a", "a-b", "b", "\xC3\xA9" })[i]);
        ck_assert_str_eq(listed(folder), "Z/y.bmp 0 60\na/Z.ppm 1 30\na/z.PGM 1 40\na-b/x.pgm 2 50\n"
                                         "b/10.pgm 3 10\nb/2.pgm 3 20\n\xC3\xA9/y.png 4 70\n");
        ck_assert((folder->pixels == NULL) == on_demand);
        ck_assert_uint_eq(skips, 0);
        float image[4];
        int label;
        ck_assert_int_eq(folder->read(folder, 7, image, &label, &error), HG_BAD_ARGUMENT);
        hg_dataset_destroy(folder);
    }
}
END_TEST

START_TEST(what_is_no_sample_is_passed_over)
{
    folders_picture("a/1.pgm", 1);
    folders_picture("a/deep/er/2.pgm", 2);
    folders_picture("a/.hidden.pgm", 0);
    folders_picture("a/.folder/3.pgm", 0);
    folders_picture(".git/4.pgm", 0);
    folders_picture("beside.png", 0);
    folders_bytes("a/notes.txt", "x");
    folders_bytes("a/png", "x");
    folders_bytes("a/x.pngx", "x");
    folders_bytes("README", "x");
    folders_make("empty");
    folders_bytes("only/text.txt", "x");
    folders_make("a/folder.png");
    ck_assert_int_eq(mkfifo(folders_path("a/pipe.png"), S_IRWXU), 0);
    ck_assert_int_eq(symlink("..", folders_path("a/loop")), 0);
    ck_assert_int_eq(symlink(".", folders_path("self")), 0);
    ck_assert_int_eq(symlink("/", folders_path("root")), 0);
    ck_assert_int_eq(symlink("nowhere", folders_path("a/gone.png")), 0);
    ck_assert_int_eq(symlink("1.pgm", folders_path("a/link.pgm")), 0);
    ck_assert_int_eq(symlink("a/deep", folders_path("c")), 0);
    hg_dataset *folder = folders_opened(&options);
    ck_assert_str_eq(listed(folder), "a/1.pgm 0 1\na/deep/er/2.pgm 0 2\na/link.pgm 0 1\nc/er/2.pgm 1 2\n");
    ck_assert_str_eq(skipped, "a/gone.png: a link to nothing\n"
                              "a/loop: a link to a folder, within a class, is not followed\n"
                              "a/pipe.png: no regular file\n"
                              "beside.png: lies beside the folders of the classes, so its class is not known\n"
                              "empty: a folder without pictures is no class\n"
                              "only: a folder without pictures is no class\n"
                              "root: a link to the folder that it lies in, or to one around it, is no class\n"
                              "self: a link to the folder that it lies in, or to one around it, is no class\n");
    hg_dataset_destroy(folder);
    options.strict = true;
    folders_refused(&options, HG_BAD_DATA, "4 pictures can be read, 8 entries cannot be used; the first: ");
}
END_TEST

START_TEST(folders_in_folders_end_somewhere)
{
    folders_picture("a/1.pgm", 1);
    folders_picture("a/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/in.pgm", 2);
    folders_picture("a/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/out.pgm", 3);
    hg_dataset *folder = folders_opened(&options);
    ck_assert_uint_eq(folder->count, 2);
    ck_assert_msg(strstr(skipped, "17: too deep") != NULL, "%s", skipped);
    hg_dataset_destroy(folder);
}
END_TEST

START_TEST(bad_pictures_are_named_and_left_out)
{
    folders_picture("a/1.pgm", 1);
    folders_bytes("a/0.png", "no picture");
    folders_bytes("b/3.jpg", "");
    folders_picture("b/2.pgm", 2);
    folders_picture("b/4.pgm", 4);
    for (size_t on_demand = 0; on_demand < 2; on_demand++) {
        set_up();
        options.memory = on_demand;
        hg_dataset *folder = folders_opened(&options);
        ck_assert_str_eq(listed(folder), "a/1.pgm 0 1\nb/2.pgm 1 2\nb/4.pgm 1 4\n");
        ck_assert_str_eq(skipped,
                         "a/0.png: not a PNG, JPEG, BMP, PGM or PPM picture, going by its first bytes; convert "
                         "it to PNG\nb/3.jpg: the file is empty\n");
        hg_dataset_destroy(folder);
        options.strict = true;
        folders_refused(&options, HG_BAD_DATA, "3 pictures can be read, 2 entries cannot be used; the first: ");
    }
    unlink(folders_path("a/1.pgm"));
    unlink(folders_path("b/2.pgm"));
    unlink(folders_path("b/4.pgm"));
    set_up();
    folders_refused(&options, HG_BAD_DATA, "0 pictures can be read, 2 entries cannot be used");
}
END_TEST

START_TEST(pictures_are_resized_in_grey_or_colour)
{
    float image[3 * 4];
    int label;
    folders_bytes("a/1.ppm", "P3 4 1 255 255 0 0 255 0 0 0 0 255 0 0 255");
    options.shape = (hg_shape){ 3, 1, 2 };
    hg_dataset *folder = folders_opened(&options);
    ck_assert_int_eq(folder->read(folder, 0, image, &label, &error), HG_OK);
    for (int i = 0; i < 6; i++)
        ck_assert_float_eq(image[i], ((const float[]){ 1, 0, 0, 0, 0, 1 })[i]);
    hg_dataset_destroy(folder);
    options.shape = (hg_shape){ 1, 1, 1 };
    folder = folders_opened(&options);
    ck_assert_int_eq(folder->pixels[0], (76 + 28) / 2);
    hg_dataset_destroy(folder);
}
END_TEST

START_TEST(more_classes_than_bytes_can_number)
{
    enum { CLASSES = 300 };
    for (int i = 0; i < CLASSES; i++) {
        char name[32];
        snprintf(name, sizeof name, "c%03d/1.pgm", i);
        folders_picture(name, (unsigned char)(i / 2));
    }
    hg_dataset *folder = folders_opened(&options);
    ck_assert_int_eq(folder->classes, CLASSES);
    ck_assert(!folder->pixels && !folder->labels);
    for (int i = 0; i < CLASSES; i++) {
        float image[4];
        int label;
        /* what is in memory needs no file */
        ck_assert_int_eq(unlink(hg_image_folder_path(folder, (size_t)i)), 0);
        ck_assert_int_eq(folder->read(folder, (size_t)i, image, &label, &error), HG_OK);
        ck_assert_int_eq(label, i);
        ck_assert_float_eq_tol(image[3] * 255, (float)(i / 2), 1e-3F);
    }
    hg_dataset_destroy(folder);
}
END_TEST

START_TEST(known_classes_keep_their_numbers)
{
    static const char *const known[] = { "cat", "ant", "bee" };
    folders_picture("ant/1.pgm", 1);
    folders_picture("cat/2.pgm", 2);
    options.class_names = known;
    options.class_count = 3;
    hg_dataset *folder = folders_opened(&options);
    ck_assert_int_eq(folder->classes, 3);
    ck_assert_str_eq(folder->class_names[2], "bee");
    ck_assert_str_eq(listed(folder), "cat/2.pgm 0 2\nant/1.pgm 1 1\n");
    hg_dataset_destroy(folder);
    folders_picture("dog/3.pgm", 3);
    folders_refused(&options, HG_BAD_DATA, "/dog: a folder that is none of the 3 known classes (cat, ...)");
}
END_TEST

/* ---- failures ---- */

START_TEST(folders_that_cannot_be_used_are_named)
{
    folders_refused(&options, HG_BAD_DATA, "no pictures; it should hold a folder for each class");
    ck_assert_ptr_null(hg_image_folder_open(folders_path("gone"), &options, &error));
    ck_assert_int_eq(error.status, HG_IO);
    ck_assert_msg(strstr(error.message, "/gone: cannot be read as a folder: No such file") != NULL, "%s",
                  error.message);
    folders_picture("a/1.pgm", 1);
    ck_assert_ptr_null(hg_image_folder_open(folders_path("a/1.pgm"), &options, &error));
    ck_assert_msg(strstr(error.message, "Not a directory") != NULL, "%s", error.message);
    chmod(folders_path("a"), 0);
    chmod(scratch_folder, S_IRWXU | S_IRWXG | S_IRWXO);
    if (geteuid() == 0) {
        /* root may read anything; the folders around must let others through */
        char base[SCRATCH_PATH_LENGTH];
        snprintf(base, sizeof base, "%s", scratch_folder);
        *strrchr(base, '/') = '\0';
        chmod(base, S_IRWXU | S_IRWXG | S_IRWXO);
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    folders_refused(&options, HG_IO, "/a: cannot be read as a folder: Permission denied");
    if (geteuid() == NOBODY)
        ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(options_out_of_range_are_named)
{
    static const hg_shape shapes[] = { { 2, 4, 4 }, { 1, 0, 4 }, { 3, 4, -1 }, { 0, 4, 4 } };
    folders_picture("a/1.pgm", 1);
    for (size_t i = 0; i < HG_COUNT(shapes); i++) {
        options.shape = shapes[i];
        folders_refused(&options, HG_BAD_ARGUMENT, "ask for a height and width from 1, and 1 or 3 channels");
    }
    set_up();
    options.validation_share = 1;
    folders_refused(&options, HG_BAD_ARGUMENT, "a validation share of 1");
    options.validation_share = (double)NAN;
    folders_refused(&options, HG_BAD_ARGUMENT, "a validation share of nan");
    set_up();
    options.threads = -1;
    folders_refused(&options, HG_BAD_ARGUMENT, "-1 threads");
    set_up();
    options.class_names = (const char *const[]){ NULL };
    folders_refused(&options, HG_BAD_ARGUMENT, "an empty list of classes");
}
END_TEST

START_TEST(a_file_that_goes_away_is_named_when_it_is_asked_for)
{
    float image[4];
    int label;
    folders_picture("a/1.pgm", 1);
    options.memory = 1;
    hg_dataset *folder = folders_opened(&options);
    unlink(folders_path("a/1.pgm"));
    ck_assert_int_eq(folder->read(folder, 0, image, &label, &error), HG_IO);
    ck_assert_msg(strstr(error.message, "a/1.pgm: cannot be opened") != NULL, "%s", error.message);
    hg_dataset_destroy(folder);
}
END_TEST

START_TEST(a_lack_of_memory_is_said_and_nothing_leaks)
{
    folders_picture("a/1.pgm", 1);
    folders_picture("b/2.png", 2);
    folders_bytes("b/bad.png", "x");
    folders_make("empty");
    options = (hg_image_folder_options){ .shape = { 1, 2, 2 }, .threads = 1, .strict = false };
    failing_allocator_install();
    bool whole = false;
    for (long allowed = 0; !whole; allowed++) {
        failing_allocator_allow(allowed);
        hg_dataset *folder = hg_image_folder_open(scratch_folder, &options, &error);
        whole = folder && folder->count == 2;
        hg_dataset_destroy(folder);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
        ck_assert_int_lt(allowed, 1000);
    }
    failing_allocator_remove();
}
END_TEST

/* ---- training ---- */

static hg_real *trained(size_t memory, int threads, size_t *count)
{
    const hg_layer layers[] = { hg_image_input(2, 2), hg_fully_connected(3), hg_softmax(), hg_classification() };
    options.memory = memory;
    hg_dataset *folder = folders_opened(&options);
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    ck_assert_int_eq(hg_network_set_threads(network, threads, &error), HG_OK);
    ck_assert_int_eq(hg_network_train(network, folder, &(hg_train_options){ .epochs = 2, .batch = 32 }, &error), HG_OK);
    hg_real *values = copy_parameters(network, count);
    hg_network_destroy(network);
    hg_dataset_destroy(folder);
    return values;
}

START_TEST(training_is_the_same_from_memory_and_from_files)
{
    char name[32];
    for (int i = 0; i < 90; i++) {
        snprintf(name, sizeof name, "%d/%d.%s", i % 3, i, i % 2 ? "png" : "pgm");
        folders_picture(name, (unsigned char)(80 * (i % 3) + i % 7));
    }
    size_t count, same;
    hg_real *first = trained(0, 1, &count);
    for (int threads = 1; threads <= 3; threads++) {
        hg_real *second = trained(1, threads, &same);
        ck_assert_mem_eq(first, second, count * sizeof *first);
        free(second);
    }
    free(first);
}
END_TEST

Suite *image_folder_suite(void)
{
    Suite *suite = suite_create("image_folder");
    TCase *tests = tcase_create("image_folder");
    tcase_set_timeout(tests, 60);
    scratch_add(tests);
    tcase_add_checked_fixture(tests, set_up, folders_clear);
    tcase_add_test(tests, classes_and_samples_are_in_order_of_their_bytes);
    tcase_add_test(tests, what_is_no_sample_is_passed_over);
    tcase_add_test(tests, folders_in_folders_end_somewhere);
    tcase_add_test(tests, bad_pictures_are_named_and_left_out);
    tcase_add_test(tests, pictures_are_resized_in_grey_or_colour);
    tcase_add_test(tests, more_classes_than_bytes_can_number);
    tcase_add_test(tests, known_classes_keep_their_numbers);
    tcase_add_test(tests, folders_that_cannot_be_used_are_named);
    tcase_add_test(tests, options_out_of_range_are_named);
    tcase_add_test(tests, a_file_that_goes_away_is_named_when_it_is_asked_for);
    tcase_add_test(tests, a_lack_of_memory_is_said_and_nothing_leaks);
    tcase_add_test(tests, training_is_the_same_from_memory_and_from_files);
    suite_add_tcase(suite, tests);
    return suite;
}
