/* What pictures show. */
#ifndef CLASSIFY_PREDICT_H
#define CLASSIFY_PREDICT_H

#include "classify_model.h"
#include "classify_options.h"

/* Prints a line for each picture. One that cannot be read is named and does not stop the
 * others: then *all is false. */
hg_status classify_predict(const classify_model *model, const classify_options *options, bool *all, hg_error *error);

#endif
