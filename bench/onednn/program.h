/* Primitives of oneDNN in a row, with the memory they work on. Whatever fails ends
 * the process with a message: it does nothing but measure. */
#ifndef ONEDNN_PROGRAM_H
#define ONEDNN_PROGRAM_H

#include <dnnl.h>

/* From version 3 on operations are described in another way. */
_Static_assert(DNNL_VERSION_MAJOR == 2, "this is written for oneDNN 2");

enum { MOST_ARGUMENTS = 4, MOST_STEPS = 24, MOST_MEMORIES = 48 };

typedef struct step {
    dnnl_primitive_t primitive;
    int count;
    dnnl_exec_arg_t argument[MOST_ARGUMENTS];
} step;

/* What runs in one go. */
typedef struct program {
    step steps[MOST_STEPS];
    int count;
} program;

/* Owns every memory. */
typedef struct workshop {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_memory_t memories[MOST_MEMORIES];
    int memory_count;
} workshop;

/* Ends the process unless status is a success. */
void must(dnnl_status_t status, const char *what);

void workshop_open(workshop *workshop);
void workshop_close(workshop *workshop);

/* ---- memory: float32, if not said otherwise ---- */

/* Of these sizes, in a layout; dnnl_format_tag_any: the primitive chooses. */
dnnl_memory_desc_t describe(int rank, const dnnl_dims_t sizes, dnnl_format_tag_t layout);

/* Zeroed numbers in the layout `description`. */
dnnl_memory_t workshop_memory(workshop *workshop, const dnnl_memory_desc_t *description);
/* The same over numbers of the caller's. */
dnnl_memory_t workshop_borrow(workshop *workshop, const dnnl_memory_desc_t *description, float *numbers);

const dnnl_memory_desc_t *layout_of(dnnl_memory_t memory);
float *numbers_of(dnnl_memory_t memory, size_t *count); /* padding counted; count may be NULL */

/* ---- primitives ---- */

/* The implementation number `index` (0: oneDNN's own choice) of an operation; `hint` is
 * the forward one of a backward one. NULL if there are not so many. Release with
 * dnnl_primitive_desc_destroy. */
dnnl_primitive_desc_t choose(workshop *workshop, const void *operation, const_dnnl_primitive_attr_t attributes,
                             const_dnnl_primitive_desc_t hint, int index);
/* The layout that it chose. */
const dnnl_memory_desc_t *chosen(const_dnnl_primitive_desc_t primitive, dnnl_query_t which);

/* Appends a primitive and its arguments { DNNL_ARG_..., memory }; NULL is passed over. */
#define PROGRAM_ADD(program, primitive, ...)                                                                     \
    program_add(program, primitive, (int)(sizeof((dnnl_exec_arg_t[]){ __VA_ARGS__ }) / sizeof(dnnl_exec_arg_t)), \
                (const dnnl_exec_arg_t[]){ __VA_ARGS__ })
void program_add(program *program, const_dnnl_primitive_desc_t primitive, int count, const dnnl_exec_arg_t *arguments);

/* `memory` itself if its layout is the wanted one, else another that a step of the program fills. */
dnnl_memory_t program_convert(program *program, workshop *workshop, dnnl_memory_t memory,
                              const dnnl_memory_desc_t *wanted);
void program_run(const program *program, const workshop *workshop);
void program_clear(program *program);

#endif
