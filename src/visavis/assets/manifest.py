"""The manifest of third-party weights that visavis uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

DEFAULT_ASSETS = ("silero-vad", "segmentation-3.0", "ge2e-speaker", "moonshine-tiny", "all-MiniLM-L6-v2")
"""What the main job needs."""


@dataclass(frozen=True)
class AssetFile:
    """One file of an asset.

    Attributes:
        path: Its name, which is also its name in the cache.
        sha256: Accepted digests: one per export of the same weights.
        size: Bytes, at most.
    """

    path: str
    sha256: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Asset:
    """Weights by others.

    Attributes:
        name: What `visavis.assets.resolve` takes.
        what: One line for people.
        licence: Of the weights.
        home: Where their authors describe them.
        files: One or several.
        sources: Tried in order; the forms are explained at the top of ``manifest.yaml``.
    """

    name: str
    what: str
    licence: str
    home: str
    files: tuple[AssetFile, ...]
    sources: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


@cache
def list_assets() -> tuple[Asset, ...]:
    """All assets, in the manifest's order."""
    import yaml

    entries = yaml.safe_load(resources.files("visavis.assets").joinpath("manifest.yaml").read_text("utf-8"))
    return tuple(
        Asset(
            entry["name"],
            entry["what"],
            entry["licence"],
            entry["home"],
            tuple(AssetFile(f["path"], tuple(f["sha256"]), int(f["size"])) for f in entry["files"]),
            tuple(entry["sources"]),
        )
        for entry in entries
    )
