"""Running ONNX networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def open_session(path: Path, threads: int | None = None) -> Any:
    """An onnxruntime session on the CPU.

    Args:
        path: The network.
        threads: How many; ``OMP_NUM_THREADS`` decides unless given, else all cores.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 0)) if threads is None else threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
