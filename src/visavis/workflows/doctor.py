"""Checks the installation."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from visavis import __version__
from visavis.errors import InputError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: The thing.
        state: ``ok``; ``optional`` (not there, and not needed for the main job); ``missing`` (needed).
        detail: Version or place, or what to do.
    """

    what: str
    state: Literal["ok", "optional", "missing"]
    detail: str


# The packages that show whether an extra is installed: import name -> distribution.
EXTRAS: dict[str, dict[str, str]] = {
    "perception": {
        "mediapipe": "mediapipe",
        "faster_whisper": "faster-whisper",
        "pocketsphinx": "pocketsphinx",
        "jiwer": "jiwer",
    },
    "report": {"wordcloud": "wordcloud"},
    "search": {"faiss": "faiss-cpu"},
    "studio": {"starlette": "starlette", "uvicorn": "uvicorn"},
    "train": {"lightning": "lightning"},
    "llm": {"accelerate": "accelerate", "gguf": "gguf", "peft": "peft"},
    "faces": {"dlib": "dlib-bin", "mediapipe": "mediapipe"},
    "bodies": {"smplx": "smplx"},
    "voices": {"kokoro_onnx": "kokoro-onnx", "pocketsphinx": "pocketsphinx"},
    "diarization": {"pyannote": "pyannote.audio"},
    "ray": {"ray": "ray"},
    "dev": {"pytest": "pytest", "ruff": "ruff"},
}


def examine() -> Iterator[Finding]:
    """Looks at everything, the quick things first."""
    yield Finding("visavis", "ok", __version__)
    yield Finding("Python", "ok", f"{platform.python_version()} on {platform.platform()}")
    for what, check in (
        ("PyTorch", _torch), ("accelerator", _accelerator), ("H.264 and AAC", _codecs), ("built-in weights", _weights),
        ("off-screen rendering", _rendering),
    ):  # fmt: skip
        yield _guarded(what, check)
    for extra, packages in EXTRAS.items():
        yield _extra(extra, packages)
    yield from _assets()


def _guarded(what: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (ImportError, OSError, RuntimeError, InputError) as error:
        return Finding(what, "missing", " ".join(str(error).split()))


def _torch() -> Finding:
    import torch

    return Finding("PyTorch", "ok", f"{torch.__version__}, {torch.get_num_threads()} threads")


def _accelerator() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("accelerator", "ok", f"CUDA: {torch.cuda.get_device_name()}")
    if torch.backends.mps.is_available():
        return Finding("accelerator", "ok", "Apple MPS")
    smaller = "; PyTorch is built for CUDA, its CPU build is gigabytes smaller" if torch.version.cuda else ""
    return Finding("accelerator", "optional", f"none; running on the CPU{smaller}")


def _codecs() -> Finding:
    import av

    lacking = [name for name in ("libx264", "aac") if name not in av.codecs_available]
    if lacking:
        return Finding("H.264 and AAC", "missing", f"PyAV {av.__version__} lacks {', '.join(lacking)}: no video output")
    return Finding("H.264 and AAC", "ok", f"PyAV {av.__version__}")


def _weights() -> Finding:
    from visavis.models.checkpoint import from_pretrained
    from visavis.models.registry import entries

    shown = []
    for name, entry in entries().items():
        if entry.kind == "behavior" and entry.weights is not None:
            shown.append(f"{name} {from_pretrained(name).parameter_count / 1e6:.2f} M parameters")
    return Finding("built-in weights", "ok", f"{', '.join(shown)}, intact")


def _rendering() -> Finding:
    from visavis.rendering.offscreen import use_offscreen

    use_offscreen()
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=[32, 32])
    plotter.add_mesh(pyvista.Sphere(), color="white")
    picture = plotter.screenshot(return_img=True)
    plotter.close()
    if picture is None or picture.std() == 0:
        return Finding("off-screen rendering", "missing", "VTK cannot render off-screen here: no video output")
    return Finding("off-screen rendering", "ok", f"VTK through pyvista {pyvista.__version__}")


def _extra(extra: str, packages: dict[str, str]) -> Finding:
    lacking = [name for name in packages if importlib.util.find_spec(name) is None]
    if lacking:
        return Finding(f"extra '{extra}'", "optional", f"pip install 'visavis[{extra}]'  (lacks {', '.join(lacking)})")
    versions = ", ".join(f"{d} {importlib.metadata.version(d)}" for d in packages.values())
    return Finding(f"extra '{extra}'", "ok", versions)


def _assets() -> Iterator[Finding]:
    from visavis.assets import DEFAULT_ASSETS, is_here, list_assets

    for asset in list_assets():
        here = is_here(asset.name)
        hint = f"visavis assets fetch {asset.name}"
        needed = "downloaded when first needed, or now: " if asset.name in DEFAULT_ASSETS else "optional: "
        yield Finding(f"asset {asset.name}", "ok" if here else "optional", "here" if here else needed + hint)
