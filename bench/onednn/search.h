/* What is measured of the network, and the search for its best settings. */
#ifndef ONEDNN_SEARCH_H
#define ONEDNN_SEARCH_H

#include "network.h"

enum { SAMPLES = 2048 };

typedef struct data {
    float *images; /* [SAMPLES][PIXELS]; a bright band tells the class */
    int *labels;   /* [SAMPLES] */
    int *random;   /* [SAMPLES]: classes that nobody can learn */
} data;

data data_create(void);
void data_destroy(data *data);

/* Samples a second of training in batches of `batch`. */
double search_rate(network *network, const data *data, int batch, double seconds);

/* Opens the network in the settings that train fastest. False, with a message on
 * standard error, if they do not make the loss fall. */
bool search_best(network *network, const data *data, int batch);

#endif
