"""Files of a pair of networks as tf2onnx writes them from Keras, and what they give in evaluation mode.

    python scripts/goldens/networks/make_keras_goldens.py test/models/import/files

Writes keras_generator.onnx and keras_critic.onnx (opset 13, images channels last) and keras.safetensors.
Made with tensorflow 2.21.0, keras 3.15.1, tf2onnx 1.17.0, safetensors 0.8.0.
"""
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tf2onnx
from keras import layers
from safetensors.numpy import save_file

OUT = Path(sys.argv[1])
LATENT, SIDE, CHANNELS = 5, 8, 3


def make_generator():
    return keras.Sequential([
        keras.Input((LATENT,)),
        layers.Dense(4 * 4 * 6, use_bias=False),
        layers.LeakyReLU(0.2),
        layers.Reshape((4, 4, 6)),
        layers.UpSampling2D(2),
        layers.Conv2D(4, 3, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2DTranspose(CHANNELS, 3, strides=1, padding="same", activation="tanh"),
    ])


def make_critic():
    return keras.Sequential([
        keras.Input((SIDE, SIDE, CHANNELS)),
        layers.Conv2D(4, 4, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Dropout(0.3),
        layers.LayerNormalization(),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ])


def write(model, name, shape):
    signature = (tf.TensorSpec((None, *shape), tf.float32, name="input"),)
    function = tf.function(lambda x: model(x, training=False), input_signature=signature)
    tf2onnx.convert.from_function(function, input_signature=signature, opset=13, output_path=str(OUT / f"{name}.onnx"))


def main():
    keras.utils.set_random_seed(20261124)
    random = np.random.default_rng(20261124)
    generator, critic = make_generator(), make_critic()
    for model in (generator, critic):
        model.set_weights([
            w + random.uniform(0, 0.2, w.shape).astype(np.float32) if w.ndim < 2 else w for w in model.get_weights()
        ])
    write(generator, "keras_generator", (LATENT,))
    write(critic, "keras_critic", (SIDE, SIDE, CHANNELS))
    noise = random.normal(size=(3, LATENT)).astype(np.float32)
    images = random.uniform(-1, 1, (3, SIDE, SIDE, CHANNELS)).astype(np.float32)
    samples, scores = generator(noise, training=False).numpy(), critic(images, training=False).numpy()
    save_file({
        "noise": noise,
        "real": np.ascontiguousarray(images.transpose(0, 3, 1, 2)),
        "samples": np.ascontiguousarray(samples.transpose(0, 3, 1, 2)),
        "scores": np.log(scores / (1 - scores)),
    }, OUT / "keras.safetensors")


main()
