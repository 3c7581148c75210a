/* One value of the command line: what it may be, and reading it strictly. */
#ifndef MNIST_VALUE_H
#define MNIST_VALUE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum mnist_value_kind {
    MNIST_FLAG,  /* bool, no value */
    MNIST_WHOLE, /* int */
    MNIST_COUNT, /* uint64_t; its maximum is that of the type */
    MNIST_REAL,  /* double */
    MNIST_WORD,  /* int, the index of a word */
    MNIST_TEXT   /* const char *, not empty */
} mnist_value_kind;

typedef enum mnist_open_end {
    MNIST_CLOSED,
    MNIST_ABOVE_MINIMUM,
    MNIST_BELOW_MAXIMUM,
    MNIST_OPEN = MNIST_ABOVE_MINIMUM | MNIST_BELOW_MAXIMUM
} mnist_open_end;

typedef struct mnist_limits {
    double minimum, maximum;
    mnist_open_end open;
    const char *const *words; /* NULL at the end */
} mnist_limits;

/* Writes the value to `field`, of the kind's type; false, with the field left
 * alone, if the text as a whole is not one. Does not depend on the locale as long
 * as nobody calls setlocale. */
bool mnist_value_read(mnist_value_kind kind, const mnist_limits *limits, const char *text, void *field);

/* What a value must be: "a whole number from 1 to 10". */
void mnist_value_describe(mnist_value_kind kind, const mnist_limits *limits, char *text, size_t size);

#endif
