/* Eight numbers on their way through an optimizer: what the tests in float and in double share. */
#ifndef TESTS_OPTIMIZER_CASES_H
#define TESTS_OPTIMIZER_CASES_H

#include <hinge/hinge.h>

/* A network whose parameter "fully_connected_1.bias" has `count` numbers. */
hg_network *optimizer_network(int count, hg_parameter *bias);

/* Follows every golden of optimizer_goldens.h. Where the numbers are at each stop may be off
 * by `tolerance` from what PyTorch has in float64, or in float32. */
int optimizer_golden_count(void);
void optimizer_follow(int golden, bool in_double, double tolerance);

#endif
