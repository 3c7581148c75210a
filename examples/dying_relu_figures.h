/* The plots of the experiment. HG_IO if the file cannot be written. */
#ifndef DYING_RELU_FIGURES_H
#define DYING_RELU_FIGURES_H

#include "dying_relu_summary.h"

/* Share of dead units over epochs, the mean of the seeds: a panel a scenario, a line an activation. */
hg_status figure_dead(const experiment *experiment, const char *path, hg_error *error);

/* Final test accuracy: a panel a scenario, a row an activation, with a dot a seed, and
 * mean and standard deviation. */
hg_status figure_accuracy(const experiment *experiment, const char *path, hg_error *error);

/* The learned thresholds over epochs: a panel an activation and network, a line a
 * setting for the mean, a band from the smallest to the largest. */
hg_status figure_thresholds(const experiment *experiment, const char *path, hg_error *error);

#endif
