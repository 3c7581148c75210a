/* The layers of a network as JSON text, for the metadata of its model file:
 *
 *     [{"type":"conv2d","name":"conv2d_1","inputs":["image_input_1"],
 *       "options":{"filter_size":5,"filters":20}}, ...]
 *
 * An option that is zero, the default, is left out. */
#ifndef HINGE_ARCHITECTURE_H
#define HINGE_ARCHITECTURE_H

#include <hinge/network.h>

#include "src/json.h"

/* Appends the network's layers. */
hg_status architecture_write(const hg_network *network, json_text *json, hg_error *error);

/* Appends an option's value; false, with nothing appended, if it is an enum without a word. */
bool option_append(json_text *json, const hg_option *option, const void *field);

typedef struct architecture {
    hg_layer *layers; /* for hg_network_create */
    size_t count;
    cJSON *tree; /* whose strings the layers point to */
} architecture;

/* Reads what architecture_write wrote. Nothing to release after a failure. */
hg_status architecture_read(architecture *read, const char *text, hg_error *error);
void architecture_release(architecture *read);

#endif
