/* The dead units of a network, kept in its model file as the note "dead_units":
 * {"threshold_relu_1": {"dead": 0, "units": 20}, ...}. */
#ifndef MNIST_DEAD_UNITS_H
#define MNIST_DEAD_UNITS_H

#include <hinge/hinge.h>

/* Looks at every training sample with the weights as they are, and sets the note. */
hg_status mnist_dead_units_note(hg_network *network, const hg_dataset *training, hg_error *error);

/* What the note says of an activation layer; false if there is no note, or nothing usable of this layer in it. */
typedef struct mnist_dead_count {
    size_t dead, units;
} mnist_dead_count;
bool mnist_dead_units_of(const hg_network *network, const hg_layer_info *layer, mnist_dead_count *count);

/* Whether the layer's own units pass no gradient at all when dead; else they are "never positive". */
bool mnist_dead_units_cut_off(const hg_layer_info *layer);

#endif
