/* examples/mnist export. */
#include <string.h>
#include <sys/stat.h>

#include <hinge/hinge.h>

#include "program.h"

Suite *mnist_export_suite(void);

static void make_model(void)
{
    const hg_layer layers[] = { hg_image_input(8, 8, 3), hg_fully_connected(4), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_int_eq(hg_network_save(network, in_folder("m"), NULL), HG_OK);
    hg_network_destroy(network);
}

START_TEST(c_is_written)
{
    static char text[FILE_LENGTH];
    make_model();
    assert_runs(run("export", "--model", in_folder("m"), "--c", in_folder("m.c"), "--name", "answer"));
    assert_says(out, "void answer(const float *image, float *probability)");
    assert_says(out, "3,856 bytes of constants");
    assert_plain(out);
    read_file("m.c", text, sizeof text);
    assert_says(text, "\nvoid answer(const float *image, float *probability)\n{");
    assert_runs(run("export", "--model", in_folder("m"), "--c", in_folder("m.c"), "--int8"));
    assert_says(out, "1,568 bytes of constants");
}
END_TEST

/* tests/onnx looks at what is in the file. */
START_TEST(onnx_is_written_or_the_packages_are_named)
{
    make_model();
    const int code = run("export", "--model", in_folder("m"), "--onnx", in_folder("m.onnx"), "--c", in_folder("m.c"));
    ck_assert(exists("m.c"));
    ck_assert_int_eq(code, exists("m.onnx") ? 0 : 1);
    if (code)
        assert_says(err, "libonnx-dev");
    else
        assert_says(out, "ONNX, opset 13; image [N, 3, 8, 8] to probability [N, 4]");
    assert_plain(out);
}
END_TEST

START_TEST(what_cannot_be_written_is_named)
{
    make_model();
    ck_assert_int_eq(run("export", "--model", in_folder("m"), "--c", in_folder("m.c"), "--name", "a b"), 1);
    assert_says(err, "name \"a b\"");
    ck_assert_int_eq(run("export", "--model", in_folder("m"), "--c", folder), 1);
    assert_says(err, "it is a directory");
    ck_assert_int_eq(run("export", "--model", in_folder("gone"), "--c", in_folder("m.c")), 1);
    assert_says(err, "gone");
    ck_assert(!exists("m.c"));
}
END_TEST

static const struct {
    const char *arguments[MOST_ARGUMENTS];
    const char *said;
} misuses[] = {
    { { "export", "--c", "m.c" }, "\"export\" needs --model FILE" },
    { { "export", "--model", "m" }, "\"export\" needs --c FILE or --onnx FILE" },
    { { "export", "--model", "m", "--c" }, "--c needs a value" },
    { { "test", "--model", "m", "--c", "m.c" }, "--c is no option of \"test\"" },
    { { "test", "--model", "m", "--int8" }, "--int8 is no option of \"test\"" },
    { { "export", "--model", "m", "--onnx", "m.onnx", "--name", "f" }, "--name f needs --c FILE" },
    { { "export", "--model", "m", "--c", "m.c", "--quiet" }, "--quiet is no option of \"export\"" },
};

START_TEST(a_misuse_is_named)
{
    ck_assert_int_eq(run_arguments(misuses[_i].arguments), 2);
    assert_says(err, misuses[_i].said);
}
END_TEST

Suite *mnist_export_suite(void)
{
    Suite *suite = suite_create("mnist_export");
    TCase *tests = tcase_create("mnist_export");
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_checked_fixture(tests, program_set_up, program_tear_down);
    tcase_add_test(tests, c_is_written);
    tcase_add_test(tests, onnx_is_written_or_the_packages_are_named);
    tcase_add_test(tests, what_cannot_be_written_is_named);
    tcase_add_loop_test(tests, a_misuse_is_named, 0, HG_COUNT(misuses));
    suite_add_tcase(suite, tests);
    return suite;
}
