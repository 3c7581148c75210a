/* Model files that hold more than a network: see checkpoint.h. */
#ifndef HINGE_MODEL_H
#define HINGE_MODEL_H

#include "src/network.h"
#include "src/safetensors.h"

/* Tensors of such a name are not the network's. */
#define MODEL_FOREIGN_PREFIX "hinge.checkpoint."
#define MODEL_LAYERS_KEY "hinge.layers"

/* hg_network_save with further tensors and one further note. */
hg_status model_write(const hg_network *network, const char *path, const hg_parameter *tensors, size_t tensor_count,
                      safetensors_note note, hg_error *error);

/* The network's parameters, all of them, from a file. On failure nothing has changed. */
hg_status model_read(hg_network *network, const safetensors *file, hg_error *error);

/* HG_BAD_FILE unless the file has the tensor in its shape; *found is then that one. */
hg_status model_tensor(const safetensors *file, const hg_parameter *wanted, const safetensors_tensor **found,
                       hg_error *error);

#endif
