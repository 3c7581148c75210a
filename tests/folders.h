/* Folders of small pictures for the tests of image folders. */
#ifndef TESTS_FOLDERS_H
#define TESTS_FOLDERS_H

#include <hinge/hinge.h>

#include "scratch.h"

/* Removes all that the test has made in its scratch folder. */
void folders_clear(void);

/* A 4 x 4 grey PGM, or by another ending a picture of that kind, of one shade;
 * folders on the way are made. */
void folders_picture(const char *name, unsigned char shade);
void folders_bytes(const char *name, const char *text);
void folders_make(const char *name);

/* The scratch folder as a data set; the caller destroys it. */
hg_dataset *folders_opened(const hg_image_folder_options *options);

/* Opening it fails with this status and a message that has `part`. */
void folders_refused(const hg_image_folder_options *options, hg_status status, const char *part);

/* A path in the scratch folder, good for the next 8 calls. */
const char *folders_path(const char *name);

#endif
