"""Makes test/random/goldens/*.json: an implementation of random/ in Python, written from its documentation.

Streams must agree with these to the bit, so the polynomials are repeated here in the documented order of
operations. Accuracy is judged by special.json and normal.json, which come from mpmath (60 digits), not from
any polynomial.

Usage: python scripts/goldens/make_random_goldens.py   (needs numpy and mpmath)
"""

import json
import math
import pathlib

import mpmath
import numpy as np

# Numbers are kept as the hexadecimal digits of their little-endian bytes.
OUT = pathlib.Path(__file__).parents[2] / "test" / "random" / "goldens"
PURPOSES = ["init", "shuffle", "critic_noise", "generator_noise", "dataset", "holdout", "sample", "evaluation", "probe"]
PURPOSE_NUMBERS = {name: i + 1 for i, name in enumerate(PURPOSES)} | {"critic_dropout": 16, "generator_dropout": 17}
MASK = 0xFFFFFFFF


def philox(counter, key):
    """Philox 4x32-10: four counter words and two key words to four words."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, purpose, counter, shard):
    """The stream's words, without end."""
    key = (seed & MASK, seed >> 32)
    block = 0
    while True:
        yield from philox((block, shard, counter, PURPOSE_NUMBERS[purpose]), key)
        block += 1


def uniform(stream):
    a, b = next(stream) >> 5, next(stream) >> 6
    return (a * 67108864 + b) / 9007199254740992


def below(stream, n):
    limit = (1 << 32) // n * n
    while (word := next(stream)) >= limit:
        pass
    return word % n


def log(x):
    """For x in [2^-64, 2^64]: artanh series after reduction to [sqrt(1/2), sqrt 2]."""
    m, exponent = math.frexp(x)
    if np.float32(m) < np.frombuffer(np.uint32(0x3F3504F3).tobytes(), "<f4")[0]:
        m, exponent = m * 2, exponent - 1
    f = (m - 1) / (m + 1)
    s = f * f
    tail = 1 / 19
    for k in range(17, 1, -2):
        tail = 1 / k + s * tail
    tail = s * tail
    return exponent * 6.93147180369123816490e-1 + (2 * f + (2 * f * tail + exponent * 1.90821492927058770002e-10))


def horner(coefficients, r):
    """Coefficients from the highest power down."""
    value = coefficients[0]
    for c in coefficients[1:]:
        value = value * r + c
    return value


# Wichura 1988, Algorithm AS 241, PPND16; lowest power first as printed there.
A = [3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3]
B = [1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3]
C = [1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4]
D = [1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9]


def normal(word):
    q = (word + 0.5) / 4294967296 - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * horner(A[::-1], r) / horner(B[::-1], r)
    r = math.sqrt(-log(0.5 - abs(q))) - 1.6
    return math.copysign(horner(C[::-1], r) / horner(D[::-1], r), q)


def fill_normal(n, **key):
    stream = words(**key)
    return np.array([normal(next(stream)) for _ in range(n)], np.float32)


def fill_uniform(n, low, high, **key):
    stream = words(**key)
    step = (high - low) / 16777216
    return np.array([low + step * (next(stream) >> 8) for _ in range(n)], np.float32)


def permutation(n, **key):
    stream, out = words(**key), list(range(n))
    for i in range(n - 1, 0, -1):
        j = below(stream, i + 1)
        out[i], out[j] = out[j], out[i]
    return out


def little_endian(values, dtype):
    return np.array(values, dtype).tobytes().hex()


KEYS = [
    dict(seed=0, purpose="init", counter=0, shard=0),
    dict(seed=1, purpose="critic_noise", counter=20000, shard=3),
    dict(seed=(1 << 53) - 1, purpose="probe", counter=MASK, shard=MASK),
    dict(seed=0x1234_5678_9ABC, purpose="generator_noise", counter=7, shard=1),
]


def stream_goldens(key):
    uniforms, bounded = words(**key), words(**key)
    bounds = [1, 2, 3, 10, 1000, 0x80000001, 0xFFFFFFFF, 1 << 32] * 4
    source = words(**key)
    return dict(
        key=key,
        words=little_endian([next(source) for _ in range(32)], "<u4"),
        uniforms=little_endian([uniform(uniforms) for _ in range(16)], "<f8"),
        bounds=little_endian(bounds, "<f8"),
        below=little_endian([below(bounded, n) for n in bounds], "<u4"),
        normals=little_endian(fill_normal(512, **key), "<f4"),
        fill_uniform=little_endian(fill_uniform(64, -0.05, 0.05, **key), "<f4"),
        permutation=little_endian(permutation(100, **key), "<u4"),
    )


def dropout_goldens(sizes, ratios, **key):
    """Masks of one stream, in turn: 0 or the inverse of the share that is kept."""
    source, masks = words(**key), []
    for size, ratio in zip(sizes, ratios):
        kept = np.float32(1 / (1 - ratio))
        masks.append(little_endian([0 if next(source) < math.floor(ratio * 2**32 + 0.5) else kept for _ in range(size)], "<f4"))
    return dict(key=key, sizes=sizes, ratios=ratios, masks=masks)


def special_goldens():
    """Function -> points that span its range, and its values there rounded to float64."""
    rng = np.random.default_rng(1)
    spread = [float(x) for x in np.exp(rng.uniform(-700, 700, 150))]
    near_one = [float(x) for x in 1 + rng.normal(0, 1e-3, 50)] + [1.0, 0.7071067811865475, 0.7071067811865476, 1.4142135623730951]
    unit = [float(x) for x in rng.uniform(0, 1, 150)]
    edges = [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0**-64, 2.0**64, 2.0**-33]
    exponents = [float(x) for x in rng.uniform(-745, 709.7, 200)] + [float(x) for x in rng.normal(0, 1, 150)]
    exponents += [0.0, 1.0, -1.0, 709.78, -708.5, -744.0, 1e-300]
    turns = [float(x) for x in rng.uniform(-3, 3, 250)] + [k / 8 for k in range(-16, 17)] + [1e-9, 12345.678]
    table = dict(log=(mpmath.log, spread + near_one + unit + edges), exp=(mpmath.exp, exponents),
                 sinTurns=(lambda x: mpmath.sinpi(2 * x), turns), cosTurns=(lambda x: mpmath.cospi(2 * x), turns))
    rounded = lambda f, xs: [float(f(mpmath.mpf(x))) for x in xs]
    return {name: dict(x=little_endian(xs, "<f8"), y=little_endian(rounded(f, xs), "<f8"))
            for name, (f, xs) in table.items()}


def normal_goldens():
    """Words and their quantiles by mpmath."""
    rng = np.random.default_rng(2)
    chosen = [0, 1, 2, 1000, 322122547, 322122548, (1 << 31) - 1, 1 << 31, MASK - 1, MASK]
    chosen += [int(w) for w in rng.integers(0, 1 << 32, 200)] + [int(2.0**e) for e in rng.uniform(0, 28, 50)]
    quantile = lambda w: mpmath.sqrt(2) * mpmath.erfinv(2 * (mpmath.mpf(w) + 0.5) / 2**32 - 1)
    return dict(words=little_endian(chosen, "<u4"),
                quantiles=little_endian([float(quantile(w)) for w in chosen], "<f8"))


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    mpmath.mp.dps = 60
    # Random123's kat_vectors, philox4x32 with 10 rounds.
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    write("streams.json", [stream_goldens(key) for key in KEYS])
    write("dropout.json", [
        dropout_goldens([40, 24], [0.5, 0.2], seed=5, purpose="critic_dropout", counter=300, shard=2),
        dropout_goldens([7, 3, 30], [0.9, 0.0, 0.25], seed=(1 << 53) - 1, purpose="generator_dropout", counter=1, shard=0),
    ])
    write("special.json", special_goldens())
    write("normal.json", normal_goldens())
