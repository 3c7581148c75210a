#!/usr/bin/env python3
"""Whether ONNX models compute what hinge does.

    /usr/bin/python3 tests/onnx_compare.py PREFIX...

PREFIX.onnx is a model, PREFIX.images the images and PREFIX.probabilities hinge's answers, both as float32. ONNX's
checker must accept the model, and OpenCV's dnn module and a reading of the graph in torch must both agree to 1e-5.
Prints a line for each model; the exit code is 1 if one of them differs, 77 if a package is missing.
"""
import sys

try:
    import cv2
    import numpy
    from onnx import checker, helper, load, numpy_helper
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    print(f"SKIPPED: {missing}; apt-get install python3-onnx python3-opencv python3-torch")
    sys.exit(77)

TOLERANCE = 1e-5
BATCH = 500
# A gate jumps where its input is the threshold. Engines add in different orders: inputs so near to it may
# fall on either side, and then an image is left out, if there are no more than this share of such.
NEAR, MOST_LEFT_OUT = 1e-6, 0.002


def conv(x, weight, bias=None, *, kernel_shape, strides=(1, 1), pads=(0, 0, 0, 0)):
    assert list(weight.shape[2:]) == list(kernel_shape) and pads[:2] == pads[2:]
    return F.conv2d(x, weight, bias, tuple(strides), tuple(pads[:2]))


def max_pool(x, *, kernel_shape, strides, pads):
    return F.max_pool2d(x, tuple(kernel_shape), tuple(strides), tuple(pads[:2]))


def average_pool(x, *, kernel_shape, strides, pads):
    return F.avg_pool2d(x, tuple(kernel_shape), tuple(strides), tuple(pads[:2]), count_include_pad=False)


def pad(x, pads):
    top, left, bottom, right = pads[2:4].tolist() + pads[6:8].tolist()
    return F.pad(x, (left, right, top, bottom))


def gemm(x, weight, bias=None, *, transB):
    return F.linear(x, weight if transB else weight.T, bias)


def batch_normalization(x, weight, bias, mean, variance, *, epsilon):
    return F.batch_norm(x, mean, variance, weight, bias, eps=epsilon)


def lrn(x, *, size, alpha, beta, bias):
    assert size % 2 == 1  # ONNX and torch put the middle of others in different places
    return F.local_response_norm(x, size, alpha, beta, bias)


OPERATORS = {
    "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div, "Pow": torch.pow,
    "Max": torch.maximum, "Sum": lambda *x: sum(x[1:], x[0]), "Relu": torch.relu, "Sign": torch.sign,
    "Softsign": F.softsign, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid, "Erf": torch.erf,
    "LeakyRelu": lambda x, alpha: F.leaky_relu(x, alpha), "Elu": lambda x, alpha: F.elu(x, alpha),
    "PRelu": lambda x, slope: torch.where(x > 0, x, slope * x), "Conv": conv, "MaxPool": max_pool,
    "AveragePool": average_pool, "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True), "Gemm": gemm,
    "BatchNormalization": batch_normalization, "LRN": lrn, "Flatten": lambda x, axis: x.flatten(axis),
    "Reshape": lambda x, shape: x.reshape(tuple(shape.tolist())), "Softmax": lambda x, axis: x.softmax(axis),
    "Pad": pad, "Concat": lambda *x, axis: torch.cat(x, axis),
}


def run_torch(model, images):
    """The graph's output, and which images come near the jump of a gate."""
    graph = model.graph
    values = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    values[graph.input[0].name] = torch.from_numpy(images)
    near = torch.zeros(len(images), dtype=torch.bool)
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[name] for name in node.input]
        if node.op_type == "Sign":
            near |= (inputs[0].abs() < NEAR).flatten(1).any(1)
        values[node.output[0]] = OPERATORS[node.op_type](*inputs, **attributes)
    return values[graph.output[0].name].numpy(), near.numpy()


def run_opencv(net, images):
    net.setInput(images, "image")
    return net.forward().copy()


def check_form(model):
    """What hinge/export.h promises of every model."""
    checker.check_model(model, full_check=True)
    assert model.producer_name == "hinge" and model.producer_version
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 13)]
    (image,), (probability,) = model.graph.input, model.graph.output
    assert image.name == "image" and image.type.tensor_type.shape.dim[0].dim_param == "N"
    assert probability.name == "probability" and probability.type.tensor_type.shape.dim[0].dim_param == "N"
    return [d.dim_value for d in image.type.tensor_type.shape.dim[1:]]


def compare(prefix):
    model = load(prefix + ".onnx")
    images = numpy.fromfile(prefix + ".images", numpy.float32).reshape(-1, *check_form(model))
    expected = numpy.fromfile(prefix + ".probabilities", numpy.float32).reshape(len(images), -1)
    net = cv2.dnn.readNetFromONNX(prefix + ".onnx")
    worst, left_out = {"OpenCV": 0.0, "torch": 0.0}, numpy.zeros(len(images), bool)
    # the first image once more, by itself
    for begin, end in [(0, 1), *((i, min(i + BATCH, len(images))) for i in range(0, len(images), BATCH))]:
        with torch.no_grad():
            by_torch, near = run_torch(model, images[begin:end])
        for name, got in (("torch", by_torch), ("OpenCV", run_opencv(net, images[begin:end]))):
            assert got.shape == expected[begin:end].shape, f"{name}: {got.shape}"
            difference = abs(got - expected[begin:end]).max(1)
            difference[numpy.isnan(difference)] = numpy.inf
            left_out[begin:end] |= near & (difference > TOLERANCE)
            worst[name] = max(worst[name], difference[~(near & (difference > TOLERANCE))].max(initial=0))
    # one such image is allowed in small sets too
    good = max(worst.values()) <= TOLERANCE and left_out.sum() <= max(1, MOST_LEFT_OUT * len(images))
    print(
        f"{prefix.rsplit('/', 1)[-1]}: {'same' if good else 'DIFFERENT'}, {len(images)} images,",
        ", ".join(f"{name} {value:.1e}" for name, value in worst.items()),
        f"({left_out.sum()} left out)" if left_out.any() else "",
    )
    return good


def holds(prefix):
    try:
        return compare(prefix)
    except Exception as refusal:  # of any of the tools: the others' models still get their lines
        print(f"{prefix.rsplit('/', 1)[-1]}: REFUSED: {type(refusal).__name__}: {refusal}")
        return False


sys.exit(0 if all([holds(prefix) for prefix in sys.argv[1:]]) else 1)
