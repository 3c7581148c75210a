/* One place where memory comes from, replaceable as a whole. */
#include <stdlib.h>
#include <string.h>

#include "src/allocate.h"

static void *system_allocate(size_t size, void *context)
{
    (void)context;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void system_release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static const hg_allocator system_allocator = { system_allocate, system_release, NULL };
static hg_allocator current = { system_allocate, system_release, NULL };

void hg_set_allocator(const hg_allocator *allocator)
{
    current = allocator ? *allocator : system_allocator;
}

/* At least one line, and whole lines, as aligned_alloc asks; 0 if that is too much. */
static size_t bytes_of(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, HG_ALIGNMENT, &bytes))
        return 0;
    bytes = (bytes - 1) / HG_ALIGNMENT * HG_ALIGNMENT;
    return bytes ? bytes : HG_ALIGNMENT;
}

void *allocate_unset(size_t count, size_t size)
{
    const size_t bytes = bytes_of(count, size);
    return bytes ? current.allocate(bytes, current.context) : NULL;
}

void *hg_allocate(size_t count, size_t size)
{
    void *memory = allocate_unset(count, size);
    return memory ? memset(memory, 0, bytes_of(count, size)) : NULL;
}

void hg_release(void *memory)
{
    if (memory)
        current.release(memory, current.context);
}
