/* A network: made from an array of layers, run, saved, loaded. */
#ifndef HINGE_NETWORK_H
#define HINGE_NETWORK_H

#include <stdio.h>

#include <hinge/datasets.h>
#include <hinge/layers.h>
#include <hinge/optimizers.h>

HG_BEGIN_DECLARATIONS

typedef struct hg_network hg_network;

/* ---- making ---- */

/* Copies the layers, infers every shape, allocates all parameters and starts them
 * from seed 0. One layer must be an input and one an output (classification).
 * NULL with *error filled in ("layer 4 (max_pool2d_1): ...") if they do not fit.
 * Release with hg_network_destroy. A network belongs to one thread at a time. */
HG_API hg_network *hg_network_create(const hg_layer *layers, size_t count, hg_error *error);
HG_API void hg_network_destroy(hg_network *network); /* NULL is fine */

/* Draws all parameters anew: a pure function of the layers and the seed. */
HG_API void hg_network_initialize(hg_network *network, uint64_t seed);

/* How many threads the network uses from now on; 0: all cores. The results are
 * the same bits for any number. HG_BAD_ARGUMENT if negative or above 1024. */
HG_API hg_status hg_network_set_threads(hg_network *network, int threads, hg_error *error);
HG_API int hg_network_threads(const hg_network *network);

/* The instructions in use: "avx512", "avx2", "sse2" or "generic". */
HG_API const char *hg_simd_name(void);

/* ---- looking ---- */

/* A table: name, type, output shape and parameters of each layer, and totals. Types are left out where
 * 80 columns do not hold them and every layer is called after its own. */
HG_API void hg_network_describe(const hg_network *network, FILE *stream);

typedef struct hg_layer_info {
    const char *name; /* the network's */
    const hg_layer_type *type;
    const void *options; /* the network's copy */
    hg_shape output;
    size_t first_parameter, parameter_count; /* tensors: indices for hg_network_parameter */
} hg_layer_info;

/* The layers: how many, and what became of one; index must be below the count. */
HG_API size_t hg_network_layer_count(const hg_network *network);
HG_API hg_layer_info hg_network_layer(const hg_network *network, size_t index); /* in the array's order */
HG_API hg_shape hg_network_input_shape(const hg_network *network);              /* of one image */
HG_API int hg_network_classes(const hg_network *network);                       /* units of the output */

/* A parameter tensor, in place. Whoever writes to values changes the network. */
typedef struct hg_parameter {
    const char *name; /* "conv2d_1.weight"; the network's */
    hg_tensor_shape shape;
    size_t count; /* numbers */
    hg_real *values;
    hg_real *gradients;  /* NULL for a frozen parameter and for a running statistic */
    double lower, upper; /* each step keeps the values from one to the other; equal: no bounds */
} hg_parameter;

HG_API size_t hg_network_parameter_count(const hg_network *network); /* tensors */
HG_API size_t hg_network_learnable_count(const hg_network *network); /* numbers that have gradients */
/* Parameter `index`, below the count, in the order of the layers. */
HG_API hg_parameter hg_network_parameter(hg_network *network, size_t index);

/* The parameter of that name in *parameter; false, with *parameter left alone, if there is none. */
HG_API bool hg_network_find_parameter(hg_network *network, const char *name, hg_parameter *parameter);

/* ---- running ---- */

/* The class probabilities, [count][classes], of images [count][channels][height][width]
 * in [0, 1]. Those of an image do not depend on the others, but for one thing: the convolutions of
 * an image alone are made in another way, and may be off by a few roundings from those in a batch. */
HG_API hg_status hg_network_predict(hg_network *network, const float *images, size_t count, float *probabilities,
                                    hg_error *error);

/* ---- for a training loop of one's own ----
 * forward, then a gradient of one's own loss to backward, then step:
 *
 *     hg_network_zero_gradients(net);
 *     hg_network_forward(net, images, count, probabilities, &error);
 *     ... gradient[s][k] = d loss / d probabilities[s][k] ...
 *     hg_network_backward(net, gradient, NULL, &error);
 *     hg_network_step(net, hg_sgd(0.01), &error);
 */

/* As predict, in training mode, keeping what backward needs. inputs are
 * [count][channels][height][width], outputs [count][classes]. Random layers draw anew at
 * each forward: a function of the seed of hg_network_initialize (0 if it was not called),
 * the number of forwards since then, the sample's place in the batch and the layer. */
HG_API hg_status hg_network_forward(hg_network *network, const hg_real *inputs, size_t count, hg_real *outputs,
                                    hg_error *error);

/* The loss summed over the samples of the last forward, against their labels, and
 * backward from the network's own output layer; the gradients are of the mean. */
HG_API hg_status hg_network_backward_labels(hg_network *network, const int *labels, double *loss_sum, hg_error *error);

/* Adds to all parameter gradients what output_gradients, [count][classes] of the
 * last forward, ask for; writes input_gradients, [count][channels][height][width],
 * unless NULL. HG_BAD_ARGUMENT without a forward before it: each forward allows one
 * backward, of either kind, which uses up what it kept. */
HG_API hg_status hg_network_backward(hg_network *network, const hg_real *output_gradients, hg_real *input_gradients,
                                     hg_error *error);

/* Sets all parameter gradients to zero: backward adds to them. */
HG_API void hg_network_zero_gradients(hg_network *network);

/* One step of the optimizer along the gradients; its state lives in the network
 * and starts at zero when another optimizer type is used. HG_NOT_FINITE, with
 * nothing changed, if a gradient is not finite. */
HG_API hg_status hg_network_step(hg_network *network, hg_optimizer optimizer, hg_error *error);

/* Scales all gradients so that their common norm, the square root of the sum of all their
 * squares, is clip_norm at most: by min(1, clip_norm / (norm + 1e-6)), PyTorch's
 * clip_grad_norm_. *norm, unless NULL, is the norm before. An infinite clip_norm measures only. */
HG_API hg_status hg_network_clip_gradients(hg_network *network, double clip_norm, double *norm, hg_error *error);

/* Sets the mean (and deviation) of the input layer from a data set. hg_network_train
 * does so unless it was done before or the network was loaded. */
HG_API hg_status hg_network_normalize(hg_network *network, const hg_dataset *dataset, hg_error *error);

/* ---- model files (safetensors: https://huggingface.co/docs/safetensors) ---- */

/* A text of one's own that goes with the network into its model file and comes back
 * with hg_network_load: the names of the classes, say. Both are copied; NULL as text
 * takes the note away. HG_BAD_ARGUMENT, with nothing changed, if one is not UTF-8, or the
 * name is empty, "format" or begins with "hinge.". */
HG_API hg_status hg_network_set_note(hg_network *network, const char *name, const char *text, hg_error *error);

/* NULL if there is none of that name; else the network's, until the note is set again. */
HG_API const char *hg_network_note(const hg_network *network, const char *name);

/* Writes all parameters by name, and the layers and notes in the file's metadata. The file
 * appears whole or not at all: on failure an older one is still there. Layers of one's
 * own are saved too; HG_BAD_NETWORK if one has the name of a type of the library's. */
HG_API hg_status hg_network_save(const hg_network *network, const char *path, hg_error *error);

/* A network made again from a file that hg_network_save wrote. The file names the types
 * of layers: HG_BAD_FILE if one is not the library's. With layers of one's own, make
 * the network by hg_network_create and give it the file by hg_network_load_weights. */
HG_API hg_network *hg_network_load(const char *path, hg_error *error);

/* Copies the parameters of a file into a network that has them all by name and
 * shape; the file's layers are not looked at. On failure nothing has changed. */
HG_API hg_status hg_network_load_weights(hg_network *network, const char *path, hg_error *error);

HG_END_DECLARATIONS

/* ---- C++: the same with layers and optimizers that keep their options, see options.h ---- */
#ifdef __cplusplus
#include <initializer_list>
#include <iterator>
#include <vector>

namespace hinge
{
using layer = with_options<hg_layer>;
using optimizer = with_options<hg_optimizer>;
} // namespace hinge

/* hg_network_create({ hg_image_input(28, 28), ... }, &error) */
inline hg_network *hg_network_create(std::initializer_list<hinge::layer> layers, hg_error *error)
{
    const std::vector<hg_layer> lines(layers.begin(), layers.end());
    return hg_network_create(lines.data(), lines.size(), error);
}

/* The same of a vector or array of hinge::layer. */
template <typename Layers> hg_network *hg_network_create(const Layers &layers, hg_error *error)
{
    const std::vector<hg_layer> lines(std::begin(layers), std::end(layers));
    return hg_network_create(lines.data(), lines.size(), error);
}

/* hg_network_step(net, hg_sgd(0.05), &error) */
inline hg_status hg_network_step(hg_network *network, const hinge::optimizer &optimizer, hg_error *error)
{
    return hg_network_step(network, static_cast<hg_optimizer>(optimizer), error);
}
#endif

#endif
