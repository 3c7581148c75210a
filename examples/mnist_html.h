/* Parts of a page. A failure to write stays in the stream's error flag. */
#ifndef MNIST_HTML_H
#define MNIST_HTML_H

#include <stdio.h>

/* Any text, for between tags and in quoted attributes: control characters and bytes that are not
 * UTF-8 become ?. */
void mnist_html_text(FILE *stream, const char *text);

/* Lines as they are, NULL at the end. */
void mnist_html_lines(FILE *stream, const char *const lines[]);

/* The address of a picture that holds the picture itself, a PNG: pixels are [height][width]
 * [channels], channels 1 (grey) or 4 (red, green, blue, opacity). */
void mnist_html_picture(FILE *stream, int width, int height, int channels, const unsigned char *pixels);

#endif
