/* A network as C text. Its layers fall into stages, one behind the other: a convolution together with the
 * activations, normalizations and the pooling behind it, so that their maps are never whole in memory; else one
 * layer. Stages hand on slots: parts of one static array, shared by those that are not needed at the same time. */
#ifndef HINGE_EXPORT_C_H
#define HINGE_EXPORT_C_H

#include "src/export.h"
#include "src/json.h"

enum {
    EXPORT_PIECE = 8, /* convolutions run over whole pieces: so many numbers may be read behind a slot */
    EXPORT_NO_SLOT = -1
};

typedef struct export_c export_c;

/* How a layer is written; one row a type in export_c_layers.c. */
typedef struct export_layer {
    const char *type;
    enum export_kind {
        EXPORT_ELEMENTWISE, /* float NAME(float x, int channel) */
        EXPORT_BY_CHANNEL,  /* void NAME(const float *x, float *y), called for each channel */
        EXPORT_WHOLE,       /* void NAME(const float *x, float *y) */
        EXPORT_CONVOLUTION, /* void NAME(const float *x, float *y, float *map, float *padded) */
        EXPORT_INPUT,       /* as EXPORT_WHOLE, x being the image */
        EXPORT_NOTHING,     /* y = x */
        EXPORT_ADD,
        EXPORT_CONCAT
    } kind;
    void (*write)(export_c *c, size_t node); /* the constants and the function; NULL: none */
} export_layer;

/* Whether there is a row for a type, and the row. */
bool export_c_knows(const char *type);
const export_layer *export_c_layer(const node *node);

typedef struct export_slot {
    size_t numbers, offset;
    size_t first, last; /* the stages that use it */
} export_slot;

typedef struct export_stage {
    size_t first, last; /* nodes: a convolution's last one is the end of its chain */
    int slot;           /* that it writes */
    int map, padded;    /* a convolution's own slots; EXPORT_NO_SLOT: none */
} export_stage;

struct export_c {
    hg_network *network; /* only read */
    const char *name;
    bool int8; /* see export_c_weights.c */
    json_text text;
    export_stage *stages; /* [stage_count] */
    size_t stage_count;
    export_slot *slots; /* [slot_count] */
    size_t slot_count;
    int *slot;        /* [nodes] of each node's output */
    bool *chained;    /* [nodes] belongs to a convolution in front of it */
    size_t *row;      /* [nodes] of a node chained: from one row of its map to the next */
    size_t memory;    /* numbers */
    size_t constants; /* bytes */
};

/* ---- export_c_plan.c: stages and slots ---- */

hg_status export_c_plan(export_c *c, hg_error *error);
void export_c_plan_release(export_c *c);

/* The node that reads this one, if it is the only one; else the number of nodes. */
size_t export_c_reader(const export_c *c, size_t node);

/* ---- export_c_text.c ---- */

/* A constant array NAME_layerN_SHORT of all numbers of the node's parameter, or of `count` given ones. */
void export_c_parameter(export_c *c, size_t node, const char *short_name);
void export_c_floats(export_c *c, size_t node, const char *short_name, const float *values, size_t count);

/* The beginning of such an array of `type`, and what stands in front of its number i. */
void export_c_begin(export_c *c, const char *type, size_t node, const char *short_name, size_t count);
void export_c_separate(export_c *c, size_t i, size_t per_line);

/* An exact constant: 0x1.8p+1f. */
void export_c_float(export_c *c, double value);

/* A text in a comment. */
void export_c_comment(export_c *c, const char *text);

/* The head of NAME_layerN, with its brace and, unless NULL, an enum of constants written by printf's rules. */
void export_c_function(export_c *c, size_t node, const char *parameters);
void export_c_enum(export_c *c, const char *format, ...) HG_PRINTF(2, 3);

/* The parameter's numbers; NULL if the layer has none of that name. */
const hg_real *export_c_values(const export_c *c, size_t node, const char *short_name);

/* ---- export_c_weights.c ---- */

/* The node's weight, NAME_layerN_weight; of bytes, also NAME_layerN_scale, one a filter or output. */
void export_c_weights(export_c *c, size_t node);
const char *export_c_weight_type(const export_c *c); /* in C: "float" */

/* ---- export_c_conv2d.c ---- */

typedef struct export_conv2d {
    int channels, filters, together; /* filters at a time */
    int rows, columns, stride, pad_row, pad_column;
    int height, width;      /* of a plane: one of stride x stride parts of a padded channel */
    int length;             /* numbers of a map, whole pieces */
    bool copies;            /* the input has to be padded or parted */
    size_t padded, numbers; /* that the copy takes, and the maps of filters together */
} export_conv2d;
export_conv2d export_c_conv2d(const export_c *c, size_t node);
void export_c_write_conv2d(export_c *c, size_t node);

/* ---- export_c_pool2d.c ---- */

void export_c_write_max_pool2d(export_c *c, size_t node);
void export_c_write_average_pool2d(export_c *c, size_t node);

#endif
