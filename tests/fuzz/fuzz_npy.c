/* A NumPy file: a tensor that comes back when it is written and read again, or a message. */
#include <stdlib.h>
#include <string.h>

#include <hinge/hinge.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    hg_error error = { .message = "" };
    hg_tensor tensor, again;
    size_t count;
    const hg_status status = hg_tensor_read_npy(&tensor, fuzz_file(0, bytes, size), &error);
    if ((status == HG_OK) != (error.message[0] == '\0'))
        abort();
    if (status != HG_OK)
        return 0;
    const char *path = fuzz_file(1, NULL, 0);
    if (hg_tensor_write_npy(&tensor, path, &error) != HG_OK || hg_tensor_read_npy(&again, path, &error) != HG_OK ||
        hg_shape_count(&tensor.shape, &count, &error) != HG_OK ||
        memcmp(&again.shape, &tensor.shape, sizeof tensor.shape) != 0)
        abort();
    for (size_t i = 0; i < count; i++) /* a NaN may come back as another one */
        if (tensor.data[i] != again.data[i] && (tensor.data[i] == tensor.data[i] || again.data[i] == again.data[i]))
            abort();
    hg_tensor_destroy(&tensor);
    hg_tensor_destroy(&again);
    return 0;
}
