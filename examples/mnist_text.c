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
