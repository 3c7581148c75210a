/* The ways in which people write the ten digits, as lines without thickness. */
#ifndef HINGE_DATASETS_DIGIT_SKELETONS_H
#define HINGE_DATASETS_DIGIT_SKELETONS_H

#include <stddef.h>

/* What the pen does at a point: it is put down there, goes round it, or turns sharply. */
typedef enum digit_pen { DIGIT_ROUND, DIGIT_DOWN, DIGIT_TURN } digit_pen;

/* Right and down, in hundredths of the digit's height. */
typedef struct digit_point {
    signed char x, y;
    unsigned char pen;
} digit_point;

typedef struct digit_skeleton {
    int digit;
    unsigned share; /* how often it is written, against the digit's others */
    size_t count;
    const digit_point *points; /* the first one has DIGIT_DOWN */
} digit_skeleton;

enum { DIGIT_MAX_POINTS = 24 };

extern const digit_skeleton digit_skeletons[];
extern const size_t digit_skeleton_count;

#endif
