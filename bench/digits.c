/* See digits.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <hinge/hinge.h>

#include "digits.h"

enum { PATH_LENGTH = 4096, LONGEST_NAME = 64, HEADER = 4 /* bytes, of each of its numbers too */ };

/* As many as MNIST has. */
static const struct part {
    const char *name;
    size_t count;
    uint64_t seed;
} parts[] = { { "train", 60000, 1 }, { "t10k", 10000, 2 } };

/* An IDX file of bytes: magic number, sizes, the bytes. */
static bool write_file(const char *path, const unsigned *sizes, int rank, const unsigned char *bytes, size_t count)
{
    gzFile file = gzopen(path, "wb1");
    if (!file)
        return false;
    const unsigned char magic[HEADER] = { 0, 0, 8, (unsigned char)rank };
    bool written = gzwrite(file, magic, HEADER) == HEADER;
    for (int i = 0; i < rank && written; i++) {
        const unsigned char size[HEADER] = { (unsigned char)(sizes[i] >> 24), (unsigned char)(sizes[i] >> 16),
                                             (unsigned char)(sizes[i] >> 8), (unsigned char)sizes[i] };
        written = gzwrite(file, size, HEADER) == HEADER;
    }
    written = written && gzwrite(file, bytes, (unsigned)count) == (int)count;
    return gzclose(file) == Z_OK && written;
}

static bool write_part(const char *folder, const struct part *part)
{
    char path[PATH_LENGTH + LONGEST_NAME];
    hg_error error;
    hg_dataset *digits = hg_synthetic_digits(part->count, part->seed, 0, &error);
    if (!digits) {
        fprintf(stderr, "bench: %s\n", error.message);
        return false;
    }
    const unsigned sizes[] = { (unsigned)digits->count, (unsigned)digits->shape.height, (unsigned)digits->shape.width };
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte.gz", folder, part->name);
    bool written = write_file(path, sizes, 3, digits->pixels, (size_t)sizes[0] * sizes[1] * sizes[2]);
    /* the labels last: where they are, the images are whole */
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte.gz", folder, part->name);
    written = written && write_file(path, sizes, 1, digits->labels, digits->count);
    hg_dataset_destroy(digits);
    if (!written)
        fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
    return written;
}

static bool write_parts(const char *folder)
{
    if (mkdir(folder, S_IRWXU | S_IRWXG | S_IRWXO) != 0 && errno != EEXIST) {
        fprintf(stderr, "bench: cannot make %s: %s\n", folder, strerror(errno));
        return false;
    }
    bool written = true;
    for (size_t i = 0; i < HG_COUNT(parts) && written; i++) {
        char path[PATH_LENGTH + LONGEST_NAME];
        snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte.gz", folder, parts[i].name);
        written = access(path, F_OK) == 0 || write_part(folder, &parts[i]);
    }
    return written;
}

/* In a process of its own: a child's peak of memory counts from its parent's size. */
static bool write_apart(const char *folder)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(write_parts(folder) ? EXIT_SUCCESS : EXIT_FAILURE);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

const char *digits_folder(const char *build)
{
    static char folder[PATH_LENGTH];
    const char *root = getenv("HINGE_DATA");
    const bool given = root && root[0] != '\0';
    const int length = snprintf(folder, sizeof folder, given ? "%s/mnist" : "%s/digits", given ? root : build);
    if (length >= PATH_LENGTH) {
        fputs("bench: the path of the images is too long\n", stderr);
        return NULL;
    }
    return given || write_apart(folder) ? folder : NULL;
}
