/* Reading a file at any place, when each part is asked for. Messages name the file. */
#ifndef HINGE_READ_FILE_H
#define HINGE_READ_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <hinge/error.h>

typedef struct read_file {
    const char *path; /* the caller's, who keeps it until read_file_close */
    int descriptor;
    uint64_t size; /* bytes */
} read_file;

/* HG_IO if it cannot be opened or is no regular file; then there is nothing to close. */
hg_status read_file_open(read_file *file, const char *path, hg_error *error);
void read_file_close(read_file *file);

/* `count` bytes from byte `place` on, which the file had when it was opened. */
hg_status read_file_at(const read_file *file, uint64_t place, void *bytes, size_t count, hg_error *error);

#endif
