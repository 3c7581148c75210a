/* See machine.h. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <hinge/hinge.h>

#include "clock.h"
#include "machine.h"

enum { SUMS = 12, ROUNDS = 20 * 1000 * 1000, MOST_THREADS = 256, TRIPS = 200 * 1000 };

/* SUMS independent chains of multiply-adds on vectors of BYTES. */
#define PEAK_FUNCTION(name, attribute, BYTES)                                                          \
    typedef float name##_vector __attribute__((vector_size(BYTES)));                                   \
    attribute static double name(void)                                                                 \
    {                                                                                                  \
        name##_vector sum[SUMS], factor = { 0 }, addend = { 0 };                                       \
        factor += 0.999f;                                                                              \
        addend += 0.001f;                                                                              \
        for (int i = 0; i < SUMS; i++)                                                                 \
            sum[i] = factor * (float)i;                                                                \
        for (int round = 0; round < ROUNDS; round++) {                                                 \
            _Pragma("GCC unroll 12") for (int i = 0; i < SUMS; i++) sum[i] = sum[i] * factor + addend; \
            __asm__ volatile("");                                                                      \
        }                                                                                              \
        for (int i = 1; i < SUMS; i++)                                                                 \
            sum[0] += sum[i];                                                                          \
        volatile float kept = sum[0][0];                                                               \
        (void)kept;                                                                                    \
        return 2.0 * SUMS * ROUNDS * (BYTES / sizeof(float));                                          \
    }

#if defined(__x86_64__)
PEAK_FUNCTION(peak_avx512, __attribute__((target("avx512f,fma"))), 64)
PEAK_FUNCTION(peak_avx2, __attribute__((target("avx2,fma"))), 32)
#endif
PEAK_FUNCTION(peak_plain, , 16)

typedef double (*peak_function)(void);

static peak_function peak_of_level(void)
{
#if defined(__x86_64__)
    if (strcmp(hg_simd_name(), "avx512") == 0)
        return peak_avx512;
    if (strcmp(hg_simd_name(), "avx2") == 0)
        return peak_avx2;
#endif
    return peak_plain;
}

static void *run_peak(void *flop)
{
    *(double *)flop = peak_of_level()();
    return NULL;
}

double machine_peak(int threads)
{
    pthread_t thread[MOST_THREADS];
    double flop[MOST_THREADS] = { 0 }, sum = 0;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    const double start = now();
    for (int t = 0; t < threads; t++)
        if (pthread_create(&thread[t], NULL, run_peak, &flop[t]) != 0)
            return 0;
    for (int t = 0; t < threads; t++) {
        pthread_join(thread[t], NULL);
        sum += flop[t];
    }
    return sum / (now() - start) / 1e9;
}

const char *machine_name(char text[MACHINE_NAME_LENGTH])
{
    static const char key[] = "model name";
    char line[MACHINE_NAME_LENGTH];
    snprintf(text, MACHINE_NAME_LENGTH, "an unnamed processor");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, key, sizeof key - 1) != 0 || !colon)
            continue;
        snprintf(text, MACHINE_NAME_LENGTH, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
    return text;
}

/* Two threads hand a number back and forth. */
static atomic_int ball;

static void *throw_back(void *unused)
{
    for (int trip = 0; trip < TRIPS; trip++) {
        while (atomic_load(&ball) != 2 * trip + 1)
            ;
        atomic_store(&ball, 2 * trip + 2);
    }
    return unused;
}

double machine_round_trip(void)
{
    pthread_t thread;
    atomic_store(&ball, 0);
    if (pthread_create(&thread, NULL, throw_back, NULL) != 0)
        return 0;
    const double start = now();
    for (int trip = 0; trip < TRIPS; trip++) {
        atomic_store(&ball, 2 * trip + 1);
        while (atomic_load(&ball) != 2 * trip + 2)
            ;
    }
    pthread_join(thread, NULL);
    return (now() - start) / TRIPS * 1e9;
}
