/* Testing a layer of one's own. */
#ifndef HINGE_CHECK_H
#define HINGE_CHECK_H

#include <hinge/layer.h>

HG_BEGIN_DECLARATIONS

typedef struct hg_gradient_check_options {
    double lower, upper; /* inputs are drawn from [lower, upper]; both 0: [-2, 2] */
    double tolerance;    /* of a gradient, relative: see `error` below; 0: 0.01 */
    uint64_t seed;       /* of all that is drawn */
} hg_gradient_check_options;

enum { HG_TENSOR_NAME_LENGTH = 64 };

typedef struct hg_gradient_report {
    size_t compared, skipped; /* gradients; skipped: at a kink, or lost in rounding */
    bool coupled;             /* samples of a shard know of each other, as in batch normalization */
    /* The worst of those compared: */
    double error; /* |analytic - numeric| over the larger of |numeric| and the root mean square in its tensor */
    double analytic, numeric;
    char tensor[HG_TENSOR_NAME_LENGTH]; /* "input 1", "weight" */
    size_t element, sample;             /* sample: of inputs only */
} hg_gradient_report;

/* Runs a layer by itself on 21 random samples, a full shard and one of 5, and
 * compares every gradient that its backward writes, of inputs and of parameters, with
 * differences of its own forward. inputs, [count], are the shapes of its inputs; time
 * grows with the square of their size, sixteenfold where samples know of each other: take
 * small ones, not square, with more than one channel.
 *
 *     hg_check_gradients(swish(), (const hg_shape[]){ { 3, 4, 5 } }, 1, NULL, &report, &error);
 *
 * options and report may be NULL. The loss is the sum of outputs times random
 * numbers in [-1, 1]; of an output layer its own. Parameters are drawn by their
 * initialiser and moved by up to 0.5 within their bounds; frozen ones are not moved.
 *
 * The numeric gradient is a central difference, (L(x + h) - L(x - h)) / 2h, of the
 * step h among 2^-4, 2^-6 ... 2^-12 (for the usual inputs) at which it agrees well, or best,
 * with one-sided differences and with the one of 2h; where none agrees, there is a kink, and the
 * element is skipped; where too many are, other numbers are drawn, up to four times. That finds, in float, gradients
 * that are off by more than the tolerance: a factor, a sign, a missing term, a wrong index.
 *
 * It also checks the contract of hinge/layer.h: every output and input gradient is
 * written, parameter gradients are added to, nothing is written or used past the end of a
 * buffer, lanes without a sample have no influence and get no gradient, a forward gives the same twice, what
 * the traits promise (in place, in-place gradients, outputs that are not read again) and
 * backward_batch, if there is one, give the same gradients.
 *
 * It cannot find: a forward that is wrong itself, as both would then agree on it; a case
 * that the inputs drawn never reach (choose lower and upper), or an error confined to
 * a kink; what depends on other options or shapes than those given; HG_CAN_POOL. A gradient that is not the
 * derivative on purpose, such as a straight-through one, fails. A layer that writes to
 * gradients nobody asked for (NULL) crashes here as it would in training. Of running statistics
 * only that they are added to is checked; input layers are not checked.
 *
 * HG_OK; HG_BAD_LAYER with a message that names the element and both numbers, or the
 * broken rule; HG_BAD_ARGUMENT if too many elements of a tensor had to be skipped; setup's own status.
 * *report is filled in as far as gradients were compared, on failure too. */
HG_API hg_status hg_check_gradients(hg_layer layer, const hg_shape *inputs, size_t count,
                                    const hg_gradient_check_options *options, hg_gradient_report *report,
                                    hg_error *error);

HG_END_DECLARATIONS

#endif
