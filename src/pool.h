/* Threads that share out numbered jobs.
 *
 * A round ends when its jobs are done, not when every thread has come by: on a
 * busy machine a thread that gets no processor is simply not waited for, the
 * others take its jobs. (An OpenMP barrier waits, spinning; with other programs on
 * the cores that made training several times slower.) */
#ifndef HINGE_POOL_H
#define HINGE_POOL_H

#include <stddef.h>

typedef struct pool pool;

/* `job` is called once for each number below the round's count; worker, below the
 * pool's thread count, tells calls apart that run at the same time. */
typedef void (*pool_job)(size_t number, int worker, void *context);

/* threads >= 1, the caller's own included. If the system gives fewer, the pool
 * makes do with them. NULL without memory. */
pool *pool_create(int threads);
void pool_destroy(pool *pool); /* NULL is fine */

/* Returns when all jobs are done. One round at a time. */
void pool_run(pool *pool, size_t count, pool_job job, void *context);

/* How many processors this process may use, at least 1. */
int pool_processors(void);

#endif
