/* Files for targets that read files: made once a process, and rewritten. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { FILES = 2, PATH_LENGTH = 4096 };

static struct {
    int descriptor;
    char path[PATH_LENGTH];
} files[FILES];

static void remove_files(void)
{
    for (int i = 0; i < FILES; i++)
        if (files[i].path[0])
            unlink(files[i].path);
}

static void make_file(int number)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(files[number].path, PATH_LENGTH, "%s/hinge-fuzz-XXXXXX", temporary ? temporary : "/tmp");
    files[number].descriptor = mkstemp(files[number].path);
    if (files[number].descriptor < 0)
        abort();
    if (!files[!number].path[0])
        atexit(remove_files);
}

const char *fuzz_file(int number, const uint8_t *bytes, size_t size)
{
    if (!files[number].path[0])
        make_file(number);
    if (ftruncate(files[number].descriptor, 0) != 0 ||
        pwrite(files[number].descriptor, bytes, size, 0) != (ssize_t)size)
        abort();
    return files[number].path;
}
