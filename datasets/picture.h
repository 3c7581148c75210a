/* What the parts of the picture reader know of each other. */
#ifndef HINGE_DATASETS_PICTURE_H
#define HINGE_DATASETS_PICTURE_H

#include <hinge/datasets.h>

/* A file's content, which nobody vouches for. */
typedef struct picture_file {
    const char *name; /* for messages */
    const unsigned char *bytes;
    size_t size;
} picture_file;

/* What a file states, and what decoding it may cost. */
typedef struct picture_facts {
    int width, height;  /* as stored: before it is turned */
    int orientation;    /* EXIF's, 1 (upright) to 8 */
    size_t most_memory; /* bytes that decoding may ask for, all in all */
} picture_facts;

/* Pixels as files have them: [height][width][channels], channels 1 (grey), 2 (grey,
 * opacity), 3 or 4 (colour, opacity). Release with hg_release. */
typedef struct picture_raster {
    int width, height, channels;
    unsigned char *pixels;
} picture_raster;

/* What the header states; a JPEG is looked through to its end for it. */
hg_status picture_png_size(const picture_file *file, picture_facts *facts, hg_error *error);
hg_status picture_jpeg_size(const picture_file *file, picture_facts *facts, hg_error *error);
hg_status picture_bmp_size(const picture_file *file, picture_facts *facts, hg_error *error);
hg_status picture_pnm_size(const picture_file *file, picture_facts *facts, hg_error *error);

/* Each checks that the file is whole, from its first to its last byte, as far as the
 * format lets one see that, given the width and height that it states. */
hg_status picture_check_png(const picture_file *file, picture_facts *facts, hg_error *error);
hg_status picture_check_jpeg(const picture_file *file, picture_facts *facts, hg_error *error);
hg_status picture_check_bmp(const picture_file *file, picture_facts *facts, hg_error *error);

/* PNG, JPEG and BMP, by stb_image; PGM and PPM. */
hg_status picture_stb_decode(const picture_file *file, size_t most_memory, picture_raster *raster, hg_error *error);
hg_status picture_pnm_decode(const picture_file *file, picture_raster *raster, hg_error *error);

/* All that can be seen of a file without decoding it. */
hg_status picture_check_file(const char *path, hg_error *error);

/* As hg_picture_fit, to bytes: [channels][shape.height][shape.width]. */
hg_status picture_resize(const hg_picture *picture, hg_shape shape, unsigned char *pixels, hg_error *error);

static inline size_t picture_area(int width, int height)
{
    return (size_t)width * (size_t)height;
}

#endif
