/* Escaped text; pictures as data: addresses (RFC 2397) in base64 (RFC 4648). */
#include <ctype.h>
#include <stdlib.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

#include "mnist_html.h"
#include "mnist_text.h"

static void print_character(FILE *stream, char character)
{
    static const struct {
        char character;
        const char *entity;
    } rows[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" } };
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (rows[i].character == character) {
            fputs(rows[i].entity, stream);
            return;
        }
    }
    fputc(iscntrl((unsigned char)character) ? '?' : character, stream);
}

void mnist_html_text(FILE *stream, const char *text)
{
    char *copy = mnist_text_utf8_copy(text);
    for (const char *c = copy ? copy : "?"; *c; c++)
        print_character(stream, *c);
    free(copy);
}

void mnist_html_lines(FILE *stream, const char *const lines[])
{
    for (; *lines; lines++)
        fprintf(stream, "%s\n", *lines);
}

/* ---- pictures ---- */

static void print_base64(FILE *stream, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { GROUP = 3 /* bytes, as four digits of six bits */ };
    for (size_t i = 0; i < count; i += GROUP) {
        const size_t left = count - i;
        const unsigned group = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? (unsigned)bytes[i + 2] : 0);
        fputc(digits[group >> 18 & 63], stream);
        fputc(digits[group >> 12 & 63], stream);
        fputc(left > 1 ? digits[group >> 6 & 63] : '=', stream);
        fputc(left > 2 ? digits[group & 63] : '=', stream);
    }
}

void mnist_html_picture(FILE *stream, int width, int height, int channels, const unsigned char *pixels)
{
    int count = 0;
    unsigned char *png = stbi_write_png_to_mem(pixels, width * channels, width, height, channels, &count);
    fputs("data:image/png;base64,", stream);
    if (png)
        print_base64(stream, png, (size_t)count);
    free(png);
}
