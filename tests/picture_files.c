/* Picture files by stb_image_write, PNM and unusual PNG files by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "picture_files.h"

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
/* Seen only at this file's end, where what is unused, and what is inlined, is known. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

enum { JPEG_QUALITY = 95 };

const char *const picture_endings[PICTURE_ENDINGS] = { "png", "jpg", "bmp", "pgm", "ppm" };

/* Not Check's: the corpus of the fuzz targets is made outside of any test. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void append(void *context, void *bytes, int size)
{
    picture_bytes *made = context;
    must(made->size + (size_t)size <= PICTURE_CAPACITY);
    memcpy(made->bytes + made->size, bytes, (size_t)size);
    made->size += (size_t)size;
}

static void make_pnm(picture_bytes *made, int width, int height, int channels, const unsigned char *pixels)
{
    made->size = (size_t)snprintf((char *)made->bytes, PICTURE_CAPACITY, "P%d\n# made\n%d %d\n255\n",
                                  channels == 3 ? 6 : 5, width, height);
    append(made, (void *)pixels, width * height * channels);
}

void picture_make(picture_bytes *made, picture_ending ending, int width, int height, int channels,
                  const unsigned char *pixels)
{
    made->size = 0;
    switch (ending) {
    case ENDS_PNG:
        must(stbi_write_png_to_func(append, made, width, height, channels, pixels, width * channels));
        break;
    case ENDS_JPG:
        must(stbi_write_jpg_to_func(append, made, width, height, channels, pixels, JPEG_QUALITY));
        break;
    case ENDS_BMP:
        must(stbi_write_bmp_to_func(append, made, width, height, channels, pixels));
        break;
    default:
        make_pnm(made, width, height, channels, pixels);
    }
}

void picture_put_word(unsigned char *place, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        place[i] = (unsigned char)(word >> (24 - 8 * i));
}

static void append_chunk(picture_bytes *made, const char *type, const void *data, size_t size)
{
    unsigned char word[4];
    const size_t begin = made->size;
    picture_put_word(word, (uint32_t)size);
    append(made, word, 4);
    append(made, (void *)type, 4);
    append(made, (void *)data, (int)size);
    picture_put_word(word, (uint32_t)crc32(0, made->bytes + begin + 4, (uInt)size + 4));
    append(made, word, 4);
}

void picture_make_png(picture_bytes *made, png_header header, const unsigned char *palette, size_t palette_size,
                      const void *rows, size_t size)
{
    unsigned char ihdr[13] = { [8] = header.depth, header.colour, 0, 0, header.interlaced };
    static unsigned char packed[PICTURE_CAPACITY];
    uLongf packed_size = sizeof packed;
    must(compress2(packed, &packed_size, rows, (uLong)size, Z_BEST_COMPRESSION) == Z_OK);
    picture_put_word(ihdr, header.width);
    picture_put_word(ihdr + 4, header.height);
    made->size = 0;
    append(made, (void *)"\x89PNG\r\n\x1a\n", 8);
    append_chunk(made, "IHDR", ihdr, sizeof ihdr);
    if (palette)
        append_chunk(made, "PLTE", palette, palette_size);
    append_chunk(made, "IDAT", packed, packed_size);
    append_chunk(made, "IEND", "", 0);
}

void picture_add_orientation(picture_bytes *jpeg, unsigned char orientation, bool little_endian)
{
    enum { SEGMENT = 36 };
    static const unsigned char big[SEGMENT] = { 0xFF, 0xE1, 0,  SEGMENT - 2, 'E', 'x', 'i', 'f', 0, 0, 'M',
                                                'M',  0,    42, 0,           0,   0,   8,   0,   1, 1, 18,
                                                0,    3,    0,  0,           0,   1,   0,   0,   0, 0 };
    static const unsigned char little[SEGMENT] = { 0xFF, 0xE1, 0, SEGMENT - 2, 'E', 'x', 'i', 'f', 0, 0,  'I',
                                                   'I',  42,   0, 8,           0,   0,   0,   1,   0, 18, 1,
                                                   3,    0,    1, 0,           0,   0,   0,   0,   0, 0 };
    memmove(jpeg->bytes + 2 + SEGMENT, jpeg->bytes + 2, jpeg->size - 2);
    memcpy(jpeg->bytes + 2, little_endian ? little : big, SEGMENT);
    jpeg->bytes[2 + (little_endian ? 28 : 29)] = orientation;
    jpeg->size += SEGMENT;
}

void picture_paint(unsigned char *pixels, int width, int height, int channels)
{
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++)
            for (int c = 0; c < channels; c++)
                *pixels++ = (unsigned char)(130 * row / height + 60 * column / width + 30 * c);
}
