/* Text for people: breaking lines, fitting numbers. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mnist_text.h"

enum { LINE_LENGTH = 8192, INDENT = 2 };

/* Bytes of a UTF-8 character behind its first one. */
static bool continues(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The bytes of the next line: up to the last blank that fits, or all that fit. */
static size_t line_end(const char *text, int columns)
{
    size_t end = 0, blank = 0;
    for (int column = 0; text[end]; end++) {
        if (!continues(text[end]) && column++ == columns)
            return blank ? blank : end;
        if (text[end] == ' ')
            blank = end;
    }
    return end;
}

void mnist_text_line(FILE *stream, const char *format, ...)
{
    if (!stream)
        return;
    char text[LINE_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++) {
        if (iscntrl((unsigned char)*c))
            *c = '?';
    }
    int indent = 0;
    for (const char *rest = text; *rest; indent = INDENT) {
        size_t length = line_end(rest, MNIST_WIDTH - indent);
        fprintf(stream, "%*s%.*s\n", indent, "", (int)length, rest);
        rest += length;
        rest += strspn(rest, " ");
    }
}

const char *mnist_text_fixed(char text[MNIST_NUMBER_LENGTH], int width, int decimals, double number)
{
    int length = width + 1;
    for (; decimals >= 0 && length > width; decimals--)
        length = snprintf(text, MNIST_NUMBER_LENGTH, "%.*f", decimals, number);
    if (length > width)
        snprintf(text, MNIST_NUMBER_LENGTH, "%.0e", number);
    return text;
}

const char *mnist_text_count(char text[MNIST_NUMBER_LENGTH], double number)
{
    /* larger ones have no use here, and their separators might not fit */
    const double largest = 1e15;
    char digits[MNIST_NUMBER_LENGTH];
    int length = snprintf(digits, sizeof digits, "%.0f", fmin(fmax(number, 0), largest));
    char *end = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *end++ = ',';
        *end++ = digits[i];
    }
    *end = '\0';
    return text;
}

/* The bytes of the UTF-8 character at text (Unicode, table 3-7); 0 if there is none. */
static size_t character(const char *text)
{
    static const struct {
        unsigned char first, last, second_low, second_high;
        size_t length;
    } rows[] = {
        { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    const unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (first < rows[i].first || first > rows[i].last)
            continue;
        bool whole = rows[i].length == 1 || (second >= rows[i].second_low && second <= rows[i].second_high);
        for (size_t at = 2; at < rows[i].length && whole; at++)
            whole = continues(text[at]);
        return whole ? rows[i].length : 0;
    }
    return 0;
}

/* The same, with ? for what is no character, or, if so wanted, none that prints. *length: of what it replaces. */
static const char *shown_character(const char *text, bool printing, size_t *length)
{
    *length = character(text);
    const bool shown = *length > 0 && !(printing && iscntrl((unsigned char)text[0]));
    if (*length == 0)
        *length = 1;
    return shown ? text : "?";
}

int mnist_text_fit(const char *text, int width, char *fitted, size_t size)
{
    static const char dots[] = "...";
    size_t length;
    int columns = 0, skipped = 0;
    for (const char *c = text; *c; c += length, columns++)
        shown_character(c, true, &length);
    if (columns > width) {
        skipped = columns - width + (int)strlen(dots);
        columns = width;
    }
    char *end = fitted;
    if (fitted && size > strlen(dots) && skipped > 0)
        end = stpcpy(end, dots);
    for (const char *c = text; fitted && *c; c += length) {
        const char *shown = shown_character(c, true, &length);
        const size_t bytes = shown == c ? length : 1;
        if (skipped-- > 0 || (size_t)(end - fitted) + bytes >= size)
            continue;
        memcpy(end, shown, bytes);
        end += bytes;
    }
    if (fitted)
        *end = '\0';
    return columns;
}

char *mnist_text_utf8_copy(const char *text)
{
    char *copy = malloc(strlen(text) + 1), *end = copy;
    size_t length;
    for (const char *c = text; copy && *c; c += length) {
        const char *shown = shown_character(c, false, &length);
        memcpy(end, shown, shown == c ? length : 1);
        end += shown == c ? length : 1;
    }
    if (copy)
        *end = '\0';
    return copy;
}

static bool is_plain_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    return word[0] != '\0' && strspn(word, plain) == strlen(word);
}

/* In single quotes nothing is special but they themselves. */
void mnist_text_word(FILE *stream, const char *word)
{
    if (is_plain_word(word)) {
        fputs(word, stream);
        return;
    }
    fputc('\'', stream);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", stream);
        else
            fputc(*word, stream);
    fputc('\'', stream);
}

bool mnist_text_utf8(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < HG_COUNT(variables); i++) {
        const char *locale = getenv(variables[i]);
        if (!locale || locale[0] == '\0')
            continue;
        const char *dot = strchr(locale, '.');
        return dot && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
    }
    return false;
}
