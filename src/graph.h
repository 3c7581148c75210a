/* How a network's layers hang together. */
#ifndef HINGE_GRAPH_H
#define HINGE_GRAPH_H

#include "src/network.h"

/* Finds the nodes that node `index` reads: those its options name, or the one before it. */
hg_status graph_connect(hg_network *network, size_t index, hg_error *error);

/* Fills in network->order, inputs before readers; fails if there is a cycle. */
hg_status graph_sort(hg_network *network, hg_error *error);

/* Finds the input, output and result nodes; fails if one is missing or an output unused. */
hg_status graph_find_ends(hg_network *network, hg_error *error);

/* The nodes' copies of their options spell out what the caller left to us. */
void graph_write_names(hg_network *network);

/* Lets an output layer that asks for it read its input's input as well (hg_layer_type.merges). */
void graph_merge_output(hg_network *network);

#endif
