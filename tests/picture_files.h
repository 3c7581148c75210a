/* Picture files made in memory, of every kind that is read. */
#ifndef TESTS_PICTURE_FILES_H
#define TESTS_PICTURE_FILES_H

#include <hinge/hinge.h>

enum { PICTURE_CAPACITY = 1 << 18 };

typedef struct picture_bytes {
    size_t size;
    unsigned char bytes[PICTURE_CAPACITY];
} picture_bytes;

/* By their usual endings; the pixels are [height][width][channels], 1 to 4 channels,
 * of which only png knows what to do with 2 and 4, and bmp stores 3 always. */
typedef enum picture_ending { ENDS_PNG, ENDS_JPG, ENDS_BMP, ENDS_PGM, ENDS_PPM, PICTURE_ENDINGS } picture_ending;
extern const char *const picture_endings[PICTURE_ENDINGS];

void picture_make(picture_bytes *made, picture_ending ending, int width, int height, int channels,
                  const unsigned char *pixels);

/* A PNG of any header around `size` bytes of rows, each of which begins with its filter. */
typedef struct png_header {
    uint32_t width, height;
    unsigned char depth, colour, interlaced;
} png_header;
void picture_make_png(picture_bytes *made, png_header header, const unsigned char *palette, size_t palette_size,
                      const void *rows, size_t size);

/* Bytes of a big-endian number, and the same bytes put into a file. */
void picture_put_word(unsigned char *place, uint32_t word);

/* Puts an EXIF segment with an orientation behind the first marker of a JPEG. */
void picture_add_orientation(picture_bytes *jpeg, unsigned char orientation, bool little_endian);

/* A smooth picture with a value of its own at each corner: [height][width][channels]. */
void picture_paint(unsigned char *pixels, int width, int height, int channels);

#endif
