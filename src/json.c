/* JSON text in and out. cJSON's own printing is not used: it takes 15 digits for
 * exact when they are one bit off, and its memory is not the library's. */
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#include <hinge/tensor.h>

#include "src/json.h"

enum {
    FIRST_CAPACITY = 1024,
    FIRST_PRINTABLE = ' ',
    FEWEST_DIGITS = 15, /* that any decimal survives */
    MOST_DIGITS = 17,   /* that any double survives */
    REAL_LENGTH = 32    /* of -1.2345678901234567e-308 and a zero byte */
};

static const double LAST_EXACT = 9007199254740992.0; /* 2 to the 53 */

/* The calling thread's locale alone, and only for a moment: a decimal comma would
 * make other numbers of the same text. */
typedef struct plain_locale {
    locale_t plain, before;
} plain_locale;

static plain_locale enter_plain_locale(void)
{
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return (plain_locale){ plain, uselocale(plain) };
}

static void leave_plain_locale(plain_locale locale)
{
    uselocale(locale.before);
    if (locale.plain)
        freelocale(locale.plain);
}

/* Room for `more` bytes and a zero byte. */
static bool reserve(json_text *json, size_t more)
{
    size_t needed, capacity = json->capacity ? json->capacity : FIRST_CAPACITY;
    if (json->failed || __builtin_add_overflow(json->length + 1, more, &needed) || needed > SIZE_MAX / 2)
        return !(json->failed = true);
    if (needed <= json->capacity)
        return true;
    while (capacity < needed)
        capacity *= 2;
    char *text = hg_allocate(capacity, 1);
    if (!text)
        return !(json->failed = true);
    if (json->text)
        memcpy(text, json->text, json->length);
    hg_release(json->text);
    json->text = text;
    json->capacity = capacity;
    return true;
}

void json_append(json_text *json, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        json->failed = true;
    else if (reserve(json, (size_t)length)) {
        vsnprintf(json->text + json->length, (size_t)length + 1, format, again);
        json->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void json_append_string(json_text *json, const char *string)
{
    json_append(json, "\"");
    for (; *string; string++) {
        const unsigned char byte = (unsigned char)*string;
        if (byte == '"' || byte == '\\')
            json_append(json, "\\%c", byte);
        else if (byte < FIRST_PRINTABLE)
            json_append(json, "\\u%04x", byte);
        else
            json_append(json, "%c", byte);
    }
    json_append(json, "\"");
}

void json_append_real(json_text *json, double value)
{
    if (!isfinite(value)) {
        json_append(json, isnan(value) ? "\"nan\"" : value < 0 ? "\"-inf\"" : "\"inf\"");
        return;
    }
    const plain_locale locale = enter_plain_locale();
    char text[REAL_LENGTH];
    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    leave_plain_locale(locale);
    json_append(json, "%s", text);
}

bool json_real(const cJSON *item, double *value)
{
    const char *word = cJSON_GetStringValue(item);
    if (cJSON_IsNumber(item) && isfinite(item->valuedouble))
        *value = item->valuedouble;
    else if (word && strcmp(word, "inf") == 0)
        *value = INFINITY;
    else if (word && strcmp(word, "-inf") == 0)
        *value = -INFINITY;
    else if (word && strcmp(word, "nan") == 0)
        *value = NAN;
    else
        return false;
    return true;
}

bool json_whole(const cJSON *item, int64_t *value)
{
    if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= LAST_EXACT) ||
        item->valuedouble != floor(item->valuedouble))
        return false;
    *value = (int64_t)item->valuedouble;
    return true;
}

cJSON *json_parse(const char *text, size_t length, size_t *stopped)
{
    /* cJSON takes a zero byte for space */
    const char *zero = memchr(text, 0, length);
    if (zero) {
        *stopped = (size_t)(zero - text);
        return NULL;
    }
    const plain_locale locale = enter_plain_locale();
    const char *end = text;
    cJSON *tree = cJSON_ParseWithLengthOpts(text, length + 1, &end, true);
    leave_plain_locale(locale);
    *stopped = (size_t)(end - text);
    return tree;
}
