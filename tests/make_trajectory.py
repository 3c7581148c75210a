#!/usr/bin/env python3
"""Writes tests/trajectory.h: what 10 and 100 steps of training make of the document's network
in PyTorch, computed in float64.

    python3 tests/make_trajectory.py MNIST_FOLDER > tests/trajectory.h

It trains on MNIST (numbers about the runs are kept, not MNIST) and on tests/data: the 320 images
of hg_synthetic_digits(320, 1, 0, NULL) and their labels, written as IDX files and packed by
gzip -9n. Weights start from an integer hash, a multiple of 2^-20 that reads the same in float.
"""
import gzip
import os
import sys
import textwrap

import numpy as np
import torch
from torch import nn

STOPS = (10, 100)
SAMPLES = 40
# Each run has a start whose first 10 steps meet no pooling window so nearly tied, and no winner so near
# the activation's kink, that float may choose the other side (rounding puts hinge's sums off by 2e-8 to
# 3e-8 in the mean) and move a weight by more than the tolerance of 10 steps: the first such start, and
# how near it may come, as much as a thousand starts allow.
STARTS = {
    "digits": {"relu": (2, 1e-7), "leaky_relu": (87, 1e-7), "prelu": (3, 1e-7), "prelu from 0": (12, 1e-7),
               "prelu, weight decay, nesterov": (4, 1e-7)},
    "mnist": {"relu": (533, 1e-7), "leaky_relu": (406, 1e-7), "prelu": (932, 8e-8), "prelu from 0": (354, 8e-8)},
}
MOST_MOVED = 2e-6 / 8  # the filters' weights are about 1/8
# Tensors of the network in hinge's names; the starts lie in [-scale, scale), thresholds start alike.
TENSORS = [("conv2d_1.weight", 1 / 8), ("conv2d_1.bias", 1 / 16), ("fully_connected_1.weight", 1 / 32),
           ("fully_connected_1.bias", 1 / 16)]
THRESHOLD = "threshold_relu_1.threshold"

PLAIN = dict(lr=0.01, momentum=0.9)
DECAY = dict(lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)


def layer_in_c(kind, options=""):
    return f"{{ &hg_{kind}_type, &(hg_{kind}_options){{ .size = sizeof(hg_{kind}_options), {options} }} }}"


# name, activation, the same in C, optimizer
CASES = [
    ("relu", nn.ReLU, layer_in_c("relu", ".name = NULL"), PLAIN),
    ("leaky_relu", lambda: nn.LeakyReLU(0.1), layer_in_c("leaky_relu", ".name = NULL"), PLAIN),
    ("prelu", lambda: nn.PReLU(20, init=0.25),
     layer_in_c("threshold_relu", "HG_SLOPE, .threshold = 0.25, .unbounded = true"), PLAIN),
    ("prelu from 0", lambda: nn.PReLU(20, init=0), layer_in_c("threshold_relu", "HG_SLOPE, .unbounded = true"), PLAIN),
]
DECAYED = ("prelu, weight decay, nesterov", *CASES[2][1:3], DECAY)


def start(seed, tensor, count, scale):
    """Also in test_trajectory.c."""
    h = (np.arange(count, dtype=np.uint64) + (seed << 20) + (tensor << 16)) * 2654435761 & 0xFFFFFFFF
    h = (h ^ h >> 15) * 2246822519 & 0xFFFFFFFF
    h ^= h >> 13
    return ((h >> 16).astype(np.float64) - 32768) / 32768 * scale


def read_idx(path, header):
    with gzip.open(path) as file:
        return np.frombuffer(file.read()[header:], np.uint8)


def load(images_path, labels_path, dtype):
    """Zero-centered images [count, 1, 28, 28] and labels."""
    pixels = read_idx(images_path, 16).reshape(-1, 1, 28, 28)
    mean = pixels.mean(axis=0, dtype=np.float64) / 255
    kept = pixels[: STOPS[-1] * 128]
    return torch.tensor(kept / 255 - mean, dtype=dtype), torch.tensor(read_idx(labels_path, 8)).long()


def make_network(activation, seed, dtype):
    network = nn.Sequential(nn.Conv2d(1, 20, 5), activation(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2880, 10))
    network.to(dtype)
    named = {TENSORS[0][0]: network[0].weight, TENSORS[1][0]: network[0].bias, TENSORS[2][0]: network[4].weight,
             TENSORS[3][0]: network[4].bias}
    for number, (name, scale) in enumerate(TENSORS):
        named[name].data = torch.tensor(start(seed, number, named[name].numel(), scale), dtype=dtype).view_as(named[name])
    if isinstance(network[1], nn.PReLU):
        named[THRESHOLD] = network[1].weight
    return network, named


def steps(activation, options, seed, images, labels, batch):
    """Trains, and yields after each step the loss, the tensors by name, and before and behind the pooling."""
    network, named = make_network(activation, seed, images.dtype)
    decayed = [p for name, p in named.items() if name != THRESHOLD]
    thresholds = [p for name, p in named.items() if name == THRESHOLD]
    optimizer = torch.optim.SGD([dict(params=decayed), dict(params=thresholds, weight_decay=0)], **options)
    for step in range(STOPS[-1]):
        begin = step * batch % len(images)
        sums = network[0](images[begin:begin + batch])
        active = network[1](sums)
        pooled = network[2](active)
        pooled.retain_grad()
        loss = nn.functional.cross_entropy(network[4](network[3](pooled)), labels[begin:begin + batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item(), named, (sums, active, pooled)


def windows(x):
    """[N, C, H, W] to [N, C, H / 2, W / 2, 4]"""
    n, c, h, w = x.shape
    return x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 2, 4, 3, 5).flatten(4)


def is_calm(seed, near, activation, options, images, labels, batch):
    """Whether nothing in the first 10 steps is so near: see STARTS."""
    run = steps(activation, options, seed, images, labels, batch)
    for left, (_, _, (sums, active, pooled)) in zip(range(STOPS[0], 0, -1), run):
        best, places = windows(active.detach()).topk(2, dim=-1)
        sums = windows(sums.detach()).gather(-1, places)
        slope = (best / sums).abs().amax(-1)
        moved = pooled.grad.abs() * options["lr"] * sum(options["momentum"] ** k for k in range(left))
        near_tie = (best[..., 0] - best[..., 1] < near * slope) & (moved * slope > MOST_MOVED)
        near_kink = (sums[..., 0].abs() < near) & (moved > MOST_MOVED)
        if (near_tie | near_kink).any():
            return False
    return True


def train(activation, options, seed, images, labels, batch):
    """At each stop: the mean loss of the steps so far, and the tensors by name."""
    losses, stops = [], []
    for loss, named, _ in steps(activation, options, seed, images, labels, batch):
        losses.append(loss)
        if len(losses) in STOPS:
            stops.append((len(losses), sum(losses) / len(losses),
                          {name: p.detach().flatten().numpy().copy() for name, p in named.items()}))
    return stops


def largest_prime_up_to(number):
    while any(number % d == 0 for d in range(2, int(number**0.5) + 1)):
        number -= 1
    return max(number, 1)


def tensor_in_c(name, values):
    # A prime stride visits every place of a filter and of a row of weights.
    stride = largest_prime_up_to(len(values) // SAMPLES)
    samples = textwrap.fill(", ".join(repr(v) for v in values[::stride][:SAMPLES]), 110, subsequent_indent=" " * 10)
    return (f'{{ "{name}", {len(values)}, {stride}, {np.abs(values).max()!r}, {values.sum()!r},'
            f" {(values * values).sum()!r},\n        {{ {samples} }} }}")


def trajectory_in_c(case, starts, images, labels, batch):
    name, activation, layer, options = case
    seed, near = starts[name]
    assert is_calm(seed, near, activation, options, images, labels, batch), f"{name}: another start is needed"
    stops = []
    for step, loss, named in train(activation, options, seed, images, labels, batch):
        tensors = ",\n      ".join(tensor_in_c(*item) for item in named.items())
        stops.append(f"    {{ {step}, {loss!r}, {len(named)}, {{\n      {tensors} }} }}")
    optimizer = ", ".join(f".{key.replace('lr', 'learning_rate')} = {str(v).lower()}" for key, v in options.items())
    return (f'  {{ "{name}", {seed}, {layer},\n    {{ .size = sizeof(hg_sgd_options), {optimizer} }}, {{\n'
            + ",\n".join(stops) + " } },")


def main(mnist):
    torch.set_num_threads(1)
    data = os.path.join(os.path.dirname(__file__), "data")
    digits = load(f"{data}/digit-images-idx3-ubyte.gz", f"{data}/digit-labels-idx1-ubyte.gz", torch.float64)
    digits_rows = [trajectory_in_c(case, STARTS["digits"], *digits, 32) for case in [*CASES, DECAYED]]
    images = load(f"{mnist}/train-images-idx3-ubyte.gz", f"{mnist}/train-labels-idx1-ubyte.gz", torch.float64)
    mnist_rows = [trajectory_in_c(case, STARTS["mnist"], *images, 128) for case in CASES]
    print(f"""/* Made by tests/make_trajectory.py with PyTorch {torch.__version__.split("+")[0]} in float64: do not edit. */
#ifndef TESTS_TRAJECTORY_H
#define TESTS_TRAJECTORY_H

#include <hinge/hinge.h>

enum {{
    TRAJECTORY_STOPS = {len(STOPS)},
    TRAJECTORY_TENSORS = {len(TENSORS) + 1},  /* at most */
    TRAJECTORY_SAMPLES = {SAMPLES}  /* of a tensor, at most */
}};

typedef struct trajectory_tensor {{
    const char *name;
    size_t count, stride;
    double largest, sum, squares;      /* of all elements; largest absolute value */
    double sample[TRAJECTORY_SAMPLES]; /* every stride-th element */
}} trajectory_tensor;

typedef struct trajectory_stop {{
    uint64_t steps;
    double loss; /* mean over the steps so far */
    size_t tensor_count;
    trajectory_tensor tensor[TRAJECTORY_TENSORS];
}} trajectory_stop;

typedef struct trajectory {{
    const char *name;
    uint32_t seed; /* of the start */
    hg_layer activation;
    hg_sgd_options sgd;
    trajectory_stop stop[TRAJECTORY_STOPS];
}} trajectory;

/* clang-format off */
static const trajectory digit_trajectories[] = {{
{chr(10).join(digits_rows)}
}};

static const trajectory mnist_trajectories[] = {{
{chr(10).join(mnist_rows)}
}};
/* clang-format on */

#endif""")


if __name__ == "__main__":
    main(sys.argv[1])
