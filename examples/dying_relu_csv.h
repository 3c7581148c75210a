/* The result as numbers: one row for each run and epoch, epoch 0 being the start. */
#ifndef DYING_RELU_CSV_H
#define DYING_RELU_CSV_H

#include <stdio.h>

#include "dying_relu_runs.h"

/* An empty field: there is no such number. The test columns stand in a run's last row. */
void csv_write(FILE *stream, const experiment *experiment);

#endif
