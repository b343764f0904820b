"""Writes test/coordinator/data/goldens/parquet.json: Parquet files as pyarrow writes them, and what it reads in them.

Run from the repository root with pyarrow: python scripts/goldens/make_parquet_goldens.py
"""

import base64
import datetime
import decimal
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path("test/coordinator/data/goldens/parquet.json")
ROWS = 9


def written(columns, **options):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return base64.b64encode(sink.getvalue()).decode()


numbers = {
    "int8": pa.array([(7 * i) % 11 - 5 for i in range(ROWS)], pa.int8()),
    "uint16": pa.array([7 * i + 60000 for i in range(ROWS)], pa.uint16()),
    "int64": pa.array([i - 2**40 for i in range(ROWS)], pa.int64()),
    "float": pa.array([i / 4 - 1 for i in range(ROWS)], pa.float32()),
    "double": pa.array([1.5 * i for i in range(ROWS)], pa.float64()),
    "half": pa.array([i / 2 for i in range(ROWS)], pa.float16()),
    "price": pa.array([decimal.Decimal(i) / 4 for i in range(ROWS)], pa.decimal128(9, 2)),
}
words = {
    "kind": pa.array([("red", "blue", "grün")[i % 3] for i in range(ROWS)]),
    "size": pa.array([1.25 * i for i in range(ROWS)]),
    "is_new": pa.array([i % 4 == 1 for i in range(ROWS)]),
    "city": pa.array([("Ulm", "Bonn")[i % 2] for i in range(ROWS)]).dictionary_encode(),
}
read = {}
for compression in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
    for version in ("1.0", "2.0"):
        name = f"{compression}, pages of version {version}"
        read[name] = written(words, compression=compression, data_page_version=version, row_group_size=4)
refused = {
    "a date": {"x": [1.0, 2.0], "day": [datetime.date(2024, 3, 31)] * 2},
    "a time": {"x": [1.0, 2.0], "at": [datetime.datetime(2024, 3, 31)] * 2},
    "a list": {"x": [1.0, 2.0], "parts": [[1], [2]]},
    "bytes": {"x": [1.0, 2.0], "raw": [b"a", b"b"]},
    "no value": {"x": [1.0, None, 3.0], "y": [1.0, 2.0, 3.0]},
    "no text": {"x": [1.0, 2.0], "kind": ["a", None]},
    "not a number": {"x": [1.0, float("nan")], "y": [1.0, 2.0]},
}
OUT.write_text(json.dumps({
    "numbers": {
        "file": written(numbers),
        "values": [[float(column[i].as_py()) for column in numbers.values()] for i in range(ROWS)],
        "names": list(numbers),
    },
    "words": {
        "files": read,
        "rows": [[column[i].as_py() for column in words.values()] for i in range(ROWS)],
    },
    "index": written({"a": [1.0, 2.0], "b": [3.0, 4.0], "__index_level_0__": [0, 1]}),
    "refused": {name: written(columns) for name, columns in refused.items()},
}, indent=1) + "\n")
