/* Text for people: lines that fit, numbers that fit. */
#ifndef MNIST_TEXT_H
#define MNIST_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include <hinge/hinge.h>

enum { MNIST_WIDTH = 79 /* columns: no line is wider */ };

/* Prints one paragraph, broken at MNIST_WIDTH, control characters replaced. A NULL
 * stream prints nothing. */
void mnist_text_line(FILE *stream, const char *format, ...) HG_PRINTF(2, 3);

/* The number with as many of `decimals` as fit into `width` characters. */
enum { MNIST_NUMBER_LENGTH = 48 };
const char *mnist_text_fixed(char text[MNIST_NUMBER_LENGTH], int width, int decimals, double number);

/* 60,000 */
const char *mnist_text_count(char text[MNIST_NUMBER_LENGTH], double number);

/* The text in at most `width` columns, its front replaced by ... if it is longer, and
 * control characters and bytes that are not UTF-8 by ?. Written to fitted, of `size`
 * bytes, unless NULL; MNIST_UTF8_LENGTH bytes a column always suffice. How many columns it takes. */
enum { MNIST_UTF8_LENGTH = 4 };
int mnist_text_fit(const char *text, int width, char *fitted, size_t size);

/* The text with bytes that are not UTF-8 replaced by ?; free it. NULL without memory. */
char *mnist_text_utf8_copy(const char *text);

/* A word of a command line, quoted where a shell needs it. */
void mnist_text_word(FILE *stream, const char *word);

/* Whether the environment's locale says UTF-8. */
bool mnist_text_utf8(void);

#endif
