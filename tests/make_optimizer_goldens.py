#!/usr/bin/env python3
"""Writes tests/optimizer_goldens.h: where PyTorch's optimizers, schedules and clipping take eight
numbers in 100 steps, in float64 and in float32.

    python3 tests/make_optimizer_goldens.py > tests/optimizer_goldens.h

The gradient is that of a bowl with a slope that changes from step to step (also in
optimizer_cases.c): curvature[i] p[i] + an integer hash of step and i.
"""
import numpy as np
import torch

COUNT, STOPS = 8, (1, 10, 100)
EPOCHS = STOPS[-1]  # a step is an epoch

SCHEDULERS = {
    "hg_constant()": lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1.0),
    "hg_cosine(0.0625)": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(
        o, EPOCHS, eta_min=0.0625 * o.param_groups[0]["lr"]),
    "hg_stepwise(0.25, .every = 30)": lambda o: torch.optim.lr_scheduler.StepLR(o, 30, 0.25),
    "hg_exponential(0.96875)": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.96875),
}
PLAIN, COSINE, STEPWISE, EXPONENTIAL = SCHEDULERS
SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW

# name, optimizer, its options, schedule, norm to clip to
CASES = [
    ("sgd, momentum, decay", SGD, dict(lr=0.03125, momentum=0.75, weight_decay=0.125), PLAIN, 0),
    ("sgd, clipped", SGD, dict(lr=0.03125, momentum=0.75), PLAIN, 0.75),
    ("sgd, cosine", SGD, dict(lr=0.0625, momentum=0.5, nesterov=True), COSINE, 0),
    ("adam", ADAM, dict(), PLAIN, 0),
    ("adam, fast", ADAM, dict(lr=0.03125), PLAIN, 0),
    ("adam, decay", ADAM, dict(lr=0.03125, weight_decay=0.25), PLAIN, 0),
    ("adam, betas, epsilon", ADAM, dict(lr=0.03125, betas=(0.75, 0.96875), eps=0.0625), PLAIN, 0),
    ("adam, clipped, stepwise", ADAM, dict(lr=0.0625), STEPWISE, 0.75),
    ("adamw", ADAMW, dict(), PLAIN, 0),
    ("adamw, fast", ADAMW, dict(lr=0.03125), PLAIN, 0),
    ("adamw, decay, cosine", ADAMW, dict(lr=0.0625, weight_decay=0.5), COSINE, 0),
    ("adamw, betas, epsilon, exponential", ADAMW,
     dict(lr=0.0625, betas=(0.75, 0.96875), eps=0.0625, weight_decay=0.25), EXPONENTIAL, 0),
]


def noise(step):
    """Also in optimizer_cases.c: a hash of step and index, in [-1, 1)."""
    h = (np.arange(COUNT, dtype=np.uint64) + step * 65537) * 2654435761 & 0xFFFFFFFF
    h = (h ^ h >> 15) * 2246822519 & 0xFFFFFFFF
    h ^= h >> 13
    return ((h >> 16).astype(np.float64) - 32768) / 32768


def trajectory(kind, options, schedule, clip_norm, dtype):
    p = torch.tensor(noise(0), dtype=dtype).requires_grad_()
    optimizer = kind([p], **options)
    scheduler = SCHEDULERS[schedule](optimizer)
    curvature = 2.0 ** (np.arange(COUNT) - 4)
    stops = []
    for step in range(1, STOPS[-1] + 1):
        p.grad = torch.tensor(curvature * p.detach().double().numpy() + noise(step), dtype=dtype)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([p], clip_norm)
        optimizer.step()
        scheduler.step()
        if step in STOPS:
            stops.append("{ " + ", ".join(repr(v) for v in p.detach().double().tolist()) + " }")
    return "{\n        " + ",\n        ".join(stops) + " }"


def optimizer_in_c(kind, options):
    name = kind.__name__.lower()
    fields = dict(options)
    names = {"lr": "learning_rate", "eps": "epsilon"}
    if "betas" in fields:
        fields["beta1"], fields["beta2"] = fields.pop("betas")
    text = "".join(f", .{names.get(key, key)} = {str(value).lower()}" for key, value in fields.items())
    return f"{{ &hg_{name}_type, &(hg_{name}_options){{ .size = sizeof(hg_{name}_options){text} }} }}"


def schedule_in_c(schedule):
    kind, values = schedule[len("hg_"):-1].split("(")
    return f"{{ .kind = HG_SCHEDULE_{kind.upper()}" + (f", {values}" if values else "") + " }"


rows = []
for name, kind, options, schedule, clip_norm in CASES:
    arguments = (kind, options, schedule, clip_norm)
    rows.append(f'    {{ "{name}", {optimizer_in_c(kind, options)},\n      {schedule_in_c(schedule)}, {clip_norm},\n'
                f"      {trajectory(*arguments, torch.float64)},\n      {trajectory(*arguments, torch.float32)} }},")

print(f"""/* Made by tests/make_optimizer_goldens.py with PyTorch {torch.__version__.split("+")[0]}: do not edit. */
#ifndef TESTS_OPTIMIZER_GOLDENS_H
#define TESTS_OPTIMIZER_GOLDENS_H

#include <hinge/hinge.h>

enum {{ OPTIMIZER_NUMBERS = {COUNT}, OPTIMIZER_STOPS = {len(STOPS)}, OPTIMIZER_EPOCHS = {EPOCHS} /* a step each */ }};

static const int optimizer_stop[OPTIMIZER_STOPS] = {{ {", ".join(map(str, STOPS))} }}; /* steps */

typedef struct optimizer_golden {{
    const char *name;
    hg_optimizer optimizer;
    hg_schedule schedule;
    double clip_norm; /* 0: not clipped */
    double in_double[OPTIMIZER_STOPS][OPTIMIZER_NUMBERS], in_float[OPTIMIZER_STOPS][OPTIMIZER_NUMBERS];
}} optimizer_golden;

/* clang-format off */
static const optimizer_golden optimizer_goldens[] = {{
{chr(10).join(rows)}
}};
/* clang-format on */

#endif""")
