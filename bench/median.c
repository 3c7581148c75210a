/* See median.h. */
#include <stdlib.h>
#include <string.h>

#include "median.h"

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

median median_of(const double *values, int count)
{
    double sorted[MOST_ROUNDS];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    const double middle = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    return (median){ sorted[0], middle, sorted[count - 1] };
}
