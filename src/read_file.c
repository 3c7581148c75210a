/* See read_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/read_file.h"

hg_status read_file_open(read_file *file, const char *path, hg_error *error)
{
    /* without O_NONBLOCK a named pipe would keep us waiting for its writer */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return hg_fail(error, HG_IO, "%s: cannot be read: %s", path, strerror(errno));
    struct stat info;
    hg_status status = HG_OK;
    if (fstat(descriptor, &info) != 0)
        status = hg_fail(error, HG_IO, "%s: cannot be read: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        status = hg_fail(error, HG_IO, "%s: cannot be read: it is not a regular file", path);
    if (status)
        close(descriptor);
    else
        *file = (read_file){ path, descriptor, (uint64_t)info.st_size };
    return status;
}

void read_file_close(read_file *file)
{
    close(file->descriptor);
    *file = (read_file){ .descriptor = -1 };
}

hg_status read_file_at(const read_file *file, uint64_t place, void *bytes, size_t count, hg_error *error)
{
    unsigned char *rest = bytes;
    while (count > 0) {
        const ssize_t got = pread(file->descriptor, rest, count, (off_t)place);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return hg_fail(error, HG_IO, "%s: cannot be read: %s", file->path, strerror(errno));
        if (got == 0)
            return hg_fail(error, HG_BAD_FILE, "%s: became shorter while it was read: load it again", file->path);
        rest += got;
        place += (uint64_t)got;
        count -= (size_t)got;
    }
    return HG_OK;
}
