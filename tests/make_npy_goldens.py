#!/usr/bin/env python3
"""Writes tests/npy_goldens.h: arrays of every type as numpy.save's files, and what they hold.

    python3 tests/make_npy_goldens.py > tests/npy_goldens.h

Needs numpy (Debian: python3-numpy).
"""
import io

import numpy as np
from numpy.lib import format as npy

SIGNED = np.array([[0, 1, -2], [3, 100, -7]])
REAL = np.array([[0, 0.5, -2.25], [np.inf, 1024, -0.0078125]])
CASES = [(t, abs(SIGNED).astype(t), (1, 0)) for t in ("|u1", "<u2", ">u2", "<u4", "<u8", ">u8", "|b1")]
CASES += [(t, SIGNED.astype(t), (1, 0)) for t in ("|i1", "<i2", "<i4", ">i4", "<i8")]
CASES += [(t, REAL.astype(t), (1, 0)) for t in ("<f2", "<f4", ">f4", "<f8", ">f8", ">f2")]
CASES += [
    ("version 2.0", REAL.astype("<f4"), (2, 0)),
    ("version 3.0", REAL.astype("<f4"), (3, 0)),
    ("no dimensions", np.array(-1.5, "<f4"), (1, 0)),
    ("one dimension", np.array([3, 4], "<f4"), (1, 0)),
    ("no numbers", np.zeros((2, 0, 3), "<f4"), (1, 0)),
    ("Fortran's order", np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype("<f8")), (1, 0)),
    ("Fortran's order, 4", np.asfortranarray(np.arange(24).reshape(3, 1, 2, 4).astype("|u1")), (1, 0)),
]


def c_string(data):
    return "\n".join('      "' + "".join(rf"\x{b:02x}" for b in data[i : i + 24]) + '"' for i in range(0, len(data), 24))


print("/* Made by tests/make_npy_goldens.py with numpy. */")
print("static const struct {\n    const char *name, *bytes;\n    size_t size;\n    hg_tensor_shape shape;\n"
      "    double values[24];\n} goldens[] = {")
for name, array, version in CASES:
    file = io.BytesIO()
    npy.write_array(file, array, version)
    data = file.getvalue()
    sizes = ", ".join(map(str, array.shape)) or "0"
    values = ", ".join("INFINITY" if np.isinf(v) else repr(float(v)) for v in array.flatten("C")) or "0"
    print(f'    {{ "{name}",\n{c_string(data)},\n      {len(data)},\n      {{ {array.ndim}, {{ {sizes} }} }},\n      {{ {values} }} }},')
print("};")
