/* The suites of a test program: make lists the files test_*.c or double_*.c. */
#ifndef SUITES_H
#define SUITES_H

#include <check.h>
#include <stddef.h>

typedef struct suite_row {
    const char *name;
    Suite *(*make)(void);
} suite_row;

extern const suite_row suites[];
extern const size_t suite_count;

#endif
