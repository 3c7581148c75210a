/* A picture file in memory: a picture, or a message. */
#include <stdlib.h>

#include <hinge/hinge.h>

#include "tests/fuzz/fuzz.h"

enum { SIDE = 8, COLOUR = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    float image[COLOUR * SIDE * SIDE];
    hg_picture picture = { 0 };
    hg_error error = { .message = "" };
    const hg_status status = hg_picture_decode(&picture, "file", bytes, size, 0, &error);
    if ((status == HG_OK) != (picture.pixels != NULL) || (status == HG_OK) != (error.message[0] == '\0'))
        abort();
    if (status == HG_OK && hg_picture_fit(&picture, (hg_shape){ picture.channels, SIDE, SIDE }, image, &error) != HG_OK)
        abort();
    hg_picture_release(&picture);
    return 0;
}
