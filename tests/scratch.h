/* A folder for the files of one test, and whole files read and written. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <check.h>
#include <stddef.h>

enum { SCRATCH_FOLDER_LENGTH = 512, SCRATCH_PATH_LENGTH = SCRATCH_FOLDER_LENGTH + 64 };

/* Each test's own: empty when the test begins, and a file left in it is a failure. */
extern char scratch_folder[SCRATCH_FOLDER_LENGTH];

/* Before the fixtures of the case that make files in the folder and remove them. */
void scratch_add(TCase *tests);

void scratch_path(char path[SCRATCH_PATH_LENGTH], const char *name);

void scratch_write(const char *path, const void *bytes, size_t size);
size_t scratch_read(const char *path, void *bytes, size_t capacity); /* its size, below the capacity */

#endif
