/* Trained networks for other tools. What is written computes what hg_network_predict does:
 * the input's normalization is in it, dropout and noise are not. */
#ifndef HINGE_EXPORT_H
#define HINGE_EXPORT_H

#include <hinge/network.h>

HG_BEGIN_DECLARATIONS

/* ---- C ---- */

typedef struct hg_export_c_options {
    const char *name; /* of the function: a C identifier; NULL: "predict" */
    bool int8;        /* weights of convolutions and fully connected layers as bytes: see below */
} hg_export_c_options;

/* What the file asks of its machine. */
typedef struct hg_export_c_report {
    size_t weight_bytes; /* of constants */
    size_t memory_bytes; /* of static variables */
    size_t file_bytes;   /* of C text */
} hg_export_c_report;

/* Writes the network as one file of C99 that needs nothing but <math.h>, with the function
 *
 *     void predict(const float *image, float *probability);
 *
 * for one image, [channels][height][width] in [0, 1], and [classes] probabilities. It allocates
 * nothing; its variables are static, so that one call must end before the next one begins, unless
 * each thread has its own (the file's head says how). The weights are exact; sums are taken in
 * another order than by hg_network_predict. The file appears whole or not at all.
 *
 * With .int8 each weight of a convolution or fully connected layer is a signed char, q, from -127 to 127, and every
 * filter (or output) has one scale: its largest weight, without its sign, / 127. A weight is then scale * q, off by
 * half a scale at most. Biases, all other parameters and everything that is computed stay float. options and report may
 * be NULL. HG_BAD_NETWORK for a layer of one's own, HG_BAD_ARGUMENT for a name that C does not take, HG_NOT_FINITE for
 * a weight that is infinite or NaN. */
HG_API hg_status hg_export_c(const hg_network *network, const char *path, const hg_export_c_options *options,
                             hg_export_c_report *report, hg_error *error);

/* ---- ONNX ---- */

enum { HG_ONNX_OPSET = 13 }; /* the version of ONNX's operators that files are written with */

/* Writes the network as an ONNX model (https://onnx.ai) with
 *
 *     the input   image        [N][channels][height][width] of float, in [0, 1], N being free
 *     the output  probability  [N][classes] of float
 *
 * Weights are exact and go by hg_network_parameter's names; the notes (hg_network_set_note) are its
 * metadata. Where ONNX has no operator for a layer there are several, chosen so that OpenCV's dnn
 * module reads them too. The file appears whole or not at all. HG_UNSUPPORTED, with the packages to
 * install, if the library was built without them; HG_BAD_NETWORK for a layer of one's own, a layer's name that is
 * not UTF-8, or a model above 2 GiB; HG_NOT_FINITE for a weight that is infinite or NaN. */
HG_API hg_status hg_export_onnx(const hg_network *network, const char *path, hg_error *error);

HG_END_DECLARATIONS

#endif
