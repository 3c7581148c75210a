/* Of the failures in numbered jobs that run at the same time, the one with the
 * lowest number: the same one for any number of threads. */
#ifndef HINGE_FAILURE_H
#define HINGE_FAILURE_H

#include <pthread.h>

#include <hinge/error.h>

typedef struct first_failure {
    pthread_mutex_t mutex;
    size_t number;
    hg_error error; /* status HG_OK: none */
} first_failure;

static inline first_failure first_failure_none(void)
{
    return (first_failure){ .mutex = PTHREAD_MUTEX_INITIALIZER, .error = { .status = HG_OK } };
}

static inline void first_failure_note(first_failure *failure, size_t number, const hg_error *error)
{
    pthread_mutex_lock(&failure->mutex);
    if (failure->error.status == HG_OK || number < failure->number) {
        failure->number = number;
        failure->error = *error;
    }
    pthread_mutex_unlock(&failure->mutex);
}

static inline hg_status first_failure_status(const first_failure *failure, hg_error *error)
{
    return failure->error.status ? hg_fail(error, failure->error.status, "%s", failure->error.message) : HG_OK;
}

#endif
