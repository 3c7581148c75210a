/* PGM and PPM (https://netpbm.sourceforge.net/doc/pgm.html): P5 (grey) or P6 (colour),
 * width, height and the number that white is, one blank, then bytes, or pairs of bytes
 * where white is above 255; P2 and P3 have numbers in digits instead. What follows a
 * # in front of the pixels is a comment up to the line's end. */
#include <limits.h>

#include "datasets/picture.h"

enum { WHITE = 255, MOST_WHITE = 65535, BASE = 10 };

typedef struct pnm {
    const picture_file *file;
    size_t place;
    int channels, width, height, white;
    bool plain; /* digits */
} pnm;

static bool is_blank(unsigned char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void skip_blanks(pnm *pnm)
{
    const picture_file *file = pnm->file;
    bool comment = false;
    for (; pnm->place < file->size; pnm->place++) {
        const unsigned char byte = file->bytes[pnm->place];
        if (comment)
            comment = byte != '\n' && byte != '\r';
        else if (byte == '#')
            comment = true;
        else if (!is_blank(byte))
            break;
    }
}

static hg_status read_number(pnm *pnm, const char *what, int most, int *number, hg_error *error)
{
    const picture_file *file = pnm->file;
    skip_blanks(pnm);
    const size_t begin = pnm->place;
    int value = 0;
    for (; pnm->place < file->size; pnm->place++) {
        const int digit = file->bytes[pnm->place] - '0';
        if (digit < 0 || digit >= BASE)
            break;
        if (value > (most - digit) / BASE)
            return hg_fail(error, HG_BAD_FILE, "%s: its %s at byte %zu is above %d; save the picture again", file->name,
                           what, begin, most);
        value = value * BASE + digit;
    }
    if (begin == file->size)
        return hg_fail(error, HG_BAD_FILE, "%s: cut off after %zu bytes, in front of its %s; copy the file again",
                       file->name, file->size, what);
    if (begin == pnm->place)
        return hg_fail(error, HG_BAD_FILE, "%s: no number for its %s at byte %zu; save the picture again", file->name,
                       what, begin);
    *number = value;
    return HG_OK;
}

static hg_status read_header(pnm *pnm, hg_error *error)
{
    const unsigned char kind = pnm->file->bytes[1]; /* the caller has looked at the first two */
    pnm->place = 2;
    pnm->channels = kind == '3' || kind == '6' ? 3 : 1;
    pnm->plain = kind == '2' || kind == '3';
    hg_status status = read_number(pnm, "width", INT_MAX, &pnm->width, error);
    if (!status)
        status = read_number(pnm, "height", INT_MAX, &pnm->height, error);
    if (!status)
        status = read_number(pnm, "white", MOST_WHITE, &pnm->white, error);
    if (!status && pnm->white == 0)
        status = hg_fail(error, HG_BAD_FILE, "%s: its white is 0; save the picture again", pnm->file->name);
    pnm->place += !pnm->plain && pnm->place < pnm->file->size; /* the one blank */
    return status;
}

hg_status picture_pnm_size(const picture_file *file, picture_facts *facts, hg_error *error)
{
    pnm pnm = { .file = file };
    const hg_status status = read_header(&pnm, error);
    facts->width = pnm.width;
    facts->height = pnm.height;
    return status;
}

static hg_status read_samples(pnm *pnm, unsigned char *samples, size_t count, hg_error *error)
{
    const int half = pnm->white / 2;
    for (size_t i = 0; i < count; i++) {
        int sample;
        if (pnm->plain) {
            const hg_status status = read_number(pnm, "pixels", pnm->white, &sample, error);
            if (status)
                return status;
        } else if (pnm->white > WHITE) {
            sample = pnm->file->bytes[pnm->place] << 8 | pnm->file->bytes[pnm->place + 1];
            pnm->place += 2;
        } else
            sample = pnm->file->bytes[pnm->place++];
        if (sample > pnm->white)
            return hg_fail(error, HG_BAD_FILE, "%s: damaged: a pixel of %d, where white is %d; save the picture again",
                           pnm->file->name, sample, pnm->white);
        samples[i] = (unsigned char)((sample * WHITE + half) / pnm->white);
    }
    if (pnm->plain)
        skip_blanks(pnm);
    if (pnm->place < pnm->file->size)
        return hg_fail(error, HG_BAD_FILE, "%s: %zu bytes too many behind its pixels; copy the file again",
                       pnm->file->name, pnm->file->size - pnm->place);
    return HG_OK;
}

hg_status picture_pnm_decode(const picture_file *file, picture_raster *raster, hg_error *error)
{
    pnm pnm = { .file = file };
    hg_status status = read_header(&pnm, error);
    if (status)
        return status;
    const size_t count = picture_area(pnm.width, pnm.height) * (size_t)pnm.channels, rest = file->size - pnm.place;
    /* a digit and a blank each, but for the last blank */
    const size_t least = pnm.plain ? 2 * count - 1 : pnm.white > WHITE ? 2 * count : count;
    if (rest < least)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: cut off: %d x %d pixels need at least %zu bytes, there are %zu; copy the file again",
                       file->name, pnm.width, pnm.height, least, rest);
    unsigned char *samples = hg_allocate(count, 1);
    if (!samples)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for %d x %d pixels", file->name, pnm.width, pnm.height);
    status = read_samples(&pnm, samples, count, error);
    if (status)
        hg_release(samples);
    else
        *raster = (picture_raster){ pnm.width, pnm.height, pnm.channels, samples };
    return status;
}
