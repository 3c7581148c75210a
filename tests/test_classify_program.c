/* The program examples/classify: trains on a folder, tests, names pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <hinge/hinge.h>

#include "folders.h"
#include "picture_files.h"

Suite *classify_program_suite(void);

enum { TEXT_LENGTH = 1 << 15, SIDE = 20, PICTURES = 60, MISUSE = 2 };

static char out[TEXT_LENGTH], err[TEXT_LENGTH];

static void read_text(const char *name, char text[TEXT_LENGTH])
{
    text[scratch_read(folders_path(name), text, TEXT_LENGTH)] = '\0';
}

/* Runs the program in the scratch folder; the exit code. */
static int run(const char *arguments)
{
    static char program[SCRATCH_PATH_LENGTH];
    char command[4 * SCRATCH_PATH_LENGTH];
    const char *mnist = getenv("HINGE_MNIST");
    char *path = realpath(mnist ? mnist : "examples/mnist", NULL);
    ck_assert_msg(path != NULL, "cannot find the programs; is HINGE_MNIST right?");
    *strrchr(path, '/') = '\0';
    snprintf(program, sizeof program, "%s/classify", path);
    free(path);
    snprintf(command, sizeof command, "cd '%s' && '%s' %s >out 2>err", scratch_folder, program, arguments);
    const int status = system(command);
    ck_assert(WIFEXITED(status));
    read_text("out", out);
    read_text("err", err);
    return WEXITSTATUS(status);
}

static void assert_runs(const char *arguments)
{
    ck_assert_msg(run(arguments) == 0, "%s: %s", arguments, err);
}

static void assert_says(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in: %s", part, text);
}

/* Stripes that run across or down, or nothing but a shade: of sizes and colours by number. */
static void write_pictures(const char *class, int kind)
{
    static picture_bytes file;
    for (int i = 0; i < PICTURES; i++) {
        char name[64];
        unsigned char pixels[2 * SIDE * 2 * SIDE * 3];
        const int side = SIDE + i % SIDE;
        for (int p = 0; p < side * side; p++) {
            const int place = kind == 0 ? p / side : p % side;
            const bool stripe = kind < 2 && (place + i) % 8 < 4;
            for (int c = 0; c < 3; c++)
                pixels[3 * p + c] = (unsigned char)((stripe ? 200 : 90) - 20 * c + i % 7);
        }
        picture_make(&file, (picture_ending)(i % ENDS_PGM), side, side, 3, pixels);
        snprintf(name, sizeof name, "pictures/%s/%d.%s", class, i, picture_endings[i % ENDS_PGM]);
        folders_bytes(name, "");
        scratch_write(folders_path(name), file.bytes, file.size);
    }
}

static void write_classes(void)
{
    write_pictures("across", 0);
    write_pictures("down", 1);
    write_pictures("plain \xC3\xA9", 2);
}

#define TRAIN "train pictures --save m --side 16 --epochs 6 --rate 0.003 "

START_TEST(what_is_learned_is_kept_with_its_names)
{
    write_classes();
    folders_bytes("pictures/down/bad.png", "x");
    assert_runs(TRAIN);
    assert_says(out, "pictures: 3 classes, ");
    assert_says(out, "validation accuracy 100.00 %");
    assert_says(out, "saved to m");
    assert_says(err, "passed over: pictures/down/bad.png: not a PNG");
    for (const char *line = out; (line = strchr(line, '\n')); line++)
        ck_assert_uint_le(strcspn(line + 1, "\n"), 80);
    assert_runs("test pictures --model m");
    assert_says(out, "test accuracy 100.00 %: 180 of 180 pictures");
    assert_runs("test pictures --model m --part validation");
    assert_says(out, "validation accuracy 100.00 %");
    assert_runs("predict --model m pictures/across/1.jpg 'pictures/plain \xC3\xA9/2.bmp'");
    assert_says(out, "pictures/across/1.jpg           across ");
    assert_says(out, "plain \xC3\xA9 ");
    hg_network *network = hg_network_load(folders_path("m"), NULL);
    assert_says(hg_network_note(network, "dead_units"), "\"threshold_relu_1\":{\"dead\":0,\"units\":16}");
    hg_network_destroy(network);
}
END_TEST

START_TEST(answers_come_as_json)
{
    write_classes();
    assert_runs(TRAIN);
    ck_assert_int_eq(run("predict --json --model m pictures/down/1.jpg gone.png"), 1);
    char *second = strchr(out, '\n');
    ck_assert_ptr_nonnull(second);
    *second++ = '\0';
    cJSON *answer = cJSON_Parse(out), *failure = cJSON_Parse(second);
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(answer, "class")), "down");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(answer, "probabilities")), 3);
    assert_says(cJSON_GetStringValue(cJSON_GetObjectItem(failure, "error")), "gone.png: cannot be opened");
    cJSON_Delete(answer);
    cJSON_Delete(failure);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_bytes)
{
    write_classes();
    assert_runs(TRAIN "--threads 1");
    ck_assert_int_eq(rename(folders_path("m"), folders_path("first")), 0);
    assert_runs(TRAIN "--threads 2");
    char command[2 * SCRATCH_PATH_LENGTH];
    snprintf(command, sizeof command, "cd '%s' && cmp m first", scratch_folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(mistakes_are_tabulated)
{
    write_pictures("across", 0);
    write_pictures("also across", 0);
    assert_runs(TRAIN);
    assert_says(out, "the worst classes     mistakes     of  mistaken for");
    assert_says(out, "across");
}
END_TEST

static const struct {
    const char *arguments, *said;
    int code;
} failures[] = {
    { "", "a command is needed: train, test or predict", MISUSE },
    { "learn x", "there is no command \"learn\"", MISUSE },
    { "train", "\"train\" needs --save FILE", MISUSE },
    { "train --save m", "needs one folder of pictures, not 0", MISUSE },
    { "train a b --save m", "needs one folder of pictures, not 2", MISUSE },
    { "test a", "\"test\" needs --model FILE", MISUSE },
    { "predict --model m", "\"predict\" needs pictures", MISUSE },
    { "train a --save", "--save needs a value", MISUSE },
    { "train a --sav", "needs a value", MISUSE },
    { "train a --nothing", "--nothing: there is no such option", MISUSE },
    { "train a --save m --side 7", "--side takes a number from 8 to 512, not \"7\"", MISUSE },
    { "train a --save m --side 8.5", "--side takes a whole number", MISUSE },
    { "train a --save m --validation 1", "--validation takes a number from 0.01 to 0.9", MISUSE },
    { "train a --save m --rate nan", "--rate takes", MISUSE },
    { "train a --save m --json", "--json is no option of \"train\"", MISUSE },
    { "test a --model m --part half", "--part takes whole, training or validation", MISUSE },
    { "train nowhere --save m", "nowhere: cannot be read as a folder", 1 },
    { "train one --save nowhere/m", "--save: cannot make a file in nowhere/", 1 },
    { "train one --save one", "--save: one is a folder", 1 },
    { "train one --save m --validation 0.5", "one class, a; at least two", 1 },
    { "test one --model nowhere", "nowhere: cannot be", 1 },
    { "predict --model other x.png", "other: names 0 of its 2 classes; is it a model", 1 },
};

START_TEST(what_cannot_be_done_is_named)
{
    const hg_layer layers[] = { hg_image_input(2, 2), hg_fully_connected(2), hg_softmax(), hg_classification() };
    char name[32];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "one/a/%d.pgm", i);
        folders_picture(name, 9);
    }
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_int_eq(hg_network_save(network, folders_path("other"), NULL), HG_OK);
    hg_network_destroy(network);
    for (size_t i = 0; i < HG_COUNT(failures); i++) {
        ck_assert_msg(run(failures[i].arguments) == failures[i].code, "%s: %s", failures[i].arguments, err);
        assert_says(err, failures[i].said);
    }
    assert_runs("--help");
    assert_says(out, "classify train FOLDER --save FILE");
}
END_TEST

Suite *classify_program_suite(void)
{
    Suite *suite = suite_create("classify_program");
    TCase *tests = tcase_create("classify_program");
    tcase_set_timeout(tests, 120);
    scratch_add(tests);
    tcase_add_checked_fixture(tests, NULL, folders_clear);
    tcase_add_test(tests, what_is_learned_is_kept_with_its_names);
    tcase_add_test(tests, answers_come_as_json);
    tcase_add_test(tests, the_same_seed_gives_the_same_bytes);
    tcase_add_test(tests, mistakes_are_tabulated);
    tcase_add_test(tests, what_cannot_be_done_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
