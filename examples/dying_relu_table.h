/* The result as text. */
#ifndef DYING_RELU_TABLE_H
#define DYING_RELU_TABLE_H

#include <stdio.h>

#include "dying_relu_summary.h"

/* One block a scenario, one row an activation, at most 80 columns; then where the
 * learned thresholds went; then what the columns mean. */
void table_print(FILE *stream, const experiment *experiment);

#endif
