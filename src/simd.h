/* The arithmetic is compiled once for each level of instructions (the Makefile's
 * LEVELS); the best one that the machine has, or HINGE_SIMD names, is used. */
#ifndef HINGE_SIMD_H
#define HINGE_SIMD_H

#include <hinge/layers.h>
#include <hinge/optimizers.h>

#include "src/kernels.h"

/* A layer's or optimizer's type is defined as BUILT(hg_relu_type): one symbol a
 * level. The lowest level's is the public one. */
#define BUILT_PASTE(symbol, level) symbol##_##level
#define BUILT_EXPAND(symbol, level) BUILT_PASTE(symbol, level)
#ifdef HINGE_LEVEL
#define BUILT(symbol) BUILT_EXPAND(symbol, HINGE_LEVEL)
#else
#define BUILT(symbol) symbol
#endif

typedef struct simd_level {
    const char *name;                           /* "avx2" */
    const hg_layer_type *const *layers;         /* NULL at the end */
    const hg_optimizer_type *const *optimizers; /* in the same order at every level */
    const kernels *kernels;
} simd_level;

extern const simd_level simd_levels[]; /* from the lowest to the highest; made by make */
extern const size_t simd_level_count;

/* The level in use: decided at the first call. */
const simd_level *simd_current(void);

/* Fails if the environment's HINGE_SIMD is not a level that this machine has. */
hg_status simd_check(hg_error *error);

/* The same layer or optimizer at the level in use; one of the user's own as it is. */
const hg_layer_type *simd_layer(const hg_layer_type *type);
const hg_optimizer_type *simd_optimizer(const hg_optimizer_type *type);

/* The library's layers by name (NULL if there is none such) and by number (NULL past the end). */
const hg_layer_type *layer_type_by_name(const char *name);
const hg_layer_type *layer_type_at(size_t index);

#endif
