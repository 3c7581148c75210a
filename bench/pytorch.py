"""The PyTorch side of `make bench`: answers requests on standard input.

    pytorch.py installed|tuned

A request is a line "NETWORK BATCH THREADS SECONDS train|evaluate|predict"; the answer
is a line "SAMPLES_PER_SECOND SETTING". `installed` is PyTorch as it comes, in eager
mode; `tuned` tries channels-last and the traced graph too, once for each request's
kind, and goes on with the best. (The caller starts `tuned` with the environment that
suits it.) Data is random and in memory, the optimizer SGD with momentum.
"""
import sys
import time

import torch
from torch import nn


class Rows(nn.Module):
    """Flattens; for channels-last memory without a copy."""

    def __init__(self, channels_last):
        super().__init__()
        self.channels_last = channels_last

    def forward(self, x):
        return (x.permute(0, 2, 3, 1) if self.channels_last else x).flatten(1)


def network(name, last):
    conv = lambda i, o, k, p=0: nn.Conv2d(i, o, k, padding=p)
    pool = lambda: nn.MaxPool2d(2, 2)
    if name in ("document", "document-threshold"):
        activation = nn.ReLU() if name == "document" else nn.PReLU(20, init=0.0)
        return [conv(1, 20, 5), activation, pool(), Rows(last), nn.Linear(2880, 10)]
    if name == "lenet5":
        return [conv(1, 6, 5, 2), nn.ReLU(), pool(), conv(6, 16, 5), nn.ReLU(), pool(), Rows(last),
                nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    if name == "mlp":
        return [Rows(last), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)]
    if name == "convnet":
        return [conv(1, 32, 5, 2), nn.ReLU(), pool(), conv(32, 64, 5, 2), nn.ReLU(), pool(), Rows(last),
                nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10)]
    if name == "vgg":
        return [conv(3, 64, 3, 1), nn.ReLU(), conv(64, 64, 3, 1), nn.ReLU(), pool(),
                conv(64, 128, 3, 1), nn.ReLU(), conv(128, 128, 3, 1), nn.ReLU(), pool(), Rows(last),
                nn.Linear(8192, 256), nn.ReLU(), nn.Linear(256, 10)]
    raise ValueError(name)


class Runner:
    """One network in one setting, ready to do steps."""

    def __init__(self, name, batch, mode, last, traced):
        torch.manual_seed(1)
        self.setting = ("channels-last" if last else "channels-first") + (" traced" if traced else " eager")
        shape = (batch, 3, 32, 32) if name == "vgg" else (batch, 1, 28, 28)
        self.x, self.y = torch.rand(shape), torch.randint(0, 10, (batch,))
        self.net = nn.Sequential(*network(name, last))
        if last:
            self.net, self.x = (t.to(memory_format=torch.channels_last) for t in (self.net, self.x))
        self.batch, self.training = batch, mode == "train"
        if not self.training:
            self.net.eval()
        self.run = torch.jit.trace(self.net, self.x) if traced else self.net
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9)

    def step(self):
        if self.training:
            self.optimizer.zero_grad()
            self.loss(self.run(self.x), self.y).backward()
            self.optimizer.step()
        else:
            with torch.no_grad():
                self.run(self.x)

    def rate(self, seconds):
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds or steps < 2:
            self.step()
            steps += 1
        return steps * self.batch / (time.perf_counter() - start)


def best_runner(tuned, name, batch, mode):
    settings = [(last, traced) for last in (False, True) for traced in (False, True)] if tuned else [(False, False)]
    best = None
    for last, traced in settings:
        runner = Runner(name, batch, mode, last, traced)
        runner.rate(0.05)  # warm up
        rate = runner.rate(0.2) if tuned else 0
        if best is None or rate > best[0]:
            best = (rate, runner)
    return best[1]


def main():
    tuned, runners = sys.argv[1] == "tuned", {}
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        name, batch, threads, seconds, mode = line.split()
        torch.set_num_threads(int(threads))
        key = (name, batch, threads, mode)
        if key not in runners:
            runners.clear()  # one network in memory at a time
            runners[key] = best_runner(tuned, name, int(batch), mode)
        print(f"{runners[key].rate(float(seconds)):.2f} {runners[key].setting}", flush=True)


main()
