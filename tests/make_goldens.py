#!/usr/bin/env python3
"""Writes tests/goldens.h: outputs and gradients of PyTorch, computed in float64.

    python3 tests/make_goldens.py > tests/goldens.h

Inputs, parameters and output gradients are multiples of 1/64, so that they read
the same in float. PyTorch's own answers are written with 17 digits.
"""
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(1)


def lattice(*shape):
    """Odd multiples of 1/64 in (-1, 1): exact in float, never zero."""
    return ((2 * torch.randint(-32, 32, shape) + 1) / 64).double()


def ties(*shape):
    return torch.randint(-1, 2, shape).double()


def emit_array(name, values, kind="double"):
    numbers = [repr(v) if kind == "double" else str(v) for v in values.flatten().tolist()]
    numbers = [n[:-2] if n.endswith(".0") else n for n in numbers]
    lines, line = [], "   "
    for number in numbers:
        if len(line) + len(number) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {number},"
    lines.append(line)
    print(f"static const {kind} {name}[] = {{\n" + "\n".join(lines) + "\n};")


def shape_of(tensor):
    channels, height, width = (list(tensor.shape[1:]) + [1, 1])[:3]
    return f"{{ {channels}, {height}, {width} }}"


rows = []


def golden(name, kind, options, function, x, parameters=(), labels=None, statistics=(), evaluating=False):
    """One row: function(x, *parameters) is what the layer has to do; statistics take the place of
    the gradients of the first parameters, which are running statistics."""
    leaves = [x.clone().requires_grad_()] + [p.clone().requires_grad_() for p in parameters]
    y = function(*leaves)
    dy = lattice(*y.shape) if labels is None else torch.ones_like(y)
    y.backward(dy)
    identifier = f"golden_{len(rows)}"
    arrays = {"input": x, "output": y.detach()}
    if not evaluating:
        arrays |= {"output_gradient": dy, "input_gradient": leaves[0].grad}
    for i, p in enumerate(parameters):
        arrays[f"parameter_{i}"] = p
        if not evaluating:
            arrays[f"parameter_gradient_{i}"] = statistics[i] if i < len(statistics) else leaves[1 + i].grad
    fields = [f'.name = "{name}"', f".samples = {len(x)}", f".input_shape = {shape_of(x)}",
              f".layer = {{ &hg_{kind}_type, &(hg_{kind}_options){{ .size = sizeof(hg_{kind}_options), {options} }} }}"]
    for key, values in arrays.items():
        emit_array(f"{identifier}_{key}", values)
        field = key if not key[-1].isdigit() else f"{key[:-2]}[{key[-1]}]"
        fields.append(f".{field} = {identifier}_{key}")
    if evaluating:
        fields.append(".evaluating = true")
    if labels is not None:
        emit_array(f"{identifier}_label", labels, "int")
        fields.append(f".label = {identifier}_label")
    rows.append("    { " + ",\n      ".join(fields) + " },")


def moments(x):
    """Mean and unbiased variance of each channel, as PyTorch's running statistics would take them."""
    mean, variance = torch.zeros(x.shape[1]).double(), torch.ones(x.shape[1]).double()
    F.batch_norm(x, mean, variance, training=True, momentum=1.0)
    return mean, variance


def batch_normalization(name, x, options="", **keywords):
    """Rows of training, in ghost batches of 16, and of evaluation."""
    channels = x.shape[1]
    running = lattice(channels), lattice(channels).abs()
    affine = () if "no_affine" in options else (lattice(channels), lattice(channels))
    options = options or ".name = NULL"

    def train(x, mean, variance, *affine):
        return torch.cat([F.batch_norm(part, None, None, *affine, training=True, **keywords) for part in x.split(16)])

    def evaluate(x, mean, variance, *affine):
        return F.batch_norm(x, mean.detach(), variance.detach(), *affine, training=False, **keywords)

    statistics = [sum(len(part) * moments(part)[i] for part in x.split(16)) for i in (0, 1)]
    golden(f"batch_normalization, {name}", "batch_normalization", options, train, x, (*running, *affine),
           statistics=statistics)
    golden(f"batch_normalization, {name}, evaluating", "batch_normalization", options, evaluate, x,
           (*running, *affine), evaluating=True)


def running_statistics(batches, channels, momentum):
    """PyTorch's running statistics after batches of up to 16 samples."""
    module = torch.nn.BatchNorm2d(channels, momentum=momentum).double()
    images = [lattice(batch, channels, 1, 3) * (1 + step) + step for step, batch in enumerate(batches)]
    for x in images:
        module(x)
    print(f"enum {{ RUNNING_CHANNELS = {channels}, RUNNING_HEIGHT = 1, RUNNING_WIDTH = 3 }};")
    print(f"static const double running_momentum = {momentum};")
    emit_array("running_batch", torch.tensor(batches), "int")
    emit_array("running_image", torch.cat(images))
    emit_array("running_mean", module.running_mean)
    emit_array("running_variance", module.running_var)


def threshold_form(function):
    """A form with one threshold a channel, as PyTorch's autograd differentiates it."""
    return lambda x, t: function(x, t.view(1, -1, 1, 1))


print(f"""/* Made by tests/make_goldens.py with PyTorch {torch.__version__.split("+")[0]} in float64: do not edit. */
#ifndef TESTS_GOLDENS_H
#define TESTS_GOLDENS_H

#include <hinge/layers.h>

typedef struct golden {{
    const char *name;
    hg_layer layer;
    size_t samples;
    hg_shape input_shape;
    const double *input, *output, *output_gradient, *input_gradient; /* [samples][units] */
    const double *parameter[HG_MAX_PARAMETERS], *parameter_gradient[HG_MAX_PARAMETERS];
    bool evaluating;  /* the output alone */
    const int *label; /* of an output layer, whose output are the losses; their sum is differentiated */
}} golden;

/* clang-format off */""")

golden("conv2d", "conv2d", "3, 2", F.conv2d, lattice(2, 2, 5, 4), (lattice(2, 2, 3, 3), lattice(2)))
golden("conv2d, stride 2, padding 1", "conv2d", "3, 3, .stride = 2, .padding = 1",
       lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), lattice(2, 2, 5, 6), (lattice(3, 2, 3, 3), lattice(3)))
golden("conv2d, stride 3, padding 2", "conv2d", "5, 1, .stride = 3, .padding = 2",
       lambda x, w, b: F.conv2d(x, w, b, stride=3, padding=2), lattice(2, 1, 6, 7), (lattice(1, 1, 5, 5), lattice(1)))
golden("conv2d, same, 3 x 5", "conv2d", ".filters = 2, .filter_height = 3, .filter_width = 5, .same = true",
       lambda x, w, b: F.conv2d(x, w, b, padding="same"), lattice(2, 2, 4, 5), (lattice(2, 2, 3, 5), lattice(2)))
golden("conv2d, no bias", "conv2d", "2, 5, .no_bias = true", F.conv2d, lattice(3, 1, 3, 3), (lattice(5, 1, 2, 2),))
golden("fully_connected", "fully_connected", "3", lambda x, w, b: F.linear(x.flatten(1), w, b), lattice(3, 2, 2, 3),
       (lattice(3, 12), lattice(3)))
golden("fully_connected, no bias", "fully_connected", "5, .no_bias = true", F.linear, lattice(4, 7), (lattice(5, 7),))
golden("relu", "relu", ".name = NULL", F.relu, ties(3, 2, 3, 2) * lattice(3, 2, 3, 2).abs())
golden("leaky_relu", "leaky_relu", ".slope = 0.1", lambda x: F.leaky_relu(x, 0.1), ties(3, 2, 3, 2) * lattice(3, 2, 3, 2).abs())
golden("prelu", "threshold_relu", "HG_SLOPE", F.prelu, ties(3, 4, 3, 2) * lattice(3, 4, 3, 2).abs(),
       (torch.tensor([0, 0.125, 0.5, 0.875]).double(),))
golden("prelu, shared", "threshold_relu", "HG_SLOPE, .shared = true", F.prelu, lattice(3, 3, 2, 2),
       (torch.tensor([0.25]).double(),))
golden("floor", "threshold_relu", "HG_FLOOR", threshold_form(torch.maximum), lattice(3, 3, 2, 3),
       (torch.tensor([-0.25, 0, 0.5]).double(),))
golden("ceiling", "threshold_relu", "HG_CEILING", threshold_form(lambda x, t: torch.minimum(F.relu(x), t)),
       lattice(3, 2, 3, 3), (torch.tensor([0.25, 0.75]).double(),))
golden("shift", "threshold_relu", "HG_SHIFT", threshold_form(lambda x, t: F.relu(x - t)), lattice(3, 3, 2, 3),
       (torch.tensor([-0.25, 0, 0.5]).double(),))
golden("max_pool2d", "max_pool2d", "2", lambda x: F.max_pool2d(x, 2), lattice(2, 2, 4, 5))
golden("max_pool2d, ties", "max_pool2d", "2", lambda x: F.max_pool2d(x, 2), ties(3, 2, 6, 4))
golden("max_pool2d, overlapping ties", "max_pool2d", "3, 2, 1", lambda x: F.max_pool2d(x, 3, 2, 1), ties(3, 2, 5, 6))
golden("max_pool2d, all equal", "max_pool2d", "3, 2", lambda x: F.max_pool2d(x, 3, 2), torch.full((1, 1, 5, 5), 0.5).double())
golden("softmax", "softmax", ".name = NULL", lambda x: F.softmax(x, 1), 4 * lattice(3, 5))
classes = torch.tensor([3, 0, 6, 6])
golden("cross_entropy", "classification", ".name = NULL",
       lambda x: F.cross_entropy(x, classes, reduction="none"), 8 * lattice(4, 7), labels=classes)
golden("cross_entropy, large", "classification", ".name = NULL",
       lambda x: F.cross_entropy(x, classes, reduction="none"), 512 * lattice(4, 7), labels=classes)
for smoothing in (0.1, 0.5):
    golden(f"cross_entropy, label smoothing {smoothing}", "classification", f"{smoothing}",
           lambda x: F.cross_entropy(x, classes, reduction="none", label_smoothing=smoothing), 8 * lattice(4, 7),
           labels=classes)
small_and_large = torch.cat([lattice(2, 2, 1, 3), 8 * lattice(2, 2, 2, 3)], 2)
with_zeros = ties(2, 2, 3, 3) * small_and_large.abs()
golden("elu", "elu", ".name = NULL", F.elu, with_zeros)
golden("elu, alpha 0.3", "elu", "0.3", lambda x: F.elu(x, 0.3), small_and_large)
golden("softsign", "softsign", ".name = NULL", F.softsign, with_zeros)
golden("relu_softsign", "relu_softsign", "0.5", lambda x: torch.where(x > 0, x, 0.5 * F.softsign(x)), small_and_large)
golden("relu_softsign, learned", "relu_softsign", ".learn_slope = true",
       threshold_form(lambda x, a: torch.where(x > 0, x, a * F.softsign(x))), small_and_large,
       (torch.tensor([0.25, 1.5]).double(),))
golden("tanh", "tanh", ".name = NULL", torch.tanh, with_zeros)
golden("sigmoid", "sigmoid", ".name = NULL", torch.sigmoid, with_zeros)
golden("gelu", "gelu", ".name = NULL", F.gelu, with_zeros)
golden("gelu, approximate", "gelu", ".approximate = true", lambda x: F.gelu(x, approximate="tanh"), small_and_large)

golden("average_pool2d", "average_pool2d", "2", lambda x: F.avg_pool2d(x, 2), lattice(2, 2, 4, 5))
golden("average_pool2d, padding counts", "average_pool2d", "3, 2, 1", lambda x: F.avg_pool2d(x, 3, 2, 1), lattice(2, 2, 5, 6))
golden("average_pool2d, padding excluded", "average_pool2d", "3, 2, 1, .exclude_padding = true",
       lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), lattice(2, 2, 5, 6))
golden("global_average_pool2d", "global_average_pool2d", ".name = NULL", lambda x: F.adaptive_avg_pool2d(x, 1), lattice(2, 3, 3, 2))
for size, options in (5, {}), (5, dict(alpha=3.0, k=2.0)), (4, dict(alpha=2.0)), (2, dict(alpha=2.0, beta=0.5)), \
        (3, dict(alpha=2.0, beta=1.0)), (3, dict(alpha=2.0, beta=0.3)):
    golden(f"local_response_normalization, {size} {options}".replace("'", ""), "local_response_normalization",
           ", ".join([str(size)] + [f".{key} = {value}" for key, value in options.items()]),
           lambda x: F.local_response_norm(x, size, **options), 4 * lattice(2, 7, 1, 2))
batch_normalization("a whole shard", 2 * lattice(16, 2, 1, 2) + 0.5)
batch_normalization("5 samples", lattice(5, 3, 2, 2))
batch_normalization("units, two shards", lattice(19, 2))
batch_normalization("large epsilon", lattice(3, 2, 1, 3), ".epsilon = 0.5", eps=0.5)
batch_normalization("no affine", lattice(3, 2, 1, 2), ".no_affine = true")

running_statistics((16, 5, 11), 2, 0.3)
print("\nstatic const golden goldens[] = {\n" + "\n".join(rows) + "\n};\n/* clang-format on */\n\n#endif")
sys.stdout.flush()
