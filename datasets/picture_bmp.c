/* BMP: "BM", the file's size, four bytes, where the pixels begin; the size of a second
 * header that says width, height and bits a pixel; rows of whole 32-bit words. Numbers
 * have their lowest byte first. */
#include "datasets/picture.h"

enum {
    PIXELS_AT = 10,
    HEADER_AT = 14,
    SIZES_AT = 18,
    OLD_HEADER = 12, /* bytes of OS/2's, which has its sizes in 16 bits */
    OLD_BITS_AT = 24,
    BITS_AT = 28,
    SMALLEST_FILE = 30,
    WORD_BITS = 32,
    WORD = 4,
    MOST_CHANNELS = 4
};

static const size_t FIXED_MEMORY = 1 << 16;

static size_t number_at(const picture_file *file, size_t place, size_t size)
{
    size_t number = 0;
    for (size_t i = 0; i < size; i++)
        number |= (size_t)file->bytes[place + i] << 8 * i;
    return number;
}

static bool is_old(const picture_file *file)
{
    return number_at(file, HEADER_AT, WORD) == OLD_HEADER;
}

hg_status picture_bmp_size(const picture_file *file, picture_facts *facts, hg_error *error)
{
    if (file->size < SMALLEST_FILE)
        return hg_fail(error, HG_BAD_FILE, "%s: the BMP data is cut off after %zu bytes; copy the file again",
                       file->name, file->size);
    const size_t size = is_old(file) ? WORD / 2 : WORD;
    const int64_t width = (int64_t)number_at(file, SIZES_AT, size);
    const int64_t height = (int64_t)number_at(file, SIZES_AT + size, size);
    /* a negative height: from top to bottom */
    const int64_t rows = height > INT32_MAX ? 2 * ((int64_t)INT32_MAX + 1) - height : height;
    if (width > INT32_MAX || rows > INT32_MAX)
        return hg_fail(error, HG_BAD_FILE, "%s: damaged: states %lld x %lld pixels; copy the file again", file->name,
                       (long long)width, (long long)rows);
    facts->width = (int)width;
    facts->height = (int)rows;
    return HG_OK;
}

hg_status picture_check_bmp(const picture_file *file, picture_facts *facts, hg_error *error)
{
    const size_t begin = number_at(file, PIXELS_AT, WORD);
    const size_t bits = number_at(file, is_old(file) ? OLD_BITS_AT : BITS_AT, 2);
    const size_t row = ((size_t)facts->width * bits + WORD_BITS - 1) / WORD_BITS * WORD;
    const size_t needed = begin + row * (size_t)facts->height;
    if (needed > file->size)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: the BMP data is cut off: %d x %d pixels need %zu bytes, there are %zu; copy the file again",
                       file->name, facts->width, facts->height, needed, file->size);
    facts->most_memory = FIXED_MEMORY + picture_area(facts->width, facts->height) * MOST_CHANNELS;
    return HG_OK;
}
