/* IDX files, the form MNIST comes in (http://yann.lecun.com/exdb/mnist/): a magic
 * number {0, 0, type, rank}, `rank` sizes as big-endian 32-bit numbers, the data.
 * zlib reads plain and gzipped files alike. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "datasets/dataset.h"

enum { WORD = 4, MAX_RANK = 3, IMAGE_MAGIC = 0x803, LABEL_MAGIC = 0x801, MNIST_CLASSES = 10 };

/* A header may lie, so memory is first taken for what a file of its size may well hold
 * (MNIST's expand five times), and more only when that much has been read. */
static const size_t FIRST_CAPACITY = 1 << 20, EXPECTED_EXPANSION = 8;
static const unsigned READ_BUFFER = 1 << 17, LONGEST_READ = 1 << 30;

/* What a file should be. */
typedef struct idx_kind {
    const char *name;
    uint32_t magic;
    int rank;
} idx_kind;

static const idx_kind images_kind = { "images", IMAGE_MAGIC, 3 };
static const idx_kind labels_kind = { "labels", LABEL_MAGIC, 1 };

typedef struct idx_file {
    const char *path;
    const idx_kind *kind;
    gzFile stream;
    size_t expected; /* bytes: the first memory taken */
    uint32_t size[MAX_RANK];
    unsigned char *data; /* the product of the sizes */
} idx_file;

static hg_status open_stream(idx_file *file, hg_error *error)
{
    struct stat status;
    if (stat(file->path, &status) != 0)
        return hg_fail(error, HG_IO, "%s: cannot open the %s: %s", file->path, file->kind->name, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return hg_fail(error, HG_IO, "%s: a folder where an IDX file of %s is expected; name the file in it",
                       file->path, file->kind->name);
    errno = 0;
    file->expected = FIRST_CAPACITY + (size_t)status.st_size * EXPECTED_EXPANSION;
    file->stream = gzopen(file->path, "rbe");
    if (!file->stream)
        return hg_fail(error, HG_IO, "%s: cannot open the %s: %s", file->path, file->kind->name,
                       errno ? strerror(errno) : "no memory");
    gzbuffer(file->stream, READ_BUFFER);
    return HG_OK;
}

/* Up to `wanted` bytes; fewer, without a failure, only at the file's end. */
static hg_status read_some(idx_file *file, unsigned char *bytes, size_t wanted, size_t *got, hg_error *error)
{
    *got = 0;
    while (*got < wanted) {
        const size_t rest = wanted - *got;
        const int count = gzread(file->stream, bytes + *got, rest < LONGEST_READ ? (unsigned)rest : LONGEST_READ);
        if (count <= 0)
            break;
        *got += (size_t)count;
    }
    if (*got == wanted)
        return HG_OK;
    int code;
    const char *reason = gzerror(file->stream, &code); /* begins with the path */
    if (code == Z_ERRNO)
        return hg_fail(error, HG_IO, "%s: cannot read the %s: %s", file->path, file->kind->name, strerror(errno));
    if (code == Z_BUF_ERROR)
        return hg_fail(error, HG_BAD_FILE, "%s: the gzip data is cut off; fetch the file again", file->path);
    if (code == Z_MEM_ERROR)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory to unpack the %s", file->path, file->kind->name);
    if (code != Z_OK)
        return hg_fail(error, HG_BAD_FILE, "%s; the gzip data is damaged, fetch the file again", reason);
    return HG_OK;
}

/* One big-endian number of the header. */
static hg_status read_word(idx_file *file, size_t offset, uint32_t *word, hg_error *error)
{
    const size_t header = (size_t)WORD * (1 + (size_t)file->kind->rank);
    unsigned char bytes[WORD];
    size_t got;
    const hg_status status = read_some(file, bytes, WORD, &got, error);
    if (status != HG_OK)
        return status;
    if (offset + got == 0)
        return hg_fail(error, HG_BAD_FILE, "%s: the file is empty; fetch it again", file->path);
    if (got < WORD)
        return hg_fail(error, HG_BAD_FILE, "%s: cut off within the header, after %zu of its %zu bytes; fetch it again",
                       file->path, offset + got, header);
    *word = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return HG_OK;
}

static hg_status check_magic(const idx_file *file, uint32_t magic, hg_error *error)
{
    if (magic == file->kind->magic)
        return HG_OK;
    const idx_kind *other = file->kind == &images_kind ? &labels_kind : &images_kind;
    if (magic == other->magic)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: a file of %s (magic 0x%08" PRIx32 ") where %s (0x%08" PRIx32
                       ") are expected; are the two paths swapped?",
                       file->path, other->name, magic, file->kind->name, file->kind->magic);
    return hg_fail(error, HG_BAD_FILE,
                   "%s: not an IDX file of %s: its magic is 0x%08" PRIx32 ", expected 0x%08" PRIx32
                   " (unsigned bytes of rank %d)",
                   file->path, file->kind->name, magic, file->kind->magic, file->kind->rank);
}

/* The number of bytes that the sizes ask for. */
static hg_status check_sizes(const idx_file *file, size_t *bytes, hg_error *error)
{
    if (file->size[0] == 0)
        return hg_fail(error, HG_BAD_FILE, "%s: holds 0 %s; at least one is needed", file->path, file->kind->name);
    *bytes = file->size[0];
    if (file->kind->rank == 1)
        return HG_OK;
    const uint32_t height = file->size[1], width = file->size[2];
    if (height == 0 || width == 0)
        return hg_fail(error, HG_BAD_FILE, "%s: images of %" PRIu32 " x %" PRIu32 " pixels hold nothing", file->path,
                       height, width);
    if ((uint64_t)height * width > INT_MAX || __builtin_mul_overflow(*bytes, (size_t)height * width, bytes))
        return hg_fail(error, HG_BAD_FILE,
                       "%s: %" PRIu32 " images of %" PRIu32 " x %" PRIu32
                       " pixels are more than memory can hold; the header is probably damaged",
                       file->path, file->size[0], height, width);
    return HG_OK;
}

static hg_status read_data(idx_file *file, size_t bytes, hg_error *error)
{
    size_t filled = 0, capacity = 0;
    while (filled < bytes) {
        capacity = capacity ? 2 * capacity : file->expected;
        if (capacity > bytes)
            capacity = bytes;
        unsigned char *larger = hg_allocate(capacity, 1);
        if (!larger)
            return hg_fail(error, HG_NO_MEMORY, "%s: no memory for %zu bytes of %s", file->path, capacity,
                           file->kind->name);
        if (filled)
            memcpy(larger, file->data, filled);
        hg_release(file->data);
        file->data = larger;
        size_t got;
        const hg_status status = read_some(file, larger + filled, capacity - filled, &got, error);
        if (status != HG_OK)
            return status;
        filled += got;
        if (filled < capacity)
            return hg_fail(error, HG_BAD_FILE,
                           "%s: cut off after %zu of the %zu bytes that its header asks for; fetch it again",
                           file->path, filled, bytes);
    }
    /* Looking past the end also makes zlib compare the checksum. */
    unsigned char beyond;
    size_t got;
    const hg_status status = read_some(file, &beyond, 1, &got, error);
    if (status == HG_OK && got)
        return hg_fail(error, HG_BAD_FILE, "%s: goes on after the %zu bytes that its header asks for; fetch it again",
                       file->path, bytes);
    return status;
}

static hg_status read_stream(idx_file *file, hg_error *error)
{
    uint32_t magic = 0;
    hg_status status = read_word(file, 0, &magic, error);
    if (status == HG_OK)
        status = check_magic(file, magic, error);
    for (int i = 0; i < file->kind->rank && status == HG_OK; i++)
        status = read_word(file, (size_t)WORD * (1 + (size_t)i), &file->size[i], error);
    size_t bytes = 0;
    if (status == HG_OK)
        status = check_sizes(file, &bytes, error);
    if (status == HG_OK)
        status = read_data(file, bytes, error);
    return status;
}

/* On failure there is nothing to release. */
static hg_status read_file(idx_file *file, hg_error *error)
{
    hg_status status = open_stream(file, error);
    if (status != HG_OK)
        return status;
    status = read_stream(file, error);
    gzclose(file->stream);
    if (status != HG_OK) {
        hg_release(file->data);
        file->data = NULL;
    }
    return status;
}

static hg_status check_labels(const idx_file *images, const idx_file *labels, int classes, hg_error *error)
{
    const uint32_t count = labels->size[0];
    if (images->size[0] != count)
        return hg_fail(error, HG_BAD_DATA,
                       "%s holds %" PRIu32 " images but %s holds %" PRIu32 " labels; take two files of one set",
                       images->path, images->size[0], labels->path, count);
    for (uint32_t i = 0; i < count; i++)
        if (labels->data[i] >= classes)
            return hg_fail(error, HG_BAD_DATA,
                           "%s: label %" PRIu32 " is %d, but with %d classes labels are 0 to %d; is it the right file?",
                           labels->path, i, labels->data[i], classes, classes - 1);
    return HG_OK;
}

hg_dataset *hg_idx_open(const char *images_path, const char *labels_path, int classes, hg_error *error)
{
    assert(images_path && labels_path);
    if (classes < 1) {
        hg_fail(error, HG_BAD_ARGUMENT, "%s: %d classes; at least 1 is needed", labels_path, classes);
        return NULL;
    }
    idx_file images = { .path = images_path, .kind = &images_kind };
    idx_file labels = { .path = labels_path, .kind = &labels_kind };
    if (read_file(&images, error) != HG_OK || read_file(&labels, error) != HG_OK ||
        check_labels(&images, &labels, classes, error) != HG_OK) {
        hg_release(images.data);
        hg_release(labels.data);
        return NULL;
    }
    const hg_shape shape = { 1, (int)images.size[1], (int)images.size[2] };
    return dataset_of_bytes(images.size[0], shape, classes, images.data, labels.data, error);
}

/* The path of the file, plain or with .gz, whichever is there; NULL if neither is. */
static char *find_in_folder(const char *folder, const char *name, hg_error *error)
{
    static const char *const endings[] = { "", ".gz" };
    const size_t length = strlen(folder) + strlen(name) + sizeof "/.gz";
    char *path = hg_allocate(length, 1);
    if (!path) {
        hg_fail(error, HG_NO_MEMORY, "%s: no memory for the path of %s", folder, name);
        return NULL;
    }
    for (size_t i = 0; i < HG_COUNT(endings); i++) {
        struct stat status;
        snprintf(path, length, "%s/%s%s", folder, name, endings[i]);
        if (stat(path, &status) == 0)
            return path;
    }
    hg_fail(error, HG_IO,
            "%s: no %s and no %s.gz in this folder (%s); give the folder that holds MNIST, or fetch the four files "
            "from https://storage.googleapis.com/cvdf-datasets/mnist/",
            folder, name, name, strerror(errno));
    hg_release(path);
    return NULL;
}

hg_dataset *hg_mnist_open(const char *folder, hg_mnist_part part, hg_error *error)
{
    static const char *const names[][2] = {
        [HG_MNIST_TRAINING] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte" },
        [HG_MNIST_TEST] = { "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" },
    };
    assert(folder && (part == HG_MNIST_TRAINING || part == HG_MNIST_TEST));
    hg_dataset *dataset = NULL;
    char *images = find_in_folder(folder, names[part][0], error);
    char *labels = images ? find_in_folder(folder, names[part][1], error) : NULL;
    if (labels)
        dataset = hg_idx_open(images, labels, MNIST_CLASSES, error);
    hg_release(images);
    hg_release(labels);
    return dataset;
}
