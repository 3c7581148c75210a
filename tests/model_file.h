/* The model file of a test and the error of its last call. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include <check.h>

#include <hinge/error.h>

#include "scratch.h"

extern char model_path[SCRATCH_PATH_LENGTH];
extern hg_error model_error;

/* The tests find no file at model_path; what they leave there is removed. */
void model_file_add(TCase *tests);

/* The error's message holds `part` and names the file. */
void model_file_check_message(hg_status got, hg_status wanted, const char *part);

#endif
