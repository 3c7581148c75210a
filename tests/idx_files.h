/* Two small IDX files, images and labels, sound until a test damages them. */
#ifndef IDX_FILES_H
#define IDX_FILES_H

#include <check.h>

#include <hinge/datasets.h>

#include "scratch.h"

enum { IMAGES = 3, HEIGHT = 2, WIDTH = 4, IMAGE_HEADER = 16, LABEL_HEADER = 8, CLASSES = 10 };
enum { IMAGE_BYTES = IMAGE_HEADER + IMAGES * HEIGHT * WIDTH, LABEL_BYTES = LABEL_HEADER + IMAGES };

/* What is in the files: pixels 0, 1, 2, ..., with labels 7, 0, 9. Tests may change it and write it anew. */
extern unsigned char idx_images[IMAGE_BYTES], idx_labels[LABEL_BYTES];
extern char idx_images_path[SCRATCH_PATH_LENGTH], idx_labels_path[SCRATCH_PATH_LENGTH];
extern hg_error idx_error;

/* A case of the suite whose tests each find both files in the scratch folder. */
TCase *idx_case(Suite *suite, const char *name);

void idx_write_gz(const char *path, const void *bytes, size_t size);

/* Opening the two files fails, and the message says `part`. */
void idx_expect_failure(hg_status status, const char *part);
void idx_expect_failure_with(int classes, hg_status status, const char *part);

#endif
