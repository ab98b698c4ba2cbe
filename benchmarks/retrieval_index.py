"""How long it takes to find the nearest of a million clips, how large their vectors are, and what FAISS misses.

Vectors are random directions about a common one, as those of encoders are; nothing about them makes searching easy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from visavis.models.retrieval import nearest
from visavis.models.retrieval.nearest import Matrix, bytes_path, faiss_path, prepare

QUERIES = 20
COUNT = 5
TARGET = 50.0
"""Milliseconds a query over a million clips may take on two cores."""
BLOCK = 50_000
SETTINGS = {"built-in encoder": 64, "built-in encoder, four moments": 256, "CLIP ViT-B/32": 512}
"""Numbers of a vector."""


def write_vectors(path: Path, rows: int, dim: int) -> float:
    """Writes unit vectors in blocks; returns how many seconds that took."""
    start = time.perf_counter()
    numbers = np.random.default_rng(dim)
    middle = numbers.standard_normal(dim, dtype=np.float32)
    out = np.lib.format.open_memmap(path, "w+", np.float32, (rows, dim))
    for at in range(0, rows, BLOCK):
        block = middle + numbers.standard_normal((min(BLOCK, rows - at), dim), dtype=np.float32)
        out[at : at + BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
    out.flush()
    return time.perf_counter() - start


def measure(path: Path, rows: int, dim: int) -> dict[str, float]:
    """Builds what makes searching fast, then asks."""
    written = write_vectors(path, rows, dim)
    start = time.perf_counter()
    prepare(path)
    built = time.perf_counter() - start
    matrix = Matrix(path)
    numbers = np.random.default_rng(1)
    queries = matrix.rows[numbers.choice(rows, QUERIES)] + 0.7 * numbers.standard_normal(
        (QUERIES, dim), dtype=np.float32
    ) / np.sqrt(dim)
    matrix.top(queries[0], COUNT)  # brings the vectors into memory
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took, found = [], []
    for query in queries:
        start = time.perf_counter()
        found.append(set(matrix.top(query, COUNT)[0].tolist()))
        took.append(1000 * (time.perf_counter() - start))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    exact = [set(np.argsort(-(matrix.rows @ query), kind="stable")[:COUNT].tolist()) for query in queries]
    recall = float(np.mean([len(a & b) / COUNT for a, b in zip(found, exact, strict=True)]))
    beside = [p for p in (path, bytes_path(path), faiss_path(path)) if p.is_file()]
    return {
        "median": float(np.median(took)), "slowest": max(took), "written": written, "built": built, "recall": recall,
        "disk": sum(p.stat().st_size for p in beside) / 1e9, "memory": max(before, after) / 1e6,
    }  # fmt: skip


def in_process(rows: int, dim: int, large: int, work: Path) -> dict[str, float]:
    """The same in a process of its own, so that memory is its alone."""
    command = [sys.executable, "-m", "benchmarks.retrieval_index", "--one", str(rows), str(dim), str(large), str(work)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, help="where the vectors are written; a temporary folder unless given")
    parser.add_argument("--faiss", action="store_true", help="also with FAISS, as above a million clips")
    parser.add_argument("--one", nargs=4, metavar=("ROWS", "DIM", "LARGE", "WORK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        rows, dim, nearest.LARGE = (int(value) for value in options.one[:3])
        print(json.dumps(measure(Path(options.one[3]) / "vectors.npy", rows, dim)))
        return
    print(f"One query over {options.rows:,} clips, {os.cpu_count()} cores; the load beforehand was "
          f"{os.getloadavg()[0]:.1f}. Target: {TARGET:g} ms.\n")  # fmt: skip
    print("| clips of | numbers | search | median ms | slowest ms | recall | built s | disk GB | memory GB |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for title, dim in SETTINGS.items():
        for large in (options.rows, *([options.rows - 1] if options.faiss else [])):
            with tempfile.TemporaryDirectory(dir=options.work) as work:
                row = in_process(options.rows, dim, large, Path(work))
            how = "FAISS" if large < options.rows else "exact"
            print(
                f"| {title} | {dim} | {how} | {row['median']:.1f} | {row['slowest']:.1f} | {row['recall']:.3f} | "
                f"{row['built']:.1f} | {row['disk']:.2f} | {row['memory']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
