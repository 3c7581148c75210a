/* hinge: small neural networks, trained fast, with a ReLU whose threshold is learned. */
#ifndef HINGE_HINGE_H
#define HINGE_HINGE_H

#include <hinge/error.h>
#include <hinge/tensor.h>
#include <hinge/layer.h>
#include <hinge/layers.h>
#include <hinge/optimizers.h>
#include <hinge/datasets.h>
#include <hinge/network.h>
#include <hinge/train.h>
#include <hinge/check.h>

#define HG_VERSION "0.1.0"

/* The version of the library that is linked, as HG_VERSION is of the headers. */
HG_API const char *hg_version(void);

#endif
