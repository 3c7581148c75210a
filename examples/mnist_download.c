/* Getting MNIST by curl, checked by sha256sum. A file is held in memory until its
 * checksum is right, so that whatever ends the program leaves nothing half-done. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnist_download.h"
#include "mnist_process.h"
#include "mnist_text.h"

enum { PATH_LENGTH = 4096, SUM_LENGTH = 64, LARGEST_FILE = 16 << 20 };

static const struct {
    const char *host, *folder;
} mirrors[] = {
    { "storage.googleapis.com", "cvdf-datasets/mnist" },
    { "ossci-datasets.s3.amazonaws.com", "mnist" },
};

/* The smallest first: what does not work shows early. */
static const struct {
    const char *name, *sum; /* SHA-256 */
} files[] = {
    { "t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6" },
    { "train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c" },
    { "t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6" },
    { "train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609" },
};

typedef struct file_bytes {
    unsigned char *bytes; /* [LARGEST_FILE] */
    size_t length;
} file_bytes;

/* ---- the folder ---- */

static hg_status join(char path[PATH_LENGTH], const char *folder, const char *name, hg_error *error)
{
    if (snprintf(path, PATH_LENGTH, "%s/%s", folder, name) >= PATH_LENGTH)
        return hg_fail(error, HG_IO, "the path %.100s... is too long", folder);
    return HG_OK;
}

/* The name without .gz behind it, in the same buffer. */
static void cut_packed(char *path)
{
    path[strlen(path) - strlen(".gz")] = '\0';
}

static bool has_file(const char *folder, size_t file)
{
    char path[PATH_LENGTH];
    if (join(path, folder, files[file].name, NULL) != HG_OK)
        return false;
    if (access(path, R_OK) == 0)
        return true;
    cut_packed(path);
    return access(path, R_OK) == 0;
}

bool mnist_download_complete(const char *folder)
{
    for (size_t i = 0; i < HG_COUNT(files); i++) {
        if (!has_file(folder, i))
            return false;
    }
    return true;
}

static hg_status make_folders(const char *folder, hg_error *error)
{
    char path[PATH_LENGTH];
    if (snprintf(path, sizeof path, "%s/", folder) >= (int)sizeof path)
        return hg_fail(error, HG_IO, "the path %.100s... is too long", folder);
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
            return hg_fail(error, HG_IO, "cannot make the folder %s: %s", path, strerror(errno));
        *slash = '/';
    }
    return HG_OK;
}

static bool write_all(int descriptor, const file_bytes *content)
{
    for (size_t done = 0; done < content->length;) {
        ssize_t written = write(descriptor, content->bytes + done, content->length - done);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            done += (size_t)written;
    }
    return fchmod(descriptor, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0 && fsync(descriptor) == 0;
}

static hg_status write_and_rename(const char *path, const file_bytes *content, hg_error *error)
{
    char temporary[PATH_LENGTH + sizeof ".XXXXXX"];
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int descriptor = mkstemp(temporary);
    if (descriptor < 0)
        return hg_fail(error, HG_IO, "cannot write %s: %s", path, strerror(errno));
    bool written = write_all(descriptor, content);
    int why = errno;
    if (close(descriptor) != 0 && written) {
        written = false;
        why = errno;
    }
    if (written && rename(temporary, path) == 0)
        return HG_OK;
    why = written ? errno : why;
    unlink(temporary);
    return hg_fail(error, HG_IO, "cannot write %s: %s", path, strerror(why));
}

static hg_status store(const char *folder, size_t file, const file_bytes *content, hg_error *error)
{
    char path[PATH_LENGTH];
    hg_status status = make_folders(folder, error);
    if (status == HG_OK)
        status = join(path, folder, files[file].name, error);
    if (status != HG_OK)
        return status;
    /* a signal in here would leave the temporary file behind */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    status = write_and_rename(path, content, error);
    if (status == HG_OK) {
        /* one unpacked by hand would be read in its place */
        cut_packed(path);
        unlink(path);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* ---- checksums ---- */

static hg_status check_sum(size_t file, const file_bytes *content, bool *right, hg_error *error)
{
    static const char *const arguments[] = { "sha256sum", NULL };
    unsigned char printed[SUM_LENGTH + 16];
    mnist_process sum = { .arguments = arguments,
                          .input = content->bytes,
                          .input_length = content->length,
                          .patience = 10,
                          .limit = 30,
                          .output = printed,
                          .capacity = sizeof printed };
    hg_status status = mnist_process_run(&sum, error);
    if (status != HG_OK)
        return status;
    *right = sum.length >= SUM_LENGTH && memcmp(printed, files[file].sum, SUM_LENGTH) == 0;
    return HG_OK;
}

/* *right is false also where there is no such file, or one that is too long. */
static hg_status check_stored(const char *folder, size_t file, file_bytes *content, bool *right, hg_error *error)
{
    char path[PATH_LENGTH];
    *right = false;
    hg_status status = join(path, folder, files[file].name, error);
    FILE *stream = status == HG_OK ? fopen(path, "rb") : NULL;
    if (!stream)
        return status;
    content->length = fread(content->bytes, 1, LARGEST_FILE, stream);
    fclose(stream);
    return check_sum(file, content, right, error);
}

/* ---- the network ---- */

static hg_status fetch(size_t mirror, size_t file, file_bytes *content, hg_error *error)
{
    char url[256];
    snprintf(url, sizeof url, "https://%s/%s/%s", mirrors[mirror].host, mirrors[mirror].folder, files[file].name);
    const char *const arguments[] = { "curl",
                                      "--fail",
                                      "--location",
                                      "--silent",
                                      "--connect-timeout",
                                      "3",
                                      "--speed-limit",
                                      "1000",
                                      "--speed-time",
                                      "8",
                                      "--max-time",
                                      "300",
                                      url,
                                      NULL };
    /* 4 s of silence for each of two mirrors: less than 10 s in all */
    mnist_process curl = {
        .arguments = arguments, .patience = 4, .limit = 310, .output = content->bytes, .capacity = LARGEST_FILE
    };
    hg_status status = mnist_process_run(&curl, error);
    content->length = curl.length;
    return status;
}

/* Tries the mirrors, beginning with *mirror, which worked last. */
static hg_status fetch_right(size_t file, size_t *mirror, file_bytes *content, hg_error *error)
{
    hg_error why = { .status = HG_OK };
    for (size_t i = 0; i < HG_COUNT(mirrors); i++, *mirror = (*mirror + 1) % HG_COUNT(mirrors)) {
        const char *host = mirrors[*mirror].host;
        if (fetch(*mirror, file, content, &why) != HG_OK)
            continue;
        bool right;
        hg_status status = check_sum(file, content, &right, error);
        if (status != HG_OK || right)
            return status;
        hg_fail(&why, HG_BAD_DATA, "wrong checksum");
        mnist_text_line(stderr, "mnist: %s from %s has the wrong checksum, not used", files[file].name, host);
    }
    return hg_fail(error, why.status, "no mirror gave %s: %s", files[file].name, why.message);
}

hg_status mnist_download(const char *folder, bool renew, FILE *notes, hg_error *error)
{
    file_bytes content = { .bytes = malloc(LARGEST_FILE) };
    if (!content.bytes)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a download of up to %d bytes", LARGEST_FILE);
    mnist_text_line(notes, "fetching MNIST from %s to %s", mirrors[0].host, folder);
    if (notes)
        fflush(notes);
    size_t mirror = 0;
    hg_status status = HG_OK;
    for (size_t i = 0; i < HG_COUNT(files) && status == HG_OK; i++) {
        bool right = !renew && has_file(folder, i);
        if (renew)
            status = check_stored(folder, i, &content, &right, error);
        if (status != HG_OK || right)
            continue;
        status = fetch_right(i, &mirror, &content, error);
        if (status == HG_OK)
            status = store(folder, i, &content, error);
    }
    free(content.bytes);
    return status;
}
