"""Expected tags of frames, for test/kernels/mac_test.ts, by the package cryptography and integers of Python.

    python scripts/goldens/make_mac_goldens.py test/kernels/goldens/mac.json

NH is written down again from RFC 4418, section 5.2.2 (words little-endian, no length added): it is not in the package.
"""

import json
import struct
import sys

import cryptography
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.poly1305 import Poly1305


def stream(key: bytes, counter: int, nonce: bytes, length: int) -> bytes:
    """ChaCha20's key stream. The package wants counter and nonce as one."""
    full = struct.pack("<I", counter) + nonce
    return Cipher(algorithms.ChaCha20(key, full), None).encryptor().update(bytes(length))


def words(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def nh(key: list[int], message: bytes) -> bytes:
    """The digest of a message: 16 bytes for each unit of 1024, by two passes whose keys begin 16 bytes apart."""
    digest = b""
    for at in range(0, len(message), 1024):
        unit = message[at : at + 1024]
        m = words(unit + bytes(-len(unit) % 64))
        for a_pass in range(2):
            k = key[4 * a_pass :]
            total = 0
            for i in range(0, len(m), 8):
                for j in range(4):
                    left = (m[i + j] + k[i + j]) % 2**32
                    right = (m[i + j + 4] + k[i + j + 4]) % 2**32
                    total += left * right
            digest += struct.pack("<Q", total % 2**64)
    return digest


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def tag(key: bytes, index: int, head: bytes, payload: bytes) -> bytes:
    nonce = struct.pack("<QI", index, 0)
    if not payload:
        return ChaCha20Poly1305(key).encrypt(nonce, b"", head)
    nh_key = words(stream(key, 0, struct.pack("<QI", 0, 1), 1088))
    text = padded(head) + padded(nh(nh_key, payload)) + struct.pack("<QQ", len(head), len(payload))
    return Poly1305.generate_tag(stream(key, 0, nonce, 32), text)


def pattern(length: int, factor: int) -> bytes:
    return bytes((i * factor + (i >> 8)) % 256 for i in range(length))


def main() -> None:
    key = bytes(range(32))
    lengths = [(8, 0), (0, 0), (200, 0), (264, 1), (264, 31), (16, 32), (264, 1000), (264, 1024), (264, 1056)]
    lengths += [(20_000, 0), (264, 16_384), (264, 16_400), (264, 40_004)]
    frames = [
        {
            "head": head,
            "payload": payload,
            "tag": tag(key, index, pattern(head, 7), pattern(payload, 13)).hex(),
        }
        for index, (head, payload) in enumerate(lengths)
    ]
    # Words that overflow every sum.
    ones = tag(b"\xff" * 32, 0, b"\xff" * 64, b"\xff" * 4096).hex()
    made_by = f"cryptography {cryptography.__version__}, Python {sys.version.split()[0]}"
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump({"made_by": made_by, "key": key.hex(), "frames": frames, "ones": ones}, file, indent=2)
        file.write("\n")


main()
