/* The slopes of a trial's loss, by differences of its layer's forward. */
#ifndef HINGE_SLOPES_H
#define HINGE_SLOPES_H

#include "src/trial.h"

enum { SLOPE_POINTS = 5, SLOPE_MIDDLE = 2 /* x - 2h ... x + 2h */ };

typedef struct slope {
    double value; /* d loss / d element */
    double doubt; /* how far off value may be */
    double size;  /* of the outputs that the element moves, per unit of the element */
} slope;

typedef struct slopes {
    trial *trial;
    size_t outputs;              /* numbers a sample: units, or 1 for a loss */
    double *value[SLOPE_POINTS]; /* [TRIAL_SAMPLES][outputs], times d loss / d output */
    slope *element;              /* of the tensor last looked at */
} slopes;

/* To be closed even after a failure. */
hg_status slopes_open(slopes *slopes, trial *trial, hg_error *error);
void slopes_close(slopes *slopes);

void slopes_of_input(slopes *slopes, size_t k);         /* element: [units][TRIAL_SAMPLES] */
void slopes_of_parameter(slopes *slopes, size_t index); /* element: [count] */

/* The root mean square of the first `count` elements' slopes. */
double slopes_typical(const slopes *slopes, size_t count);

#endif
