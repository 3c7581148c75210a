/* Picture files to pixels: what kind of file it is, whether it is whole and of a size
 * that may be decoded, decoding, and turning what was decoded into grey or colour. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datasets/picture.h"

enum { GREY = 1, GREY_OPACITY = 2, COLOUR = 3, COLOUR_OPACITY = 4, WHITE = 255, UPRIGHT = 1 };

/* ---- the kinds of files ---- */

typedef struct picture_kind {
    const char *name, *start; /* the file's first bytes */
    size_t start_length;
    hg_status (*size)(const picture_file *file, picture_facts *facts, hg_error *error);
    hg_status (*check)(const picture_file *file, picture_facts *facts, hg_error *error); /* NULL: decoding sees all */
} picture_kind;

#define STARTS(text) text, sizeof(text) - 1
static const picture_kind kinds[] = {
    { "PNG", STARTS("\x89PNG\r\n\x1a\n"), picture_png_size, picture_check_png },
    { "JPEG", STARTS("\xff\xd8"), picture_jpeg_size, picture_check_jpeg },
    { "BMP", STARTS("BM"), picture_bmp_size, picture_check_bmp },
    { "PGM", STARTS("P5"), picture_pnm_size, NULL },
    { "PPM", STARTS("P6"), picture_pnm_size, NULL },
    { "PGM", STARTS("P2"), picture_pnm_size, NULL },
    { "PPM", STARTS("P3"), picture_pnm_size, NULL },
};

static hg_status find_kind(const picture_file *file, const picture_kind **kind, hg_error *error)
{
    if (file->size == 0)
        return hg_fail(error, HG_BAD_FILE, "%s: the file is empty", file->name);
    for (size_t i = 0; i < HG_COUNT(kinds); i++)
        if (file->size >= kinds[i].start_length && memcmp(file->bytes, kinds[i].start, kinds[i].start_length) == 0) {
            *kind = &kinds[i];
            return HG_OK;
        }
    return hg_fail(error, HG_BAD_FILE,
                   "%s: not a PNG, JPEG, BMP, PGM or PPM picture, going by its first bytes; convert it to PNG",
                   file->name);
}

/* Everything that can be said before decoding. */
static hg_status inspect(const picture_file *file, const picture_kind **kind, picture_facts *facts, hg_error *error)
{
    *facts = (picture_facts){ 0 };
    hg_status status = find_kind(file, kind, error);
    if (!status)
        status = (*kind)->size(file, facts, error);
    if (status)
        return status;
    if (facts->width < 1 || facts->height < 1)
        return hg_fail(error, HG_BAD_FILE, "%s: a %s of %d x %d pixels shows nothing; save the picture again",
                       file->name, (*kind)->name, facts->width, facts->height);
    if (facts->width > HG_PICTURE_PIXELS / facts->height)
        return hg_fail(error, HG_BAD_FILE, "%s: a %s of %d x %d pixels; up to %d are read: make it smaller", file->name,
                       (*kind)->name, facts->width, facts->height, HG_PICTURE_PIXELS);
    return (*kind)->check ? (*kind)->check(file, facts, error) : HG_OK;
}

/* ---- files ---- */

/* The whole content; release *bytes with hg_release. */
static hg_status read_descriptor(int descriptor, const char *path, unsigned char **bytes, size_t *size, hg_error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return hg_fail(error, HG_IO, "%s: cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return hg_fail(error, HG_IO, "%s: %s where a picture is expected", path,
                       S_ISDIR(status.st_mode) ? "a folder" : "no regular file");
    if (status.st_size > HG_PICTURE_BYTES)
        return hg_fail(error, HG_BAD_FILE, "%s: %lld bytes; pictures of up to %d are read: make it smaller", path,
                       (long long)status.st_size, HG_PICTURE_BYTES);
    *bytes = hg_allocate((size_t)status.st_size, 1);
    if (!*bytes)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for its %lld bytes", path, (long long)status.st_size);
    for (*size = 0; *size < (size_t)status.st_size;) {
        const ssize_t got = read(descriptor, *bytes + *size, (size_t)status.st_size - *size);
        if (got == 0)
            break; /* became shorter; the checks will tell */
        if (got < 0 && errno != EINTR) {
            const int cause = errno;
            hg_release(*bytes);
            return hg_fail(error, HG_IO, "%s: cannot be read: %s", path, strerror(cause));
        }
        *size += got > 0 ? (size_t)got : 0;
    }
    return HG_OK;
}

static hg_status read_whole(const char *path, unsigned char **bytes, size_t *size, hg_error *error)
{
    /* a pipe by that name must not be waited for */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return hg_fail(error, HG_IO, "%s: cannot be opened: %s", path, strerror(errno));
    const hg_status status = read_descriptor(descriptor, path, bytes, size, error);
    close(descriptor);
    return status;
}

/* ---- pixels ---- */

/* What a sample looks like on white paper. */
static unsigned char on_white(unsigned char sample, unsigned char opacity)
{
    return (unsigned char)((sample * opacity + WHITE * (WHITE - opacity) + WHITE / 2) / WHITE);
}

/* In 256ths; they add up to 256. */
static unsigned char grey_of(const unsigned char *colour)
{
    enum { RED = 77, GREEN = 150, BLUE = 29, SHIFT = 8 };
    return (unsigned char)((RED * colour[0] + GREEN * colour[1] + BLUE * colour[2]) >> SHIFT);
}

/* Where the pixel that is stored at (column, row) belongs, by the EXIF orientation. */
static size_t turned(const picture_raster *raster, int orientation, int column, int row)
{
    const int right = raster->width - 1 - column, below = raster->height - 1 - row;
    const size_t width = (size_t)raster->width, height = (size_t)raster->height;
    switch (orientation) {
    case 2:
        return (size_t)row * width + (size_t)right;
    case 3:
        return (size_t)below * width + (size_t)right;
    case 4:
        return (size_t)below * width + (size_t)column;
    case 5:
        return (size_t)column * height + (size_t)row;
    case 6:
        return (size_t)column * height + (size_t)below;
    case 7:
        return (size_t)right * height + (size_t)below;
    case 8:
        return (size_t)right * height + (size_t)row;
    default:
        return (size_t)row * width + (size_t)column;
    }
}

static void convert(const picture_raster *raster, int orientation, const hg_picture *picture)
{
    const size_t area = picture_area(raster->width, raster->height);
    const bool opacity = raster->channels == GREY_OPACITY || raster->channels == COLOUR_OPACITY;
    const int shades = raster->channels - opacity;
    const unsigned char *stored = raster->pixels;
    for (int row = 0; row < raster->height; row++)
        for (int column = 0; column < raster->width; column++, stored += raster->channels) {
            unsigned char shade[COLOUR];
            for (int c = 0; c < COLOUR; c++) {
                const unsigned char sample = stored[shades == COLOUR ? c : 0];
                shade[c] = opacity ? on_white(sample, stored[shades]) : sample;
            }
            unsigned char *pixel = picture->pixels + turned(raster, orientation, column, row);
            if (picture->channels == GREY)
                *pixel = shades == COLOUR ? grey_of(shade) : shade[0];
            for (int c = 0; c < COLOUR && picture->channels == COLOUR; c++)
                pixel[(size_t)c * area] = shade[c];
        }
}

static hg_status make_picture(const picture_file *file, const picture_raster *raster, int orientation, int channels,
                              hg_picture *picture, hg_error *error)
{
    enum { FIRST_TURNED_ASIDE = 5 };
    const bool aside = orientation >= FIRST_TURNED_ASIDE;
    hg_picture made = { .channels = channels                     ? channels
                                    : raster->channels >= COLOUR ? COLOUR
                                                                 : GREY,
                        .height = aside ? raster->width : raster->height,
                        .width = aside ? raster->height : raster->width };
    made.pixels = hg_allocate(picture_area(made.width, made.height), (size_t)made.channels);
    if (!made.pixels)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for %d x %d pixels", file->name, made.width, made.height);
    convert(raster, orientation, &made);
    *picture = made;
    return HG_OK;
}

/* ---- all of it ---- */

hg_status hg_picture_decode(hg_picture *picture, const char *name, const void *bytes, size_t size, int channels,
                            hg_error *error)
{
    assert(picture && name && (bytes || size == 0));
    if (channels != 0 && channels != GREY && channels != COLOUR)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: %d channels; ask for 1 (grey), 3 (colour) or 0 (the picture's own)",
                       name, channels);
    if (size > HG_PICTURE_BYTES)
        return hg_fail(error, HG_BAD_FILE, "%s: %zu bytes; pictures of up to %d are read: make it smaller", name, size,
                       HG_PICTURE_BYTES);
    const picture_file file = { name, bytes, size };
    const picture_kind *kind;
    picture_facts facts;
    picture_raster raster = { 0 };
    hg_status status = inspect(&file, &kind, &facts, error);
    if (!status)
        status = kind->check ? picture_stb_decode(&file, facts.most_memory, &raster, error)
                             : picture_pnm_decode(&file, &raster, error);
    if (!status)
        status =
            make_picture(&file, &raster, facts.orientation ? facts.orientation : UPRIGHT, channels, picture, error);
    hg_release(raster.pixels);
    return status;
}

hg_status hg_picture_read(hg_picture *picture, const char *path, int channels, hg_error *error)
{
    assert(picture && path);
    unsigned char *bytes;
    size_t size;
    hg_status status = read_whole(path, &bytes, &size, error);
    if (status)
        return status;
    status = hg_picture_decode(picture, path, bytes, size, channels, error);
    hg_release(bytes);
    return status;
}

hg_status picture_check_file(const char *path, hg_error *error)
{
    unsigned char *bytes;
    size_t size;
    hg_status status = read_whole(path, &bytes, &size, error);
    if (status)
        return status;
    const picture_kind *kind;
    picture_facts facts;
    status = inspect(&(picture_file){ path, bytes, size }, &kind, &facts, error);
    hg_release(bytes);
    return status;
}

void hg_picture_release(hg_picture *picture)
{
    if (!picture)
        return;
    hg_release(picture->pixels);
    *picture = (hg_picture){ 0 };
}
