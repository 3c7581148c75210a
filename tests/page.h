/* A page that examples/mnist --report wrote, for the tests that run the program (program.h). */
#ifndef TESTS_PAGE_H
#define TESTS_PAGE_H

#include "program.h"

extern char page[FILE_LENGTH];

/* Reads the file in the test's folder. */
void read_page(const char *name);

void assert_on_page(const char *part);
void assert_not_on_page(const char *part);
size_t count_of(const char *text, const char *part);

/* Every tag is closed by its own, text has no bare < or &, and the page is whole. */
void assert_well_formed(void);

/* How many pictures of so many pixels a side the page holds; each one can be decoded. */
size_t count_pictures(int side);

#endif
