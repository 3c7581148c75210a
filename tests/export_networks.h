/* Networks to be exported, with parameters like no other's and inputs for them. */
#ifndef EXPORT_NETWORKS_H
#define EXPORT_NETWORKS_H

#include <hinge/hinge.h>

enum { EXPORT_NETWORKS = 12, EXPORT_IMAGES = 40 };

/* Network `index`: the document's with each activation of note, lenet5, improved, and small ones
 * that have every layer type between them. */
hg_network *export_network(int index);
const char *export_network_name(int index);

/* [EXPORT_IMAGES] images of the network's size: random ones, and digits where they fit. malloc'd. */
float *export_images(const hg_network *network);

#endif
