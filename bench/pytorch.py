"""The PyTorch side of `make bench`: answers requests on standard input.

    pytorch.py installed|tuned

A request is a line "NETWORK BATCH THREADS SECONDS train|evaluate|predict"; the answer
is a line "SAMPLES_PER_SECOND SETTING". `installed` is PyTorch as it comes, in eager
mode; `tuned` tries many settings at the first request of a kind and goes on with the
best. (Whoever starts `tuned` gives it the environment that suits it.) Data is random
and in memory, the optimizer SGD with momentum.
"""
import sys
import time
import warnings
from dataclasses import replace

try:
    import torch
except ImportError:
    sys.exit(1)  # whoever asks sees the end of the file
from torch import nn

from pytorch_networks import Setting, images, network, set_threads

WARM_SECONDS, TRIAL_SECONDS, TRIALS = 0.02, 0.05, 3


class Runner:
    """One network in one setting, ready to do steps."""

    def __init__(self, name, batch, mode, setting):
        torch.manual_seed(1)
        self.setting, self.batch, self.training = setting, batch, mode == "train"
        set_threads(setting)
        self.x, self.y = images(name, batch, setting), torch.randint(0, 10, (batch,))
        self.net = network(name, setting).train(self.training)
        self.no_gradients = torch.inference_mode if setting.inference_mode else torch.no_grad
        self.run = self.graph()
        self.loss = nn.CrossEntropyLoss()
        # so small a rate that nothing is learned by heart: gradients that vanish are slow
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=1e-4, momentum=0.9)

    def graph(self):
        if self.setting.graph == "eager":
            return self.net
        traced = torch.jit.trace(self.net, self.x)
        return torch.jit.optimize_for_inference(traced) if self.setting.graph == "frozen" else traced

    def step(self):
        if self.training:
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.run(self.x), self.y).backward()
            self.optimizer.step()
        else:
            with self.no_gradients():
                self.run(self.x)

    def steps(self, seconds):
        """Whole steps for about so long, at least one: how many, and the seconds."""
        start, count = time.perf_counter(), 0
        while count == 0 or time.perf_counter() - start < seconds:
            self.step()
            count += 1
        return count, time.perf_counter() - start

    def best_rate(self):
        """Of several short trials, so that a busy moment of the machine spoils none of the
        settings; fewer where a step takes long."""
        self.steps(WARM_SECONDS)
        trials = [self.steps(TRIAL_SECONDS)]
        while len(trials) < TRIALS and sum(taken for _, taken in trials) < TRIALS * TRIAL_SECONDS:
            trials.append(self.steps(TRIAL_SECONDS))
        return max(count / taken for count, taken in trials)

    def rate(self, seconds):
        set_threads(self.setting)
        self.steps(WARM_SECONDS)
        count, taken = self.steps(seconds)
        return count * self.batch / taken


def tuned_runner(name, batch, threads, mode):
    """One setting after the other takes its best value while the rest stay as they are."""
    best, best_rate = None, 0

    def attempt(setting):
        nonlocal best, best_rate
        runner = Runner(name, batch, mode, setting)
        for _ in range(2 if setting.graph == "eager" else 3):
            runner.step()  # the first ones of a traced graph compile it
        rate = runner.best_rate()
        if rate > best_rate:
            best, best_rate = runner, rate

    first = Setting(threads, blas_threads=1)
    for graph in ("eager", "traced") if mode == "train" else ("eager", "traced", "frozen"):
        for last in (False, True):
            attempt(replace(first, graph=graph, last=last))
    attempt(replace(best.setting, pool_first=True))
    if mode != "train":
        attempt(replace(best.setting, inference_mode=True))
    if threads > 1:
        attempt(replace(best.setting, blas_threads=threads))
    if threads > 1 and mode == "predict":
        attempt(replace(best.setting, threads=1))
    return best


def main():
    warnings.filterwarnings("ignore")
    tuned, runner, kind = sys.argv[1] == "tuned", None, None
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        name, batch, threads, seconds, mode = line.split()
        if kind != (name, batch, threads, mode):
            runner = None  # one network in memory at a time
            kind = name, batch, threads, mode
            runner = (tuned_runner(name, int(batch), int(threads), mode) if tuned else
                      Runner(name, int(batch), mode, Setting(int(threads))))
        print(f"{runner.rate(float(seconds)):.2f} {runner.setting}", flush=True)


main()
