/* Compares what backward wrote with differences of a forward, element by element. */
#ifndef TESTS_GRADIENT_CHECK_H
#define TESTS_GRADIENT_CHECK_H

#include "layer_cases.h"

/* Which forward is differenced. */
typedef enum gradient_source {
    OF_REFERENCE, /* the naive one, in double whatever the build */
    OF_LAYER      /* the layer's own: wants the build for double */
} gradient_source;

/* Runs forward and backward of all `harnesses` that layer_case_open has opened on the
 * same data, and compares each with the differences taken of the first: a gradient g
 * may be off by tolerance times the larger of 1 and |g|. */
void gradient_check(const layer_case *row, layer_harness *harness, size_t harnesses, gradient_source source,
                    double tolerance);

/* Whether a row's data keeps away from kinks and ties, where there is no derivative. */
bool gradient_exists(const layer_case *row);

#endif
