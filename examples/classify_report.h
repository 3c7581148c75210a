/* What a network takes each class of a data set for. */
#ifndef CLASSIFY_REPORT_H
#define CLASSIFY_REPORT_H

#include <stdio.h>

#include "classify_model.h"

/* Prints the accuracy on the data set, called `what`, and the classes with the most
 * mistakes and what they are mistaken for. */
hg_status classify_report(FILE *stream, const classify_model *model, const hg_dataset *dataset, const char *what,
                          hg_error *error);

#endif
