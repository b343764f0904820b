"""Draws 4 samples in Python: pip install onnxruntime numpy && python python.py generator.onnx"""

import sys

import numpy
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1] if len(sys.argv) > 1 else "generator.onnx")
latent = session.get_inputs()[0].shape[1]
noise = numpy.random.default_rng(1).standard_normal((4, latent), dtype=numpy.float32)
(samples,) = session.run(["samples"], {"noise": noise})
print(" x ".join(map(str, samples.shape)), samples.min(), samples.max())
