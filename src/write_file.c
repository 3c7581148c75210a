/* A temporary file, fsync, rename, fsync of the folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hinge/tensor.h>

#include "src/write_file.h"

enum {
    PERMISSIONS = 0666, /* less the umask, as for any new file */
    NAME_LENGTH = 64,   /* of the temporary file, without its folder */
    ATTEMPTS = 1000     /* at a name that no interrupted program left behind */
};

static hg_status write_failure(const char *path, int reason, hg_error *error)
{
    return hg_fail(error, HG_IO, "%s: cannot be written: %s", path, strerror(reason));
}

/* The length of the folder's part of a path, its last slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

hg_status write_file_open(write_file *file, const char *path, hg_error *error)
{
    /* a rename would replace even a device or a named pipe */
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return hg_fail(error, HG_IO, "%s: cannot be written: it is %s", path,
                       S_ISDIR(there.st_mode) ? "a directory; name a file in it" : "not a regular file");

    const size_t folder = folder_length(path);
    char *temporary = hg_allocate(folder + NAME_LENGTH, 1);
    if (!temporary)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for its temporary name", path);
    memcpy(temporary, path, folder);
    int descriptor = -1;
    errno = EEXIST;
    for (int attempt = 0; descriptor < 0 && errno == EEXIST && attempt < ATTEMPTS; attempt++) {
        snprintf(temporary + folder, NAME_LENGTH, ".hinge-%ld-%d.tmp", (long)getpid(), attempt);
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PERMISSIONS);
    }
    if (descriptor < 0) {
        const int reason = errno;
        hg_release(temporary);
        return write_failure(path, reason, error);
    }
    *file = (write_file){ .path = path, .temporary = temporary, .descriptor = descriptor };
    return HG_OK;
}

hg_status write_file_append(write_file *file, const void *bytes, size_t count, hg_error *error)
{
    const char *rest = bytes;
    while (count > 0) {
        const ssize_t written = write(file->descriptor, rest, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_failure(file->path, errno, error);
        rest += written;
        count -= (size_t)written;
    }
    return HG_OK;
}

void write_file_abandon(write_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    unlink(file->temporary);
    hg_release(file->temporary);
    *file = (write_file){ .descriptor = -1 };
}

/* Makes a rename last through a power cut. File systems that cannot do this for a
 * folder say EINVAL, and a folder may be closed to reading: then there is no way. */
static int synchronize_folder(const char *path, char *memory)
{
    const size_t length = folder_length(path);
    memcpy(memory, path, length);
    memcpy(memory + length, ".", sizeof ".");
    const int descriptor = open(memory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return 0;
    const int reason = fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    close(descriptor);
    return reason;
}

hg_status write_file_commit(write_file *file, hg_error *error)
{
    int reason = fsync(file->descriptor) == 0 ? 0 : errno;
    if (close(file->descriptor) != 0 && !reason)
        reason = errno;
    file->descriptor = -1;
    if (!reason && rename(file->temporary, file->path) != 0)
        reason = errno;
    if (reason) {
        const hg_status status = write_failure(file->path, reason, error);
        write_file_abandon(file);
        return status;
    }
    const char *path = file->path;
    reason = synchronize_folder(path, file->temporary);
    hg_release(file->temporary);
    *file = (write_file){ .descriptor = -1 };
    return reason ? write_failure(path, reason, error) : HG_OK;
}

hg_status write_file_whole(const char *path, const void *bytes, size_t count, hg_error *error)
{
    write_file file;
    hg_status status = write_file_open(&file, path, error);
    if (status)
        return status;
    status = write_file_append(&file, bytes, count, error);
    if (!status)
        return write_file_commit(&file, error);
    write_file_abandon(&file);
    return status;
}
