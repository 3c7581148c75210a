"""The networks of the bench in PyTorch, and the ways in which they can be run."""
import ctypes
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Setting:
    threads: int
    last: bool = False  # channels last in memory
    graph: str = "eager"  # or traced, or frozen (and optimized for inference)
    pool_first: bool = False  # max pooling in front of its activation: the same result, fewer numbers
    inference_mode: bool = False  # in the place of no_grad
    blas_threads: int = 0  # OpenBLAS's own; 0: as they are

    def __str__(self):
        words = [self.graph, "channels-last" if self.last else "channels-first"]
        words += ["pool-first"] * self.pool_first + ["inference-mode"] * self.inference_mode
        words += [f"threads {self.threads}"] + [f"OpenBLAS {self.blas_threads}"] * bool(self.blas_threads)
        return ", ".join(words)


def set_threads(setting):
    torch.set_num_threads(setting.threads)
    if setting.blas_threads:
        try:
            ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(setting.blas_threads)
        except (OSError, AttributeError):
            pass  # another BLAS


class Rows(nn.Module):
    """Flattens; for channels-last memory without a copy."""

    def __init__(self, last):
        super().__init__()
        self.last = last

    def forward(self, x):
        return (x.permute(0, 2, 3, 1) if self.last else x).flatten(1)


def convolution(channels, filters, size, padding=0):
    return nn.Conv2d(channels, filters, size, padding=padding)


def pool():
    return nn.MaxPool2d(2, 2)


def layers(name, last):
    if name in ("document", "document-threshold"):
        activation = nn.ReLU() if name == "document" else nn.PReLU(20, init=0.0)
        return [convolution(1, 20, 5), activation, pool(), Rows(last), nn.Linear(2880, 10)]
    if name == "lenet5":
        return [convolution(1, 6, 5, 2), nn.ReLU(), pool(), convolution(6, 16, 5), nn.ReLU(), pool(), Rows(last),
                nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    if name == "mlp":
        return [Rows(last), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)]
    if name == "convnet":
        return [convolution(1, 32, 5, 2), nn.ReLU(), pool(), convolution(32, 64, 5, 2), nn.ReLU(), pool(), Rows(last),
                nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10)]
    if name == "vgg":
        return [convolution(3, 64, 3, 1), nn.ReLU(), convolution(64, 64, 3, 1), nn.ReLU(), pool(),
                convolution(64, 128, 3, 1), nn.ReLU(), convolution(128, 128, 3, 1), nn.ReLU(), pool(), Rows(last),
                nn.Linear(8192, 256), nn.ReLU(), nn.Linear(256, 10)]
    raise ValueError(name)


def network(name, setting):
    line = layers(name, setting.last)
    for i in range(len(line) - 1):
        if setting.pool_first and isinstance(line[i + 1], nn.MaxPool2d):
            line[i], line[i + 1] = line[i + 1], line[i]
    net = nn.Sequential(*line)
    return net.to(memory_format=torch.channels_last) if setting.last else net


def images(name, count, setting):
    x = torch.rand((count, 3, 32, 32) if name == "vgg" else (count, 1, 28, 28))
    return x.to(memory_format=torch.channels_last) if setting.last else x
