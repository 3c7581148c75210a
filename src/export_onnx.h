/* A network as an ONNX graph (https://onnx.ai, onnx.proto). The output of layer "conv2d_1" is the tensor
 * "conv2d_1.output", its parameters are initializers with their own names ("conv2d_1.weight"), what is written as
 * several operators has tensors of its own in between ("gelu_1.erf"). Numbers behind fully connected layers are
 * [N, units], all others [N, channels, height, width].
 *
 * All that the graph consists of is allocated piece by piece and released at once. A lack of memory shows in
 * `failed`; until then NULL stands for what could not be made, and everything here takes it. */
#ifndef HINGE_EXPORT_ONNX_H
#define HINGE_EXPORT_ONNX_H

#include "src/export.h"

#ifdef HINGE_ONNX
#include "onnx.pb-c.h" /* made by protoc-c */

typedef struct export_onnx export_onnx;

/* How a layer is written; one row a type in export_onnx_layers.c. */
typedef struct export_onnx_layer {
    const char *type;
    void (*write)(export_onnx *o, size_t node); /* ends with export_onnx_result */
} export_onnx_layer;

/* NULL if there is no row for a type. */
const export_onnx_layer *export_onnx_layer_of(const char *type);

/* A list that grows; its elements are messages of the graph. */
typedef struct export_onnx_list {
    size_t count, capacity;
    void **element;
} export_onnx_list;

/* The names of the tensors that hold a node's output: in either shape, NULL where there is none yet. */
typedef struct export_onnx_value {
    const char *map;  /* [N, channels, height, width] */
    const char *flat; /* [N, units] */
} export_onnx_value;

struct export_onnx {
    const hg_network *network;
    export_onnx_list nodes, tensors;
    export_onnx_value *value; /* [network's nodes] */
    struct piece *pieces;     /* of memory */
    bool failed;
};

#define EXPORT_ONNX_INPUT "image"
#define EXPORT_ONNX_OUTPUT "probability"
#define EXPORT_ONNX_LAST "output" /* SHORT of a layer's own output */

/* ---- export_onnx_graph.c: tensors and operators ---- */

/* Zeroed memory that lasts until export_onnx_release. */
void *export_onnx_take(export_onnx *o, size_t count, size_t size);
char *export_onnx_text(export_onnx *o, const char *format, ...) HG_PRINTF(2, 3);
void export_onnx_release(export_onnx *o);
void export_onnx_append(export_onnx *o, export_onnx_list *list, void *element);

/* The output of a node, in one shape or the other. */
const char *export_onnx_map(export_onnx *o, size_t node);
const char *export_onnx_flat(export_onnx *o, size_t node);

/* The first input of a layer that takes either shape, units being channels, and whether it is flat. */
const char *export_onnx_either(export_onnx *o, size_t node);
bool export_onnx_is_flat(const export_onnx *o, size_t node); /* a node's output */

/* An operator of a layer, "Relu", with its one output: the tensor LAYER.SHORT, whose name is returned. */
#define EXPORT_ONNX_NODE(o, node, short_name, operator, ...)                        \
    export_onnx_node(o, node, short_name, operator,(const char *[]){ __VA_ARGS__ }, \
                     sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *))
const char *export_onnx_node(export_onnx *o, size_t node, const char *short_name, const char *operator,
                             const char * const * inputs, size_t input_count);

/* Attributes of the operator made last. */
void export_onnx_int(export_onnx *o, const char *name, int value);
void export_onnx_ints(export_onnx *o, const char *name, const int *values, size_t count);
void export_onnx_float(export_onnx *o, const char *name, double value);

/* The tensor that is a layer's output, and which shape it has. */
void export_onnx_result_map(export_onnx *o, size_t node, const char *tensor);
void export_onnx_result_flat(export_onnx *o, size_t node, const char *tensor);
void export_onnx_result(export_onnx *o, size_t node, const char *tensor); /* in the shape of export_onnx_either */

/* ---- export_onnx_tensor.c: constants; each returns its name, LAYER.SHORT ---- */

/* A parameter with its own shape, or NULL if the layer has none of that name. */
const char *export_onnx_parameter(export_onnx *o, size_t node, const char *short_name);

/* A parameter of one number a channel, or a single one, as it goes with export_onnx_either's tensor. */
const char *export_onnx_channels(export_onnx *o, size_t node, const char *short_name);

/* Numbers given here, copied; rank 0 is a single one. */
const char *export_onnx_numbers(export_onnx *o, size_t node, const char *short_name, const float *values, int rank,
                                const size_t *shape);
const char *export_onnx_number(export_onnx *o, size_t node, const char *short_name, double value);

/* [count] whole numbers, as shapes are given. */
const char *export_onnx_whole(export_onnx *o, size_t node, const char *short_name, const int *values, size_t count);

/* ---- export_onnx_maps.c, export_onnx_threshold.c: layers ---- */
void export_onnx_write_conv2d(export_onnx *o, size_t node);
void export_onnx_write_max_pool2d(export_onnx *o, size_t node);
void export_onnx_write_average_pool2d(export_onnx *o, size_t node);
void export_onnx_write_global_average_pool2d(export_onnx *o, size_t node);
void export_onnx_write_local_response_normalization(export_onnx *o, size_t node);
void export_onnx_write_threshold_relu(export_onnx *o, size_t node);

#endif
#endif
