/* Strict reading of numbers and words. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnist_value.h"

/* strtod and its like skip blanks and take hexadecimal, "inf" and "nan". */
static bool only_of(const char *text, const char *characters)
{
    return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

static bool read_real(const char *text, const mnist_limits *limits, double *field)
{
    if (!only_of(text, "+-.0123456789eE"))
        return false;
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (*end != '\0' || errno != 0 || !isfinite(number) || number < limits->minimum || number > limits->maximum)
        return false;
    if (((limits->open & MNIST_ABOVE_MINIMUM) && number <= limits->minimum) ||
        ((limits->open & MNIST_BELOW_MAXIMUM) && number >= limits->maximum))
        return false;
    *field = number;
    return true;
}

static bool read_whole(const char *text, const mnist_limits *limits, int *field)
{
    if (!only_of(text, "+-0123456789"))
        return false;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (*end != '\0' || errno != 0 || (double)number < limits->minimum || (double)number > limits->maximum)
        return false;
    *field = (int)number;
    return true;
}

static bool read_count(const char *text, const mnist_limits *limits, uint64_t *field)
{
    /* no sign: strtoull would take "-1" for the largest number */
    if (!only_of(text, "0123456789"))
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno != 0 || (double)number < limits->minimum)
        return false;
    *field = number;
    return true;
}

static bool read_word(const char *text, const mnist_limits *limits, int *field)
{
    for (int i = 0; limits->words[i]; i++) {
        if (strcmp(limits->words[i], text) == 0) {
            *field = i;
            return true;
        }
    }
    return false;
}

bool mnist_value_read(mnist_value_kind kind, const mnist_limits *limits, const char *text, void *field)
{
    switch (kind) {
    case MNIST_FLAG:
        *(bool *)field = true;
        return true;
    case MNIST_WHOLE:
        return read_whole(text, limits, field);
    case MNIST_COUNT:
        return read_count(text, limits, field);
    case MNIST_REAL:
        return read_real(text, limits, field);
    case MNIST_WORD:
        return read_word(text, limits, field);
    case MNIST_TEXT:
        if (text[0] == '\0')
            return false;
        *(const char **)field = text;
        return true;
    }
    return false;
}

static void describe_words(const char *const *words, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; words[i] && used < size; i++) {
        const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        used += (size_t)snprintf(text + used, size - used, "%s%s", between, words[i]);
    }
}

static void describe_real(const mnist_limits *limits, char *text, size_t size)
{
    const char *from = limits->open & MNIST_ABOVE_MINIMUM ? "above" : "from";
    const char *to = limits->open & MNIST_BELOW_MAXIMUM ? "to below" : "up to";
    snprintf(text, size, "a number %s %g %s %g", from, limits->minimum, to, limits->maximum);
}

void mnist_value_describe(mnist_value_kind kind, const mnist_limits *limits, char *text, size_t size)
{
    switch (kind) {
    case MNIST_FLAG:
        snprintf(text, size, "no value");
        break;
    case MNIST_WHOLE:
        snprintf(text, size, "a whole number from %.0f to %.0f", limits->minimum, limits->maximum);
        break;
    case MNIST_COUNT:
        snprintf(text, size, "a whole number from %.0f to %" PRIu64, limits->minimum, UINT64_MAX);
        break;
    case MNIST_REAL:
        describe_real(limits, text, size);
        break;
    case MNIST_WORD:
        describe_words(limits->words, text, size);
        break;
    case MNIST_TEXT:
        snprintf(text, size, "a name");
        break;
    }
}
