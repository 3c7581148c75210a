/* The folder with the results. */
#ifndef DYING_RELU_FILES_H
#define DYING_RELU_FILES_H

#include "dying_relu_runs.h"

#define FILES_NAMES "runs.csv, dead.png, accuracy.png, thresholds.png"

/* Makes the folder, and the folders above it, where they are not there; HG_IO if
 * no file can be made in it, asked before the runs that it is to keep. */
hg_status files_prepare(const char *folder, hg_error *error);

/* Writes the files, in place of older ones. */
hg_status files_write(const char *folder, const experiment *experiment, hg_error *error);

#endif
