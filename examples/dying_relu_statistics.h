/* Means and how far to trust them. */
#ifndef DYING_RELU_STATISTICS_H
#define DYING_RELU_STATISTICS_H

#include <stddef.h>

/* count >= 1 */
double statistics_mean(const double *values, size_t count);

/* Of the population that the values are a sample of: over count - 1; NAN for one value. */
double statistics_deviation(const double *values, size_t count);

/* The t that a Student-distributed number of so many degrees of freedom (>= 1)
 * exceeds in size once in twenty times. */
double statistics_student(size_t degrees);

/* Half the width of the 95 % confidence interval around the mean: the true mean lies
 * within in 19 of 20 experiments, if the values are independent and about normally
 * distributed. NAN for one value. */
double statistics_half_width(const double *values, size_t count);

#endif
