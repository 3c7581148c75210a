/* hinge: small neural networks, trained fast, with a ReLU whose threshold is learned. */
#ifndef HINGE_HINGE_H
#define HINGE_HINGE_H

#include <hinge/version.h>
#include <hinge/error.h>
#include <hinge/tensor.h>
#include <hinge/layer.h>
#include <hinge/layers.h>
#include <hinge/optimizers.h>
#include <hinge/datasets.h>
#include <hinge/network.h>
#include <hinge/export.h>
#include <hinge/train.h>
#include <hinge/advice.h>
#include <hinge/check.h>

#endif
