/* Means, deviations, and Student's t. */
#include <math.h>

#include "dying_relu_statistics.h"

double statistics_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

double statistics_deviation(const double *values, size_t count)
{
    const double mean = statistics_mean(values, count);
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / ((double)count - 1));
}

/* P(|T| < t): Abramowitz & Stegun 1964, 26.7.3 (odd) and 26.7.4 (even), with angle
 * = atan(t / sqrt(degrees)). */
static double probability_within(double t, size_t degrees)
{
    const double pi = acos(-1), angle = atan(t / sqrt((double)degrees));
    const double sine = sin(angle), cosine = cos(angle);
    const size_t odd = degrees % 2;
    double term = odd ? cosine : 1, sum = degrees > 1 ? term : 0;
    for (size_t k = 2 + odd; k + 2 <= degrees; k += 2) {
        term *= cosine * cosine * (double)(k - 1) / (double)k;
        sum += term;
    }
    return odd ? 2 / pi * (angle + sine * sum) : sine * sum;
}

double statistics_student(size_t degrees)
{
    const double wanted = 0.95, precision = 1e-9;
    double low = 0, high = 16; /* 12.7 for one degree, less for more */
    while (high - low > precision) {
        const double middle = (low + high) / 2;
        *(probability_within(middle, degrees) < wanted ? &low : &high) = middle;
    }
    return high;
}

double statistics_half_width(const double *values, size_t count)
{
    if (count < 2)
        return NAN;
    return statistics_student(count - 1) * statistics_deviation(values, count) / sqrt((double)count);
}
