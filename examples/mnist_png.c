/* PNG files, by stb_image_write. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

#include "mnist_png.h"

static void write_bytes(void *context, void *bytes, int size)
{
    /* a failure stays in the stream's error flag */
    fwrite(bytes, 1, (size_t)size, context);
}

hg_status mnist_png_write(const char *path, int width, int height, const unsigned char *pixels, hg_error *error)
{
    FILE *file = fopen(path, "wb");
    bool good = file != NULL;
    if (file) {
        good = stbi_write_png_to_func(write_bytes, file, width, height, MNIST_PNG_CHANNELS, pixels,
                                      width * MNIST_PNG_CHANNELS) != 0;
        good = !ferror(file) && good;
        good = fclose(file) == 0 && good;
    }
    return good ? HG_OK : hg_fail(error, HG_IO, "cannot write %s: %s", path, strerror(errno));
}
