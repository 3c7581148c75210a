/* Memory whose contents are not set. */
#ifndef HINGE_ALLOCATE_H
#define HINGE_ALLOCATE_H

#include <hinge/tensor.h>

/* As hg_allocate, but not zeroed: of a large block, pages that nobody touches cost nothing. */
void *allocate_unset(size_t count, size_t size);

#endif
