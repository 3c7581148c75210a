/* Which level of instructions runs. */
#include <stdlib.h>
#include <string.h>

#include <hinge/network.h>

#include "src/simd.h"

static bool machine_has(const char *name)
{
#if defined(__x86_64__)
    if (strcmp(name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("fma");
    if (strcmp(name, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    (void)name;
    return true;
}

static const simd_level *best_level(void)
{
    size_t best = simd_level_count - 1;
    while (best > 0 && !machine_has(simd_levels[best].name))
        best--;
    return &simd_levels[best];
}

static const simd_level *wanted_level(const char *wanted)
{
    for (size_t i = 0; i < simd_level_count; i++)
        if (strcmp(simd_levels[i].name, wanted) == 0 && machine_has(wanted))
            return &simd_levels[i];
    return NULL;
}

const simd_level *simd_current(void)
{
    static const simd_level *chosen; /* racing threads would write the same pointer */
    if (!chosen) {
        const char *wanted = getenv("HINGE_SIMD");
        const simd_level *level = wanted ? wanted_level(wanted) : NULL;
        chosen = level ? level : best_level();
    }
    return chosen;
}

hg_status simd_check(hg_error *error)
{
    const char *wanted = getenv("HINGE_SIMD");
    if (wanted && !wanted_level(wanted))
        return hg_fail(error, HG_BAD_ARGUMENT, "HINGE_SIMD=%s: this machine and build have levels %s to %s", wanted,
                       simd_levels[0].name, best_level()->name);
    return HG_OK;
}

const char *hg_simd_name(void)
{
    return simd_current()->name;
}

const hg_layer_type *simd_layer(const hg_layer_type *type)
{
    for (size_t i = 0; simd_levels[0].layers[i]; i++)
        if (simd_levels[0].layers[i] == type)
            return simd_current()->layers[i];
    return type;
}

const hg_optimizer_type *simd_optimizer(const hg_optimizer_type *type)
{
    for (size_t i = 0; simd_levels[0].optimizers[i]; i++)
        if (simd_levels[0].optimizers[i] == type)
            return simd_current()->optimizers[i];
    return type;
}

const hg_layer_type *layer_type_at(size_t index)
{
    for (size_t i = 0; simd_levels[0].layers[i]; i++)
        if (i == index)
            return simd_levels[0].layers[i];
    return NULL;
}

const hg_layer_type *layer_type_by_name(const char *name)
{
    for (size_t i = 0; simd_levels[0].layers[i]; i++)
        if (strcmp(simd_levels[0].layers[i]->name, name) == 0)
            return simd_levels[0].layers[i];
    return NULL;
}
