"""Files between hinge and numpy, both ways; see tests/pytorch. A line "same: ..." for each that agrees, else an error.

    python3 tests/pytorch.py DRIVER MNIST FOLDER
"""
import json
import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F

driver, mnist, folder = sys.argv[1:]
random = np.random.default_rng(1)
torch.set_num_threads(1)
TOLERANCE = 1e-5


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr or done.stdout}")
    return done.stdout


def check(name, got, wanted, tolerance=TOLERANCE):
    if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=0, atol=tolerance):
        sys.exit(f"{name}: {got} is not {wanted}")
    print("same:", name)


# ---- safetensors, by its specification: https://huggingface.co/docs/safetensors ----
def as_bf16(array):
    return (array.astype("<f4").view("<u4") >> 16).astype("<u2")


DTYPES = {"F32": lambda a: a.astype("<f4"), "F64": lambda a: a.astype("<f8"), "F16": lambda a: a.astype("<f2"), "BF16": as_bf16}


def write(path, tensors, dtype="F32", metadata=None, padded=True):
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, array in tensors.items():
        part = DTYPES[dtype](array).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8 if padded else 0)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {name: np.frombuffer(data[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]) for name, t in header.items()}
    return tensors, metadata


# ---- the networks in PyTorch ----
def document(t, x):
    x = F.conv2d(x, t["conv2d_1.weight"], t["conv2d_1.bias"])
    x = torch.maximum(x, x * t["threshold_relu_1.threshold"][:, None, None])
    return F.linear(F.max_pool2d(x, 2).flatten(1), t["fully_connected_1.weight"], t["fully_connected_1.bias"])


def lenet5(t, x):
    x = F.max_pool2d(F.relu(F.conv2d(x, t["conv2d_1.weight"], t["conv2d_1.bias"], padding=2)), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, t["conv2d_2.weight"], t["conv2d_2.bias"])), 2).flatten(1)
    for i in (1, 2):
        x = F.relu(F.linear(x, t[f"fully_connected_{i}.weight"], t[f"fully_connected_{i}.bias"]))
    return F.linear(x, t["fully_connected_3.weight"], t["fully_connected_3.bias"])


def probabilities(network, tensors, images):
    t = {name: torch.from_numpy(array.astype("f8")) for name, array in tensors.items()}
    x = torch.from_numpy(images.astype("f8")) - t.get("image_input_1.mean", 0)
    return F.softmax(network(t, x), 1).numpy()


def predict(name, weights):
    run(driver, "predict", name, weights, f"{folder}/images.npy", f"{folder}/out.npy")
    return np.load(f"{folder}/out.npy")


images = random.random((37, 1, 28, 28)).astype("f4")
np.save(f"{folder}/images.npy", images)

# ---- what hinge wrote, numpy reads, and PyTorch computes the same ----
for network in (document, lenet5):
    path = f"{folder}/{network.__name__}"
    run(driver, "save", network.__name__, path)
    tensors, metadata = read(path)
    check(f"{network.__name__} by hinge", predict("file", path), probabilities(network, tensors, images))

# ---- what numpy wrote, hinge reads: into a network there is, or with hinge's description as a whole model ----
shapes, metadata = read(f"{folder}/document")
path = f"{folder}/numpy"
for dtype in DTYPES:
    # sixteenths, which every type holds
    made = {name: random.integers(-8, 9, array.shape) / 16 for name, array in shapes.items()}
    made["threshold_relu_1.threshold"] = abs(made["threshold_relu_1.threshold"])
    made["fully_connected_1.weight"] = made["fully_connected_1.weight"] / 16
    wanted = probabilities(document, made, images)
    backwards = dict(reversed(made.items()))
    write(path, made, dtype)
    check(f"{dtype} by numpy", predict("document", path), wanted)
    write(path, backwards, dtype, {"format": "pt"}, padded=False)
    check(f"{dtype} by numpy, another order, not padded", predict("document", path), wanted)
    write(path, backwards, dtype, metadata)
    check(f"{dtype} by numpy, a whole model", predict("file", path), wanted)
assert "test accuracy" in run(mnist, "test", "--synthetic", "--quiet", "--model", path)
del made["image_input_1.mean"]
write(path, made)
check("without the mean, as PyTorch has none", predict("document", path), probabilities(document, made, images))

# ---- .npy ----
for array in (
    random.standard_normal((3, 4, 5)),
    np.asfortranarray(random.standard_normal((3, 4, 5)).astype("f4")),
    random.integers(-100, 100, (2, 1, 3, 2)).astype(">i2"),
    np.float32(2.5),
    np.zeros((0, 3), "f2"),
):
    np.save(f"{folder}/a.npy", array)
    run(driver, "copy", f"{folder}/a.npy", f"{folder}/b.npy")
    check(f".npy of {array.dtype}, {array.shape}", np.load(f"{folder}/b.npy"), np.asarray(array).astype("f4"), 0)
