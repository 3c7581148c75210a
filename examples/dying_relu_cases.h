/* What is compared: the activations, and the scenarios that each of them goes through. */
#ifndef DYING_RELU_CASES_H
#define DYING_RELU_CASES_H

#include <hinge/hinge.h>

enum { ACTIVATIONS = 13, NETWORKS = 2, SETTINGS = 3, SCENARIOS = NETWORKS * SETTINGS };

enum { RELU = 0 }; /* the activation that the others are held against */

/* What the command line, the table and the files call them; NULL at the end. */
extern const char *const activation_words[ACTIVATIONS + 1];

/* The activation stands once or DEPTH times in the network. */
typedef enum scenario_network { NETWORK_DEEP, NETWORK_DOCUMENT } scenario_network;

/* In the order of scenario_network, the settings of a network in the same order. */
typedef struct scenario {
    scenario_network network;
    const char *network_word, *setting_word; /* "deep", "large-rate" */
    const char *network_title, *setting_title;
    double learning_rate;
    double bias; /* where all biases in front of an activation start */
} scenario;
extern const scenario scenarios[SCENARIOS];

/* The scenario's network with the activation, started from `seed`: all activations
 * have the same weights and biases then, whatever parameters of their own they add.
 * NULL with *error filled in; release with hg_network_destroy. */
hg_network *case_network(const scenario *scenario, int activation, uint64_t seed, hg_error *error);

#endif
