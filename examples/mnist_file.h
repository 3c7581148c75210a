/* Files that a run writes: asked for before it, whole or not at all. */
#ifndef MNIST_FILE_H
#define MNIST_FILE_H

#include <hinge/hinge.h>

/* Whether a file could be made at `path`, asked before the training that it is to keep. */
hg_status mnist_file_check(const char *option, const char *path, hg_error *error);

/* The bytes take the place of the file's: who opens it sees the old ones or the new ones. The
 * message of a failure names option and path; an older file is then still there. */
hg_status mnist_file_replace(const char *option, const char *path, const void *bytes, size_t count, hg_error *error);

#endif
