/* What a network is made of; see include/hinge/network.h for what it does. */
#ifndef HINGE_SRC_NETWORK_H
#define HINGE_SRC_NETWORK_H

#include <hinge/network.h>
#include <hinge/train.h>

#include "src/plan.h"
#include "src/simd.h"

typedef struct node {
    const hg_layer_type *type; /* at the level of instructions in use */
    char *name;
    void *options; /* a copy; name and inputs in it point to nodes' names */
    size_t input_count;
    size_t input[HG_MAX_INPUTS]; /* nodes */
    size_t consumers;            /* inputs of other nodes that read this one */
    bool merged;                 /* an output layer that also reads its input's input: input[1] */
    hg_shape shape;
    size_t first_parameter, parameter_count;
    bool late;                     /* its parameters' gradients are taken over the whole batch: see late.h */
    size_t activation, first_unit; /* activations: numbers among them all, and of their first unit */
} node;

typedef struct parameter {
    char *name; /* "conv2d_1.weight" */
    hg_parameter_spec spec;
    size_t count, offset; /* numbers, in values and gradients */
    size_t node;
} parameter;

/* Texts that go with the network into its model file: see notes.c. */
typedef struct notes {
    size_t count, capacity;
    struct safetensors_note *list; /* [count] in the order in which they were set */
} notes;

struct hg_network {
    size_t node_count;
    node *nodes;                                 /* in the array's order */
    size_t *order;                               /* nodes, inputs before consumers */
    size_t input_node, output_node, result_node; /* result: what the output layer reads */

    size_t parameter_count;
    parameter *parameters;
    size_t most_numbers; /* in all parameters: more are refused before memory is taken */
    /* One flat buffer each; every tensor begins on a cache line, the frozen ones
     * behind those that a step changes, and among these those of late nodes last. */
    size_t total, learnable, early;
    hg_real *values;         /* [total] */
    hg_real *hidden;         /* [total]: the weights while values are shown as their average; else NULL */
    hg_real *gradients;      /* [learnable], running statistics included */
    size_t gradient_samples; /* that the gradients of running statistics are sums over */
    hg_real *state[HG_MAX_OPTIMIZER_STATES];
    const hg_optimizer_type *state_owner;
    uint64_t optimizer_steps;

    plan *plans[PLAN_KINDS];
    int threads;
    bool normalized;

    size_t unit_count;     /* of all activation layers */
    unsigned char *silent; /* [unit_count] in the last epoch trained */
    unsigned char *unit;   /* [unit_count] hg_unit_state of the last look */
    hg_activation_report *reports;
    size_t activation_count;

    notes notes;

    struct pool *pool; /* made when first needed, of pool_threads threads; teams too */
    int pool_threads;
    struct team *teams[PLAN_KINDS];
    struct loop *loop; /* what hg_network_forward keeps for hg_network_backward */
    uint64_t seed;     /* of the last hg_network_initialize: hg_network_forward draws noise from it */
    uint32_t forwards; /* of hg_network_forward since then */
};

/* As hg_network_create; HG_BAD_FILE if the layers want more numbers than a file holds. */
hg_network *network_create_within(const hg_layer *layers, size_t count, size_t most_numbers, hg_error *error);

/* The input layer's statistics are the model's own from now on. */
void network_mark_normalized(hg_network *network);

/* Declares, allocates and names all parameters of the nodes. */
hg_status parameters_create(hg_network *network, hg_error *error);
/* Starting values by the parameter's initialiser. */
void parameter_draw(const hg_parameter_spec *spec, hg_real *values, size_t count, hg_random *random);
/* The parameter of a node by its short name ("mean"), or NULL. */
parameter *parameters_of_node(const hg_network *network, size_t node, const char *short_name);

/* Neither frozen nor a running statistic: the optimizer's. */
bool parameter_is_learned(const parameter *parameter);

size_t shape_units(hg_shape shape);

/* "layer 4 (max_pool2d_1): ..." in front of *error's message. Returns its status. */
hg_status network_blame(const hg_network *network, size_t node, hg_error *error);

/* A layer's setup, given what its node has as inputs. */
hg_status network_setup_node(const hg_network *network, size_t node, const hg_shape *input, hg_pool_order pool,
                             hg_layer_setup *setup, hg_error *error);

#endif
