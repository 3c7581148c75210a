/* src/pool.c: every job of every round is done exactly once. */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "src/pool.h"

Suite *pool_suite(void);

enum { MOST_JOBS = 1000 };

typedef struct tally {
    int threads;
    atomic_int done[MOST_JOBS];
    atomic_int wrong_workers;
    atomic_int working[8]; /* jobs that a worker is at now */
} tally;

static void count_job(size_t number, int worker, void *context)
{
    tally *tally = context;
    if (worker < 0 || worker >= tally->threads || atomic_fetch_add(&tally->working[worker], 1) != 0)
        atomic_fetch_add(&tally->wrong_workers, 1);
    atomic_fetch_add(&tally->done[number], 1);
    atomic_fetch_sub(&tally->working[worker], 1);
}

static const int thread_counts[] = { 1, 2, 8 };
static const size_t job_counts[] = { 0, 1, 2, MOST_JOBS };

START_TEST(every_job_is_done_once)
{
    static tally tally;
    const int threads = thread_counts[_i];
    pool *pool = pool_create(threads);
    for (size_t i = 0; i < sizeof job_counts / sizeof *job_counts; i++)
        for (int repeat = 0; repeat < 50; repeat++) {
            for (size_t number = 0; number < MOST_JOBS; number++)
                atomic_store(&tally.done[number], 0);
            tally.threads = threads;
            pool_run(pool, job_counts[i], count_job, &tally);
            for (size_t number = 0; number < MOST_JOBS; number++)
                ck_assert_int_eq(tally.done[number], number < job_counts[i]);
        }
    ck_assert_int_eq(tally.wrong_workers, 0);
    pool_destroy(pool);
}
END_TEST

/* Rounds of different jobs and sizes, back to back: a thread that comes late to one
 * must not take a job of the next under the wrong name. Plain memory is written, so
 * that the end of a round has to make it visible. */
typedef struct sum_round {
    size_t round;
    size_t *slot;
} sum_round;

static void write_slot(size_t number, int worker, void *context)
{
    (void)worker;
    const sum_round *round = context;
    round->slot[number] += round->round * 1000 + number;
}

START_TEST(many_rounds_in_a_row)
{
    enum { ROUNDS = 20000, SLOTS = 7 };
    size_t slot[2][SLOTS] = { { 0 } }, expected[2][SLOTS] = { { 0 } };
    pool *pool = pool_create(thread_counts[_i]);
    for (size_t round = 0; round < ROUNDS; round++) {
        const size_t jobs = round % (SLOTS + 1);
        sum_round context = { round, slot[round % 2] };
        pool_run(pool, jobs, write_slot, &context);
        for (size_t number = 0; number < jobs; number++)
            expected[round % 2][number] += round * 1000 + number;
        context.slot = NULL; /* nobody may still be at it */
        if (round % 1000 == 0)
            ck_assert_mem_eq(slot, expected, sizeof slot);
    }
    ck_assert_mem_eq(slot, expected, sizeof slot);
    pool_destroy(pool);
}
END_TEST

/* Two jobs that wait for each other end only if two threads are at work. */
static void meet(size_t number, int worker, void *context)
{
    (void)number;
    (void)worker;
    atomic_int *arrived = context;
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 2)
        continue;
}

START_TEST(jobs_run_at_the_same_time)
{
    pool *pool = pool_create(2);
    for (int repeat = 0; repeat < 100; repeat++) {
        atomic_int arrived = 0;
        pool_run(pool, 2, meet, &arrived);
        ck_assert_int_eq(arrived, 2);
    }
    pool_destroy(pool);
}
END_TEST

START_TEST(pools_come_and_go)
{
    for (int repeat = 0; repeat < 200; repeat++) {
        pool *pool = pool_create(1 + repeat % 4);
        static tally tally;
        tally.threads = 4;
        if (repeat % 3)
            pool_run(pool, 5, count_job, &tally);
        pool_destroy(pool);
    }
    pool_destroy(NULL);
    ck_assert_int_ge(pool_processors(), 1);
}
END_TEST

Suite *pool_suite(void)
{
    enum { SECONDS = 30 };
    const int counts = sizeof thread_counts / sizeof *thread_counts;
    Suite *suite = suite_create("pool");
    TCase *rounds = tcase_create("rounds");
    tcase_set_timeout(rounds, SECONDS);
    tcase_add_loop_test(rounds, every_job_is_done_once, 0, counts);
    tcase_add_loop_test(rounds, many_rounds_in_a_row, 0, counts);
    tcase_add_test(rounds, jobs_run_at_the_same_time);
    tcase_add_test(rounds, pools_come_and_go);
    suite_add_tcase(suite, rounds);
    return suite;
}
