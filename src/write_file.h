/* Writing a file so that it appears whole or not at all: everything goes to a
 * temporary file in the same folder, which takes the name's place at the end.
 *
 *     write_file file;
 *     hg_status status = write_file_open(&file, path, error);
 *     if (status)
 *         return status;
 *     status = write_file_append(&file, bytes, count, error);  ... as often as needed
 *     return status ? write_file_abandon(&file), status : write_file_commit(&file, error);
 */
#ifndef HINGE_WRITE_FILE_H
#define HINGE_WRITE_FILE_H

#include <stddef.h>

#include <hinge/error.h>

typedef struct write_file {
    const char *path; /* the caller's, who keeps it until the end */
    char *temporary;  /* the temporary file's path */
    int descriptor;
} write_file;

/* Makes the temporary file. A path that is there already must be a regular file;
 * it is not touched before write_file_commit. */
hg_status write_file_open(write_file *file, const char *path, hg_error *error);

hg_status write_file_append(write_file *file, const void *bytes, size_t count, hg_error *error);

/* Ends the writing: with HG_OK the file has its name and is safe on the disk;
 * otherwise the temporary file is gone. Either way `file` is done with. */
hg_status write_file_commit(write_file *file, hg_error *error);

/* A file of these bytes, in one call. */
hg_status write_file_whole(const char *path, const void *bytes, size_t count, hg_error *error);

/* Removes the temporary file. */
void write_file_abandon(write_file *file);

#endif
