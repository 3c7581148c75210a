/* JPEG (ITU-T T.81, annex B): markers, FF and a byte, most of them in front of a
 * segment that begins with its length; behind the header of a scan its coded data, in
 * which FF is followed by 00 or by a restart marker. Bytes behind the end marker are
 * common (previews, film) and let be. */
#include <string.h>

#include "datasets/picture.h"

enum {
    MARK = 0xFF,
    FIRST_FRAME = 0xC0,
    LAST_READABLE_FRAME = 0xC2,
    LAST_FRAME = 0xCF,
    HUFFMAN_TABLES = 0xC4,
    EXTENSION = 0xC8,
    ARITHMETIC_TABLES = 0xCC,
    RESTART_FIRST = 0xD0,
    RESTART_LAST = 0xD7,
    START_OF_IMAGE = 0xD8,
    END_OF_IMAGE = 0xD9,
    START_OF_SCAN = 0xDA,
    EXIF_SEGMENT = 0xE1,
    ALONE = 0x01,     /* a marker without a segment, reserved */
    MOST_SCANS = 256, /* each costs a walk over all pixels */
    BLOCK = 8,        /* pixels, both ways */
    BLOCKS_PER_BYTE = 8,
    LARGEST_UNIT = 4 * BLOCK, /* that width and height are rounded up to */
    MOST_CHANNELS = 4,
    BYTES_PER_SAMPLE = 4 /* itself, its coefficient of two bytes, and as output */
};

static const size_t FIXED_MEMORY = 1 << 18;

/* ---- EXIF (CIPA DC-008): a TIFF file whose first directory holds the orientation ---- */

typedef struct tiff {
    const unsigned char *bytes;
    size_t size;
    bool little_endian;
} tiff;

/* 0 beyond the end. */
static uint32_t tiff_number(const tiff *tiff, size_t place, size_t size)
{
    uint32_t number = 0;
    if (place > tiff->size || size > tiff->size - place)
        return 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | tiff->bytes[tiff->little_endian ? place + size - 1 - i : place + i];
    return number;
}

static int find_orientation(const unsigned char *segment, size_t size)
{
    enum { NAME = 6, DIRECTORY_AT = 4, ENTRY = 12, VALUE_AT = 8, ORIENTATION = 0x0112, LAST = 8 };
    if (size < NAME || memcmp(segment, "Exif\0", NAME) != 0)
        return 0;
    const tiff tiff = { segment + NAME, size - NAME, size > NAME && segment[NAME] == 'I' };
    const size_t directory = tiff_number(&tiff, DIRECTORY_AT, 4);
    const size_t entries = tiff_number(&tiff, directory, 2);
    for (size_t i = 0; i < entries; i++) {
        const size_t entry = directory + 2 + i * ENTRY;
        if (tiff_number(&tiff, entry, 2) != ORIENTATION)
            continue;
        const int value = (int)tiff_number(&tiff, entry + VALUE_AT, 2);
        return value <= LAST ? value : 0;
    }
    return 0;
}

/* ---- the walk over the markers ---- */

static hg_status cut_off(const picture_file *file, hg_error *error)
{
    return hg_fail(error, HG_BAD_FILE, "%s: the JPEG data is cut off after %zu bytes; copy the file again", file->name,
                   file->size);
}

/* The first marker at or behind `place` that is not part of coded data; the size if there is none. */
static size_t skip_coded(const picture_file *file, size_t place)
{
    while (place + 1 < file->size) {
        const unsigned char *mark = memchr(file->bytes + place, MARK, file->size - place - 1);
        if (!mark)
            break;
        place = (size_t)(mark - file->bytes);
        const unsigned char next = mark[1];
        if (next != 0 && next != MARK && (next < RESTART_FIRST || next > RESTART_LAST))
            return place;
        place += next == MARK ? 1 : 2;
    }
    return file->size;
}

/* Huffman tables: a byte, how many codes have 1 to 16 bits, and the symbols of the codes, of
 * which a byte has 256. stb_image does not look whether there are more, and writes them past its tables. */
static hg_status check_tables(const picture_file *file, size_t place, size_t length, hg_error *error)
{
    enum { LENGTHS = 16, HEAD = 1 + LENGTHS, MOST_SYMBOLS = 256 };
    while (length > 0) {
        size_t symbols = 0;
        for (size_t i = 1; i < HEAD && length >= HEAD; i++)
            symbols += file->bytes[place + i];
        if (length < HEAD || symbols > MOST_SYMBOLS || symbols > length - HEAD)
            return hg_fail(error, HG_BAD_FILE,
                           "%s: damaged: the JPEG table at byte %zu has no room; copy the file again", file->name,
                           place);
        place += HEAD + symbols;
        length -= HEAD + symbols;
    }
    return HG_OK;
}

/* The one frame that a picture has: C0 and C1, or C2, progressive. Of other kinds (lossless, arithmetic
 * coding, differences to another frame) there is no decoder here. */
static hg_status take_frame(const picture_file *file, int marker, size_t place, size_t length, picture_facts *facts,
                            hg_error *error)
{
    enum { HEIGHT_AT = 1, WIDTH_AT = 3, LEAST = 5 };
    const unsigned char *frame = file->bytes + place;
    if (marker > LAST_READABLE_FRAME)
        return hg_fail(error, HG_BAD_FILE, "%s: a JPEG of a kind that is not read (%02X); save the picture again",
                       file->name, (unsigned)marker);
    if (facts->width || facts->height || length < LEAST)
        return hg_fail(error, HG_BAD_FILE, "%s: damaged: JPEG data with two sizes, or half of one; copy the file again",
                       file->name);
    facts->height = frame[HEIGHT_AT] << 8 | frame[HEIGHT_AT + 1];
    facts->width = frame[WIDTH_AT] << 8 | frame[WIDTH_AT + 1];
    return HG_OK;
}

static bool is_frame(int marker)
{
    return marker >= FIRST_FRAME && marker <= LAST_FRAME && marker != HUFFMAN_TABLES && marker != EXTENSION &&
           marker != ARITHMETIC_TABLES;
}

/* Takes the segment of `marker` at *place; behind a scan's header also its coded data. */
static hg_status take_segment(const picture_file *file, int marker, size_t *place, picture_facts *facts,
                              hg_error *error)
{
    if (file->size - *place < 2)
        return cut_off(file, error);
    const size_t length = (size_t)file->bytes[*place] << 8 | file->bytes[*place + 1];
    if (length < 2)
        return hg_fail(error, HG_BAD_FILE, "%s: damaged: the JPEG segment at byte %zu is shorter than its length",
                       file->name, *place);
    if (length > file->size - *place)
        return cut_off(file, error);
    hg_status status = HG_OK;
    if (marker == HUFFMAN_TABLES)
        status = check_tables(file, *place + 2, length - 2, error);
    else if (is_frame(marker))
        status = take_frame(file, marker, *place + 2, length - 2, facts, error);
    if (status)
        return status;
    if (marker == EXIF_SEGMENT && !facts->orientation)
        facts->orientation = find_orientation(file->bytes + *place + 2, length - 2);
    *place += length;
    if (marker == START_OF_SCAN)
        *place = skip_coded(file, *place);
    return HG_OK;
}

hg_status picture_jpeg_size(const picture_file *file, picture_facts *facts, hg_error *error)
{
    size_t place = 0;
    for (int scans = 0; place + 1 < file->size;) {
        if (file->bytes[place] != MARK)
            return hg_fail(error, HG_BAD_FILE, "%s: damaged: no JPEG marker at byte %zu; copy the file again",
                           file->name, place);
        const int marker = file->bytes[place + 1];
        if (marker == END_OF_IMAGE)
            return scans ? HG_OK : hg_fail(error, HG_BAD_FILE, "%s: damaged: JPEG data without a picture", file->name);
        place += marker == MARK ? 1 : 2;
        if (marker == MARK || marker == ALONE || (marker >= RESTART_FIRST && marker <= START_OF_IMAGE))
            continue;
        scans += marker == START_OF_SCAN;
        if (scans > MOST_SCANS)
            return hg_fail(error, HG_BAD_FILE, "%s: a JPEG of more than %d scans; save the picture again", file->name,
                           MOST_SCANS);
        const hg_status status = take_segment(file, marker, &place, facts, error);
        if (status)
            return status;
    }
    return cut_off(file, error);
}

hg_status picture_check_jpeg(const picture_file *file, picture_facts *facts, hg_error *error)
{
    const size_t width = (size_t)facts->width, height = (size_t)facts->height;
    /* no block takes less than a bit */
    if ((width / BLOCK) * (height / BLOCK) / BLOCKS_PER_BYTE > file->size)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: states %zu x %zu pixels, which its %zu bytes cannot hold; save the picture again",
                       file->name, width, height, file->size);
    facts->most_memory =
        FIXED_MEMORY + (width + LARGEST_UNIT) * (height + LARGEST_UNIT) * MOST_CHANNELS * BYTES_PER_SAMPLE;
    return HG_OK;
}
