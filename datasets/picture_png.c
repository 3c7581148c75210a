/* PNG (https://www.w3.org/TR/png/): eight bytes of signature, then chunks, each a
 * length, a type of four letters, its data and a CRC-32 of type and data. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "datasets/picture.h"

enum {
    WORD = 4,
    SIGNATURE = 8,
    FRAME = 3 * WORD, /* of a chunk: length, type, CRC */
    HEADER = 13,      /* data of IHDR */
    DEPTH_AT = 8,     /* in it */
    COLOUR_AT = 9,
    BITS = 8,
    MOST_CHANNELS = 4
};

/* Deflate makes at most 258 bytes of 2 bits (https://zlib.net/zlib_tech.html). */
static const size_t MOST_EXPANSION = 1032;
/* Tables of the decoder, and its buffers' first sizes. */
static const size_t FIXED_MEMORY = 1 << 18;

static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The chunk at `place`, whole and undamaged. */
static hg_status check_chunk(const picture_file *file, size_t place, uint32_t *length, hg_error *error)
{
    const size_t rest = file->size - place;
    if (rest < FRAME)
        return hg_fail(error, HG_BAD_FILE, "%s: the PNG data is cut off after %zu bytes; copy the file again",
                       file->name, file->size);
    const unsigned char *chunk = file->bytes + place;
    *length = word_at(chunk);
    if (*length > rest - FRAME)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: the PNG data is cut off: the chunk at byte %zu has %" PRIu32
                       " bytes, the file ends after %zu; copy the file again",
                       file->name, place, *length, rest - FRAME);
    const uint32_t stated = word_at(chunk + 2 * WORD + *length);
    const uint32_t sum = (uint32_t)crc32(crc32(0, NULL, 0), chunk + WORD, (uInt)(*length + WORD));
    if (stated != sum)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: damaged: the checksum of the chunk at byte %zu is %08" PRIx32 ", not %08" PRIx32
                       "; copy the file again",
                       file->name, place, sum, stated);
    return HG_OK;
}

hg_status picture_png_size(const picture_file *file, picture_facts *facts, hg_error *error)
{
    const unsigned char *header = file->bytes + SIGNATURE + 2 * WORD;
    if (file->size < SIGNATURE + FRAME + HEADER)
        return hg_fail(error, HG_BAD_FILE, "%s: the PNG data is cut off after %zu bytes; copy the file again",
                       file->name, file->size);
    if (word_at(header) > INT_MAX || word_at(header + WORD) > INT_MAX)
        return hg_fail(error, HG_BAD_FILE, "%s: damaged: states %" PRIu32 " x %" PRIu32 " pixels; copy the file again",
                       file->name, word_at(header), word_at(header + WORD));
    facts->width = (int)word_at(header);
    facts->height = (int)word_at(header + WORD);
    return HG_OK;
}

static size_t channels_of(unsigned char colour)
{
    switch (colour) {
    case 2:
        return 3;
    case 4:
        return 2;
    case 6:
        return MOST_CHANNELS;
    default:
        return 1;
    }
}

/* What the pixels need, against the compressed bytes that are there. */
static hg_status count_memory(const picture_file *file, picture_facts *facts, size_t packed, hg_error *error)
{
    const unsigned char *header = file->bytes + SIGNATURE + 2 * WORD;
    const size_t bits = header[DEPTH_AT] * channels_of(header[COLOUR_AT]), width = (size_t)facts->width;
    const size_t unpacked = (size_t)facts->height * ((width * bits + BITS - 1) / BITS + 1);
    if (unpacked / MOST_EXPANSION > packed)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: states %d x %d pixels, which its %zu compressed bytes cannot hold; save the picture again",
                       file->name, facts->width, facts->height, packed);
    const size_t bytes_per_sample = header[DEPTH_AT] > BITS ? 2 : 1;
    const size_t pixels = picture_area(facts->width, facts->height) * MOST_CHANNELS * bytes_per_sample;
    /* Compressed bytes are gathered in a buffer that doubles; pixels are unpacked, put in order if
     * interlaced, and reduced to 8 bits or taken from the palette. */
    facts->most_memory = FIXED_MEMORY + 4 * packed + 2 * unpacked + 3 * pixels;
    return HG_OK;
}

hg_status picture_check_png(const picture_file *file, picture_facts *facts, hg_error *error)
{
    size_t packed = 0;
    const unsigned char *type = NULL;
    for (size_t place = SIGNATURE; !type || memcmp(type, "IEND", WORD) != 0;) {
        uint32_t length = 0;
        const hg_status status = check_chunk(file, place, &length, error);
        if (status)
            return status;
        type = file->bytes + place + WORD;
        if (place == SIGNATURE && (length != HEADER || memcmp(type, "IHDR", WORD) != 0))
            return hg_fail(error, HG_BAD_FILE, "%s: damaged: its first PNG chunk is not IHDR; save the picture again",
                           file->name);
        if (memcmp(type, "IDAT", WORD) == 0)
            packed += length;
        place += FRAME + length;
        if (memcmp(type, "IEND", WORD) == 0 && place != file->size)
            return hg_fail(error, HG_BAD_FILE, "%s: %zu bytes too many behind the PNG data's end; copy the file again",
                           file->name, file->size - place);
    }
    return count_memory(file, facts, packed, error);
}
