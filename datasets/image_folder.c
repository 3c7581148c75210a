/* Pictures in folders as a data set: decoded once, by all cores, where they fit into
 * memory; otherwise read from their files whenever a sample is asked for. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datasets/folder_listing.h"
#include "datasets/picture.h"
#include "src/pool.h"

enum { MOST_BYTE_CLASSES = 256, GREY = 1, COLOUR = 3 };

static const double STANDARD_SHARE = 0.2;
static const size_t STANDARD_MEMORY = (size_t)1 << 30;
static const float WHITE = 255;

typedef struct image_folder {
    folder_listing listing;
    unsigned char *pixels; /* [files][channels][height][width]; NULL: read from the files */
    unsigned char *labels; /* [files]; NULL: they do not fit into bytes */
} image_folder;

/* ---- parts ---- */

/* In [0, 1): FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), whose high bits
 * short names hardly reach, and MurmurHash3's last mix, which spreads them. */
static double place_of(const char *key)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001B3);
    hash = (hash ^ hash >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    hash = (hash ^ hash >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    hash ^= hash >> 33;
    return (double)(hash >> 11) / 9007199254740992.0; /* 53 bits */
}

static void choose_part(folder_entries *entries, hg_folder_part part, double share)
{
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const folder_entry entry = entries->list[i];
        if (part == HG_WHOLE_FOLDER || (place_of(entry.key) < share) == (part == HG_VALIDATION_PART)) {
            entries->list[kept++] = entry;
            continue;
        }
        hg_release(entry.path);
        hg_release(entry.why);
    }
    entries->count = kept;
}

/* ---- reading ---- */

static hg_status read_picture(const char *path, hg_shape shape, unsigned char *pixels, hg_error *error)
{
    hg_picture picture;
    hg_status status = hg_picture_read(&picture, path, shape.channels, error);
    if (status)
        return status;
    status = picture_resize(&picture, shape, pixels, error);
    hg_picture_release(&picture);
    return status;
}

typedef struct job {
    image_folder *folder;
    hg_shape shape;
    size_t size; /* bytes of a sample */
} job;

static void take_file(size_t number, int worker, void *context)
{
    (void)worker;
    const job *job = context;
    folder_entry *entry = &job->folder->listing.files.list[number];
    hg_error error;
    const hg_status status =
        job->folder->pixels ? read_picture(entry->path, job->shape, job->folder->pixels + number * job->size, &error)
                            : picture_check_file(entry->path, &error);
    if (!status)
        return;
    /* the path stands in front of the message already */
    const size_t length = strlen(entry->path);
    const bool named =
        strncmp(error.message, entry->path, length) == 0 && strncmp(error.message + length, ": ", 2) == 0;
    entry->why = folder_copy_text(named ? error.message + length + 2 : error.message);
    if (!entry->why)
        entry->why = hg_allocate(1, 1);
}

/* Reads, or at least looks at, every file; what is bad goes to `skipped`. */
static hg_status take_files(image_folder *folder, const hg_image_folder_options *options, size_t size, hg_error *error)
{
    job job = { folder, options->shape, size };
    folder_entries *files = &folder->listing.files;
    pool *pool = pool_create(options->threads ? options->threads : pool_processors());
    if (!pool)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for threads", folder->listing.folder);
    pool_run(pool, files->count, take_file, &job);
    pool_destroy(pool);
    size_t kept = 0;
    for (size_t i = 0; i < files->count && folder->pixels; i++) {
        if (files->list[i].why)
            continue;
        memmove(folder->pixels + kept * size, folder->pixels + i * size, size);
        kept++;
    }
    return folder_listing_skip(&folder->listing, error);
}

static hg_status report_skipped(const image_folder *folder, const hg_image_folder_options *options, hg_error *error)
{
    const folder_entries *skipped = &folder->listing.skipped, *files = &folder->listing.files;
    for (size_t i = 0; i < skipped->count && options->on_skip; i++)
        options->on_skip(skipped->list[i].path, skipped->list[i].why, options->context);
    if (skipped->count && (options->strict || files->count == 0))
        return hg_fail(
            error, HG_BAD_DATA, "%s: %zu pictures can be read, %zu entries cannot be used; the first: %.150s: %.200s",
            folder->listing.folder, files->count, skipped->count, skipped->list[0].path, skipped->list[0].why);
    return HG_OK;
}

/* ---- the data set ---- */

static hg_status read_sample(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error)
{
    const image_folder *folder = dataset->context;
    if (index >= dataset->count)
        return hg_fail(error, HG_BAD_ARGUMENT, "image %zu of a data set of %zu: the last one is %zu", index,
                       dataset->count, dataset->count - 1);
    const folder_entry *entry = &folder->listing.files.list[index];
    *label = (int)entry->class;
    if (folder->pixels) {
        const size_t size = picture_area(dataset->shape.height, dataset->shape.width) * (size_t)dataset->shape.channels;
        for (size_t i = 0; i < size; i++)
            image[i] = (float)folder->pixels[index * size + i] / WHITE;
        return HG_OK;
    }
    hg_picture picture;
    hg_status status = hg_picture_read(&picture, entry->path, dataset->shape.channels, error);
    if (status)
        return status;
    status = hg_picture_fit(&picture, dataset->shape, image, error);
    hg_picture_release(&picture);
    return status;
}

static void release_folder(image_folder *folder)
{
    folder_listing_release(&folder->listing);
    hg_release(folder->pixels);
    hg_release(folder->labels);
    hg_release(folder);
}

static void destroy(hg_dataset *dataset)
{
    release_folder(dataset->context);
    hg_release(dataset);
}

static hg_status check_options(const char *folder, const hg_image_folder_options *options, size_t *size,
                               hg_error *error)
{
    const hg_shape shape = options->shape;
    if ((shape.channels != GREY && shape.channels != COLOUR) || shape.height < 1 || shape.width < 1 ||
        __builtin_mul_overflow((size_t)shape.height * (size_t)shape.channels, (size_t)shape.width, size))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "%s: pictures of %d x %d x %d: ask for a height and width from 1, and 1 or 3 channels", folder,
                       shape.height, shape.width, shape.channels);
    if (!(options->validation_share >= 0 && options->validation_share < 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: a validation share of %g: it lies in [0, 1)", folder,
                       options->validation_share);
    if (options->threads < 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: %d threads: ask for 0 (all cores) or more", folder,
                       options->threads);
    if (options->class_names && options->class_count == 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: an empty list of classes; NULL stands for those of the folder",
                       folder);
    return HG_OK;
}

static hg_status check_count(const folder_listing *listing, size_t of, const hg_image_folder_options *options,
                             hg_error *error)
{
    static const char *const parts[] = { "", "training ", "validation " };
    if (listing->files.count)
        return HG_OK;
    if (of)
        return hg_fail(error, HG_BAD_DATA,
                       "%s: the %spart of its %zu pictures is empty; change the validation share, %g, or add pictures",
                       listing->folder, parts[options->part], of, options->validation_share);
    return hg_fail(error, HG_BAD_DATA,
                   "%s: no pictures; it should hold a folder for each class, with its png, jpg, bmp, pgm or ppm files",
                   listing->folder);
}

static hg_status fill_folder(image_folder *folder, const char *path, const hg_image_folder_options *options,
                             size_t size, hg_error *error)
{
    folder_listing *listing = &folder->listing;
    hg_status status = folder_listing_read(listing, path, options->class_names, options->class_count, error);
    if (status)
        return status;
    const size_t all = listing->files.count, limit = options->memory ? options->memory : STANDARD_MEMORY;
    const double share = options->validation_share > 0 ? options->validation_share : STANDARD_SHARE;
    if (all == 0 && listing->skipped.count)
        return report_skipped(folder, options, error);
    choose_part(&listing->files, options->part, share);
    choose_part(&listing->skipped, options->part, share);
    status = check_count(listing, all, options, error);
    if (status)
        return status;
    if (listing->files.count <= limit / size) {
        folder->pixels = hg_allocate(listing->files.count, size);
        folder->labels = listing->class_count <= MOST_BYTE_CLASSES ? hg_allocate(listing->files.count, 1) : NULL;
        if (!folder->pixels || (!folder->labels && listing->class_count <= MOST_BYTE_CLASSES))
            return hg_fail(error, HG_NO_MEMORY, "%s: no memory for %zu pictures of %zu bytes; allow less (.memory)",
                           path, listing->files.count, size);
    }
    status = take_files(folder, options, size, error);
    for (size_t i = 0; i < listing->files.count && folder->labels; i++)
        folder->labels[i] = (unsigned char)listing->files.list[i].class;
    return status ? status : report_skipped(folder, options, error);
}

hg_dataset *hg_image_folder_open(const char *path, const hg_image_folder_options *options, hg_error *error)
{
    assert(path && options);
    size_t size = 0;
    if (check_options(path, options, &size, error))
        return NULL;
    image_folder *folder = hg_allocate(1, sizeof *folder);
    hg_dataset *dataset = folder ? hg_allocate(1, sizeof *dataset) : NULL;
    if (!dataset) {
        hg_fail(error, HG_NO_MEMORY, "%s: no memory for a data set", path);
        hg_release(folder);
        return NULL;
    }
    if (fill_folder(folder, path, options, size, error)) {
        release_folder(folder);
        hg_release(dataset);
        return NULL;
    }
    *dataset = (hg_dataset){ .count = folder->listing.files.count,
                             .shape = options->shape,
                             .classes = (int)folder->listing.class_count,
                             .class_names = (const char *const *)folder->listing.class_names,
                             .read = read_sample,
                             .pixels = folder->labels ? folder->pixels : NULL,
                             .labels = folder->labels,
                             .destroy = destroy,
                             .context = folder };
    return dataset;
}

const char *hg_image_folder_path(const hg_dataset *dataset, size_t index)
{
    assert(dataset->read == read_sample && index < dataset->count);
    return ((const image_folder *)dataset->context)->listing.files.list[index].path;
}
