/* See program.h. */
#include <dnnl_debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

void must(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "bench: oneDNN: %s: %s\n", what, dnnl_status2str(status));
    exit(EXIT_FAILURE);
}

static void must_fit(int count, int most, const char *what)
{
    if (count < most)
        return;
    fprintf(stderr, "bench: oneDNN: more than %d %s\n", most, what);
    exit(EXIT_FAILURE);
}

/* ---- memory ---- */

void workshop_open(workshop *workshop)
{
    workshop->memory_count = 0;
    must(dnnl_engine_create(&workshop->engine, dnnl_cpu, 0), "engine");
    must(dnnl_stream_create(&workshop->stream, workshop->engine, dnnl_stream_default_flags), "stream");
}

void workshop_close(workshop *workshop)
{
    while (workshop->memory_count > 0)
        dnnl_memory_destroy(workshop->memories[--workshop->memory_count]);
    dnnl_stream_destroy(workshop->stream);
    dnnl_engine_destroy(workshop->engine);
}

dnnl_memory_t workshop_borrow(workshop *workshop, const dnnl_memory_desc_t *description, float *numbers)
{
    must_fit(workshop->memory_count, MOST_MEMORIES, "memories");
    dnnl_memory_t *memory = &workshop->memories[workshop->memory_count++];
    must(dnnl_memory_create(memory, description, workshop->engine, numbers), "memory");
    return *memory;
}

dnnl_memory_t workshop_memory(workshop *workshop, const dnnl_memory_desc_t *description)
{
    dnnl_memory_t memory = workshop_borrow(workshop, description, DNNL_MEMORY_ALLOCATE);
    memset(numbers_of(memory, NULL), 0, dnnl_memory_desc_get_size(description));
    return memory;
}

const dnnl_memory_desc_t *layout_of(dnnl_memory_t memory)
{
    const dnnl_memory_desc_t *description;
    must(dnnl_memory_get_memory_desc(memory, &description), "a memory's layout");
    return description;
}

float *numbers_of(dnnl_memory_t memory, size_t *count)
{
    void *numbers;
    must(dnnl_memory_get_data_handle(memory, &numbers), "a memory's numbers");
    if (count)
        *count = dnnl_memory_desc_get_size(layout_of(memory)) / sizeof(float);
    return numbers;
}

dnnl_memory_desc_t describe(int rank, const dnnl_dims_t sizes, dnnl_format_tag_t layout)
{
    dnnl_memory_desc_t description;
    must(dnnl_memory_desc_init_by_tag(&description, rank, sizes, dnnl_f32, layout), "layout");
    return description;
}

/* ---- primitives ---- */

dnnl_primitive_desc_t choose(workshop *workshop, const void *operation, const_dnnl_primitive_attr_t attributes,
                             const_dnnl_primitive_desc_t hint, int index)
{
    dnnl_primitive_desc_iterator_t iterator;
    dnnl_status_t status =
        dnnl_primitive_desc_iterator_create(&iterator, operation, attributes, workshop->engine, hint);
    if (status == dnnl_unimplemented)
        return NULL;
    must(status, "primitive");
    for (int i = 0; i < index && status == dnnl_success; i++)
        status = dnnl_primitive_desc_iterator_next(iterator);
    dnnl_primitive_desc_t primitive = status == dnnl_success ? dnnl_primitive_desc_iterator_fetch(iterator) : NULL;
    dnnl_primitive_desc_iterator_destroy(iterator);
    return primitive;
}

const dnnl_memory_desc_t *chosen(const_dnnl_primitive_desc_t primitive, dnnl_query_t which)
{
    return dnnl_primitive_desc_query_md(primitive, which, 0);
}

void program_add(program *program, const_dnnl_primitive_desc_t primitive, int count, const dnnl_exec_arg_t *arguments)
{
    must_fit(program->count, MOST_STEPS, "primitives");
    must_fit(count - 1, MOST_ARGUMENTS, "arguments");
    step *step = &program->steps[program->count++];
    must(dnnl_primitive_create(&step->primitive, primitive), "primitive");
    step->count = count;
    memcpy(step->argument, arguments, (size_t)count * sizeof *arguments);
}

dnnl_memory_t program_convert(program *program, workshop *workshop, dnnl_memory_t memory,
                              const dnnl_memory_desc_t *wanted)
{
    if (dnnl_memory_desc_equal(layout_of(memory), wanted))
        return memory;
    dnnl_memory_t converted = workshop_memory(workshop, wanted);
    dnnl_primitive_desc_t reorder;
    must(dnnl_reorder_primitive_desc_create(&reorder, layout_of(memory), workshop->engine, wanted, workshop->engine,
                                            NULL),
         "reorder");
    PROGRAM_ADD(program, reorder, { DNNL_ARG_FROM, memory }, { DNNL_ARG_TO, converted });
    dnnl_primitive_desc_destroy(reorder);
    return converted;
}

void program_run(const program *program, const workshop *workshop)
{
    for (int i = 0; i < program->count; i++) {
        const step *step = &program->steps[i];
        must(dnnl_primitive_execute(step->primitive, workshop->stream, step->count, step->argument), "running");
    }
    must(dnnl_stream_wait(workshop->stream), "running");
}

void program_clear(program *program)
{
    while (program->count > 0)
        dnnl_primitive_destroy(program->steps[--program->count].primitive);
}
