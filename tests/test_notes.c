/* Notes go into the model file and come back. */
#include <string.h>

#include "src/network.h"

#include "model_file.h"
#include "model_networks.h"
#include "samples.h"

Suite *notes_suite(void);

enum { SEED = 1 };

static hg_network *network;

static void set_up(void)
{
    network = model_small(SEED);
}

static void tear_down(void)
{
    hg_network_destroy(network);
}

static void set(const char *name, const char *text)
{
    ck_assert_msg(hg_network_set_note(network, name, text, &model_error) == HG_OK, "%s", model_error.message);
}

START_TEST(notes_are_kept_replaced_and_taken_away)
{
    ck_assert_ptr_null(hg_network_note(network, "a"));
    for (int i = 0; i < 20; i++) {
        const char name[] = { (char)('a' + i), '\0' };
        set(name, "first");
        set(name, name);
    }
    ck_assert_uint_eq(network->notes.count, 20);
    set("c", NULL);
    set("c", NULL);
    set("b", hg_network_note(network, "d"));
    set("e", hg_network_note(network, "e"));
    ck_assert_uint_eq(network->notes.count, 19);
    ck_assert_ptr_null(hg_network_note(network, "c"));
    ck_assert_str_eq(hg_network_note(network, "b"), "d");
    ck_assert_str_eq(hg_network_note(network, "e"), "e");
    ck_assert_str_eq(hg_network_note(network, "t"), "t");
}
END_TEST

START_TEST(notes_come_back_from_a_file)
{
    static const char text[] = "[\"caf\xC3\xA9\",\"\xF0\x9F\x90\x88\",\"line\n\x01\\\"\"]";
    set("classes", text);
    set("empty", "");
    ck_assert_int_eq(hg_network_save(network, model_path, &model_error), HG_OK);
    hg_network *loaded = hg_network_load(model_path, &model_error);
    ck_assert_msg(loaded != NULL, "%s", model_error.message);
    ck_assert_str_eq(hg_network_note(loaded, "classes"), text);
    ck_assert_str_eq(hg_network_note(loaded, "empty"), "");
    ck_assert_ptr_null(hg_network_note(loaded, "hinge.layers"));
    ck_assert_uint_eq(loaded->notes.count, 2);
    hg_network_destroy(loaded);
}
END_TEST

START_TEST(names_and_texts_that_no_file_can_keep_are_refused)
{
    static const char *const names[] = { "", "format", "hinge.layers", "hinge.mine", "\xFF", "a\xC0\x80" };
    static const char *const texts[] = { "\x80", "ab\xE4", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\xE0\x80\x80" };
    set("a", "kept");
    for (size_t i = 0; i < HG_COUNT(names); i++)
        ck_assert_int_eq(hg_network_set_note(network, names[i], "text", &model_error), HG_BAD_ARGUMENT);
    for (size_t i = 0; i < HG_COUNT(texts); i++)
        ck_assert_int_eq(hg_network_set_note(network, "a", texts[i], &model_error), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(model_error.message, "note \"a\": its text is not UTF-8 at byte 0") != NULL, "%s",
                  model_error.message);
    ck_assert_str_eq(hg_network_note(network, "a"), "kept");
    ck_assert_uint_eq(network->notes.count, 1);
}
END_TEST

START_TEST(a_lack_of_memory_changes_nothing)
{
    tear_down();
    failing_allocator_install();
    set_up();
    set("a", "kept");
    const long before = failing_allocator_outstanding();
    for (long allowed = 0; allowed < 2; allowed++) {
        failing_allocator_allow(allowed);
        ck_assert_int_eq(hg_network_set_note(network, "a", "new", &model_error), HG_NO_MEMORY);
        ck_assert_int_eq(failing_allocator_outstanding(), before);
        ck_assert_str_eq(hg_network_note(network, "a"), "kept");
    }
    failing_allocator_allow(-1);
    hg_network_destroy(network);
    ck_assert_int_eq(failing_allocator_outstanding(), 0);
    failing_allocator_remove();
    set_up();
}
END_TEST

Suite *notes_suite(void)
{
    Suite *suite = suite_create("notes");
    TCase *tests = tcase_create("notes");
    model_file_add(tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, notes_are_kept_replaced_and_taken_away);
    tcase_add_test(tests, notes_come_back_from_a_file);
    tcase_add_test(tests, names_and_texts_that_no_file_can_keep_are_refused);
    tcase_add_test(tests, a_lack_of_memory_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
