/* A temporary file beside the path, and a rename. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnist_file.h"

enum { PATH_LENGTH = 4096, PERMISSIONS = 0666 /* less the umask, as for any new file */ };

hg_status mnist_file_check(const char *option, const char *path, hg_error *error)
{
    static const char probe[] = ".mnist.XXXXXX";
    char folder[PATH_LENGTH + sizeof probe];
    struct stat status;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length > PATH_LENGTH)
        return hg_fail(error, HG_IO, "--%s: the path %.100s... is too long", option, path);
    if ((slash && slash[1] == '\0') || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return hg_fail(error, HG_IO, "--%s: %s is a folder; give a file in it", option, path);
    memcpy(folder, path, length);
    memcpy(folder + length, probe, sizeof probe);
    int descriptor = mkstemp(folder);
    if (descriptor < 0) {
        int why = errno;
        folder[length] = '\0';
        return hg_fail(error, HG_IO, "--%s: cannot make a file in %s: %s", option, length > 0 ? folder : "this folder",
                       strerror(why));
    }
    close(descriptor);
    unlink(folder);
    return HG_OK;
}

static int write_all(int descriptor, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        }
    }
    return 0;
}

/* 0, or why not. Not synchronized with the disk: what is lost in a power cut is a page, not a training. */
static int write_and_rename(const char *temporary, const char *path, const void *bytes, size_t count)
{
    const int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PERMISSIONS);
    if (descriptor < 0)
        return errno;
    int why = write_all(descriptor, bytes, count);
    if (close(descriptor) != 0 && !why)
        why = errno;
    if (!why && rename(temporary, path) != 0)
        why = errno;
    if (why)
        unlink(temporary);
    return why;
}

hg_status mnist_file_replace(const char *option, const char *path, const void *bytes, size_t count, hg_error *error)
{
    char temporary[PATH_LENGTH];
    struct stat there;
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    /* a rename would replace even a device or a named pipe */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return hg_fail(error, HG_IO, "--%s: cannot write %s: it is not a regular file", option, path);
    const int length = snprintf(temporary, sizeof temporary, "%.*s.mnist-%ld.tmp", folder, path, (long)getpid());
    if (length >= PATH_LENGTH)
        return hg_fail(error, HG_IO, "--%s: the path %.100s... is too long", option, path);
    /* a signal in here would leave the temporary file behind */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    const int why = write_and_rename(temporary, path, bytes, count);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return why ? hg_fail(error, HG_IO, "--%s: cannot write %s: %s", option, path, strerror(why)) : HG_OK;
}
