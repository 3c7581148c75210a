/* See pool.h. Waiting threads look again for a short while before they sleep, as
 * the next round of a training step comes within microseconds. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include <hinge/tensor.h>

#include "src/clock.h"
#include "src/pool.h"

enum { LOOKS_BETWEEN_CLOCKS = 64 };

static const double PATIENCE = 100e-6; /* seconds of looking before sleeping */

typedef struct round {
    size_t count;
    pool_job job;
    void *context;
} round;

struct pool {
    pthread_mutex_t mutex; /* guards the round's beginning and end, and sleeping */
    pthread_cond_t begun, ended;
    round round;
    bool open; /* threads may still join the round */
    bool quit;
    atomic_uint rounds; /* begun so far */
    atomic_int busy;    /* threads at work on the round, the caller's not counted */
    atomic_size_t next; /* the next job's number */
    int threads;        /* started, besides the caller's */
    struct member {
        pool *pool;
        pthread_t thread;
        int worker;
    } member[];
};

int pool_processors(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (int)online;
}

static void pause_shortly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

typedef bool (*condition)(pool *pool, unsigned seen);

static bool round_begun(pool *pool, unsigned seen)
{
    return atomic_load(&pool->rounds) != seen;
}

static bool nobody_busy(pool *pool, unsigned seen)
{
    (void)seen;
    return atomic_load(&pool->busy) == 0;
}

static void look_for(condition condition, pool *pool, unsigned seen)
{
    const double start = clock_seconds();
    do
        for (int look = 0; look < LOOKS_BETWEEN_CLOCKS; look++) {
            if (condition(pool, seen))
                return;
            pause_shortly();
        }
    while (clock_seconds() - start < PATIENCE);
}

static void do_jobs(pool *pool, const round *round, int worker)
{
    for (size_t number; (number = atomic_fetch_add(&pool->next, 1)) < round->count;)
        round->job(number, worker, round->context);
}

static void *work(void *argument)
{
    const struct member *member = argument;
    pool *pool = member->pool;
    unsigned seen = 0;
    for (;;) {
        look_for(round_begun, pool, seen);
        pthread_mutex_lock(&pool->mutex);
        while (!pool->quit && !(pool->open && round_begun(pool, seen)))
            pthread_cond_wait(&pool->begun, &pool->mutex);
        if (pool->quit) {
            pthread_mutex_unlock(&pool->mutex);
            return NULL;
        }
        seen = atomic_load(&pool->rounds);
        const round round = pool->round;
        atomic_fetch_add(&pool->busy, 1);
        pthread_mutex_unlock(&pool->mutex);
        do_jobs(pool, &round, member->worker);
        pthread_mutex_lock(&pool->mutex);
        if (atomic_fetch_sub(&pool->busy, 1) == 1)
            pthread_cond_signal(&pool->ended);
        pthread_mutex_unlock(&pool->mutex);
    }
}

pool *pool_create(int threads)
{
    pool *pool = hg_allocate(1, sizeof *pool + (size_t)threads * sizeof *pool->member);
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->begun, NULL);
    pthread_cond_init(&pool->ended, NULL);
    while (pool->threads < threads - 1) {
        struct member *member = &pool->member[pool->threads];
        member->pool = pool;
        member->worker = pool->threads + 1;
        if (pthread_create(&member->thread, NULL, work, member) != 0)
            break;
        pool->threads++;
    }
    return pool;
}

void pool_destroy(pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->quit = true;
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->mutex);
    for (int t = 0; t < pool->threads; t++)
        pthread_join(pool->member[t].thread, NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->begun);
    pthread_cond_destroy(&pool->ended);
    hg_release(pool);
}

void pool_run(pool *pool, size_t count, pool_job job, void *context)
{
    const round round = { count, job, context };
    if (pool->threads == 0 || count < 2) {
        for (size_t number = 0; number < count; number++)
            job(number, 0, context);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->round = round;
    pool->open = true;
    atomic_store(&pool->next, 0);
    atomic_fetch_add(&pool->rounds, 1);
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->mutex);
    do_jobs(pool, &round, 0);
    look_for(nobody_busy, pool, 0);
    pthread_mutex_lock(&pool->mutex);
    pool->open = false;
    while (!nobody_busy(pool, 0))
        pthread_cond_wait(&pool->ended, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
