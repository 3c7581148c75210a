/* JSON text: numbers that keep every bit in any locale, strings, nesting. */
#include <check.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hinge/layer.h>

#include "src/json.h"

Suite *json_suite(void);

enum { RANDOM_NUMBERS = 20000, DEEP = 100000 };

static void check_real(double value)
{
    json_text json = { 0 };
    size_t stopped;
    double back = 0;
    json_append_real(&json, value);
    ck_assert(!json.failed);
    cJSON *item = json_parse(json.text, json.length, &stopped);
    ck_assert_msg(item != NULL, "%s at %zu", json.text, stopped);
    ck_assert(json_real(item, &back));
    ck_assert_msg(memcmp(&back, &value, sizeof value) == 0, "%s is not %.17g", json.text, value);
    cJSON_Delete(item);
    hg_release(json.text);
}

static void check_many_reals(void)
{
    const double special[] = { 0.1,  1 / 3.0,  1e-5,  5e-324,   DBL_MIN,  DBL_MAX, -DBL_MAX, 1 + DBL_EPSILON,
                               1e22, 123456.0, -0.75, INFINITY, -INFINITY };
    for (size_t i = 0; i < HG_COUNT(special); i++)
        check_real(special[i]);
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (int i = 0; i < RANDOM_NUMBERS; i++) {
        const uint64_t bits = (uint64_t)hg_random_bits(&random) << 32 | hg_random_bits(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_real(value);
    }
}

START_TEST(reals_keep_every_bit)
{
    check_many_reals();
}
END_TEST

/* Says nothing on a machine without such a locale. */
START_TEST(reals_keep_every_bit_where_the_decimal_point_is_another)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "ps_AF.UTF-8" };
    for (size_t i = 0; i < HG_COUNT(names); i++) {
        if (!setlocale(LC_ALL, names[i]))
            continue;
        ck_assert_str_ne(localeconv()->decimal_point, ".");
        check_many_reals();
        ck_assert_str_ne(localeconv()->decimal_point, ".");
    }
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(short_decimals_stay_short)
{
    json_text json = { 0 };
    json_append_real(&json, 0.1);
    json_append(&json, " ");
    json_append_real(&json, -2);
    ck_assert_str_eq(json.text, "0.1 -2");
    hg_release(json.text);
}
END_TEST

START_TEST(strings_are_escaped)
{
    json_text json = { 0 };
    json_append_string(&json, "a\"b\\c\n\xc3\xa9");
    ck_assert_str_eq(json.text, "\"a\\\"b\\\\c\\u000a\xc3\xa9\"");
    size_t stopped;
    cJSON *item = json_parse(json.text, json.length, &stopped);
    ck_assert_str_eq(cJSON_GetStringValue(item), "a\"b\\c\n\xc3\xa9");
    cJSON_Delete(item);
    hg_release(json.text);
}
END_TEST

START_TEST(text_that_is_not_json_is_rejected)
{
    static const char *const texts[] = { "", "{", "[1,]", "{\"a\":1,}", "{} x", "nul", "[1 2]", "{\"a\" 1}", "\"a" };
    size_t stopped;
    for (size_t i = 0; i < HG_COUNT(texts); i++)
        ck_assert_msg(json_parse(texts[i], strlen(texts[i]), &stopped) == NULL, "%s", texts[i]);
    ck_assert_ptr_null(json_parse("{}\0{}", 5, &stopped));
    ck_assert_uint_eq(stopped, 2);
}
END_TEST

START_TEST(deep_nesting_is_rejected)
{
    static char text[2 * DEEP + 1];
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    size_t stopped;
    ck_assert_ptr_null(json_parse(text, 2 * DEEP, &stopped));
    ck_assert_uint_le(stopped, CJSON_NESTING_LIMIT + 1);
}
END_TEST

START_TEST(whole_numbers_are_whole)
{
    static const char *const bad[] = { "0.5", "1e300", "9007199254740994", "\"1\"", "null", "true", "1e999" };
    size_t stopped;
    int64_t value = 0;
    for (size_t i = 0; i < HG_COUNT(bad); i++) {
        cJSON *item = json_parse(bad[i], strlen(bad[i]), &stopped);
        ck_assert_msg(!json_whole(item, &value), "%s", bad[i]);
        cJSON_Delete(item);
    }
    cJSON *item = json_parse("-9007199254740992", strlen("-9007199254740992"), &stopped);
    ck_assert(json_whole(item, &value));
    ck_assert_int_eq(value, -9007199254740992);
    cJSON_Delete(item);
}
END_TEST

Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = tcase_create("json");
    tcase_add_test(tests, reals_keep_every_bit);
    tcase_add_test(tests, reals_keep_every_bit_where_the_decimal_point_is_another);
    tcase_add_test(tests, short_decimals_stay_short);
    tcase_add_test(tests, strings_are_escaped);
    tcase_add_test(tests, text_that_is_not_json_is_rejected);
    tcase_add_test(tests, deep_nesting_is_rejected);
    tcase_add_test(tests, whole_numbers_are_whole);
    suite_add_tcase(suite, tests);
    return suite;
}
