/* See same_bits.h. */
#include <stdio.h>
#include <string.h>

#include "hinge_side.h"
#include "same_bits.h"

enum { STEPS = 40, RUNS = 3 };

/* The first parameter that differs; NULL: none. */
static const char *find_difference(hg_network *a, hg_network *b)
{
    for (size_t i = 0; i < hg_network_parameter_count(a); i++) {
        const hg_parameter x = hg_network_parameter(a, i), y = hg_network_parameter(b, i);
        if (memcmp(x.values, y.values, x.count * sizeof *x.values) != 0)
            return x.name;
    }
    return NULL;
}

static bool compare(hinge_side *const side[RUNS], const int threads[RUNS])
{
    for (int i = 1; i < RUNS; i++) {
        const char *parameter = find_difference(hinge_side_network(side[0]), hinge_side_network(side[i]));
        if (parameter) {
            printf("%s differs between %d and %d threads after %d steps\n", parameter, threads[0], threads[i], STEPS);
            return false;
        }
    }
    printf("the same bits in every parameter after %d steps with 1, 3 and %d threads\n", STEPS, threads[RUNS - 1]);
    return true;
}

bool same_bits(int all)
{
    const int threads[RUNS] = { 1, 3, all };
    hinge_side *side[RUNS] = { NULL };
    hg_error error = { .message = "" };
    bool made = true;
    for (int i = 0; i < RUNS && made; i++) {
        side[i] = hinge_side_open(&(bench_work){ "document", BENCH_TRAIN, 128, threads[i], 0, 0, 0 }, &error);
        made = side[i] && hinge_side_train(side[i], STEPS, &error) == HG_OK;
    }
    if (!made)
        fprintf(stderr, "bench: same bits: %s\n", error.message);
    const bool same = made && compare(side, threads);
    for (int i = 0; i < RUNS; i++)
        hinge_side_close(side[i]);
    return same;
}
