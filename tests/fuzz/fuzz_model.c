/* A model file: a network that can be saved again, or a message. */
#include <stdlib.h>

#include <hinge/hinge.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const hg_layer layers[] = { hg_image_input(2, 2), hg_fully_connected(2), hg_softmax(), hg_classification() };
    hg_error error = { .message = "" };
    const char *path = fuzz_file(0, bytes, size);
    hg_network *network = hg_network_load(path, &error);
    if ((network == NULL) != (error.message[0] != '\0'))
        abort();
    if (network && hg_network_save(network, fuzz_file(1, NULL, 0), &error) != HG_OK)
        abort();
    hg_network_destroy(network);
    network = hg_network_create(layers, HG_COUNT(layers), &error);
    hg_network_load_weights(network, path, &error);
    hg_network_destroy(network);
    return 0;
}
