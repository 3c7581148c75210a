/* stb_image (https://github.com/nothings/stb), which decodes PNG, JPEG and BMP. All
 * memory it asks for is counted against what the file's stated size can need, so that
 * a small file cannot take gigabytes. It sees no byte before the file is checked. */
#include <string.h>

#include "datasets/picture.h"

/* The decoding that this thread does now. */
static _Thread_local struct {
    size_t bytes_left;
    bool over, none; /* it asked for more than that; there was no memory */
} account;

static void *stb_allocate(size_t size)
{
    account.over |= size > account.bytes_left;
    if (account.over)
        return NULL;
    account.bytes_left -= size;
    void *memory = hg_allocate(1, size); /* zeroed: older memory never shows where a file holds too little */
    account.none |= !memory;
    return memory;
}

static void *stb_reallocate(void *old, size_t old_size, size_t size)
{
    void *larger = stb_allocate(size);
    if (!larger)
        return NULL;
    if (old)
        memcpy(larger, old, old_size < size ? old_size : size);
    hg_release(old);
    return larger;
}

#define STBI_MALLOC(size) stb_allocate(size)
#define STBI_REALLOC_SIZED(old, old_size, size) stb_reallocate(old, old_size, size)
#define STBI_FREE(memory) hg_release(memory)
#define STBI_ASSERT(condition) ((void)0)
#define STBI_MAX_DIMENSIONS HG_PICTURE_PIXELS
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
/* Seen only at this file's end, where what is unused, and what is inlined, is known. */
#pragma GCC diagnostic ignored "-Wunused-function"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

static hg_status say_why(const picture_file *file, hg_error *error)
{
    if (account.none)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory to decode it", file->name);
    if (account.over)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: damaged: it needs more memory than its stated size can; save the picture again",
                       file->name);
    return hg_fail(error, HG_BAD_FILE, "%s: damaged, or of a kind that is not read (%s); save the picture again",
                   file->name, stbi_failure_reason());
}

hg_status picture_stb_decode(const picture_file *file, size_t most_memory, picture_raster *raster, hg_error *error)
{
    picture_raster read = { 0 };
    account.bytes_left = most_memory;
    account.over = account.none = false;
    read.pixels = stbi_load_from_memory(file->bytes, (int)file->size, &read.width, &read.height, &read.channels, 0);
    if (!read.pixels)
        return say_why(file, error);
    *raster = read;
    return HG_OK;
}
