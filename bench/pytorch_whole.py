"""One whole training of the document's network with PyTorch, as examples/mnist does it:

    pytorch_whole.py installed|tuned FOLDER EPOCHS STEPS

FOLDER holds MNIST's files, each plain or with .gz behind it. It ends after so many
STEPS of the first epoch; 0: after all epochs.
"""
import gzip
import os
import sys

import numpy
import torch
from torch import nn

from pytorch_networks import Setting, network

BATCH = 128


def read(folder, part):
    """Bytes, a fourth of the memory that floats would take."""
    def numbers(kind, header):
        path = f"{folder}/{part}-{kind}-ubyte"
        with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
            return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=header).copy())
    return numbers("images-idx3", 16).view(-1, 1, 28, 28), numbers("labels-idx1", 8)


def batch(images, labels, mean, setting):
    x, y = images.float().div_(255).sub_(mean), labels.long()
    return x.to(memory_format=torch.channels_last) if setting.last else x, y


def accuracy(net, images, labels, mean, setting):
    correct = 0
    net.eval()
    with torch.no_grad():
        for first in range(0, len(images), 1000):
            x, y = batch(images[first:first + 1000], labels[first:first + 1000], mean, setting)
            correct += (net(x).argmax(1) == y).sum().item()
    net.train()
    return correct / len(images)


def main():
    kind, folder, epochs, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    tuned = kind == "tuned"
    setting = Setting(torch.get_num_threads(), last=tuned, pool_first=tuned)
    torch.manual_seed(1)
    images, labels = read(folder, "train")
    test_images, test_labels = read(folder, "t10k")
    mean = sum(part.float().sum(0) for part in images.split(1000)) / (255 * len(images))
    net, loss = network("document", setting), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=0.0002)
    for epoch in range(epochs):
        for number, index in enumerate(torch.randperm(len(images)).split(BATCH)):
            x, y = batch(images[index], labels[index], mean, setting)
            optimizer.zero_grad(set_to_none=True)
            loss(net(x), y).backward()
            optimizer.step()
            if number + 1 == steps:
                return
        print(f"epoch {epoch + 1}: test accuracy {accuracy(net, test_images, test_labels, mean, setting):.4f}")


main()
