"""Where assets are stored: downloaded once, verified, then found without a network."""

from __future__ import annotations

import os
from pathlib import Path

from visavis.assets.manifest import Asset, list_assets
from visavis.errors import InputError


def cache_folder() -> Path:
    """The folder that holds fetched assets: ``VISAVIS_CACHE``, else the platform's cache folder."""
    chosen = os.environ.get("VISAVIS_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("visavis", appauthor=False))


def is_here(name: str) -> bool:
    """Whether `resolve` needs no network for this asset."""
    return _find(_asset(name)) is not None


def resolve(name: str) -> Path:
    """The asset's file, or its folder where it has several; fetched first if need be.

    Sources are tried in the manifest's order, official ones before registry packages. What arrives is checked
    against the manifest and moved into the cache in one step, so several processes may ask at once.

    Args:
        name: One of `list_assets()`.

    Raises:
        InputError: There is no such asset, or no source has it; the message says what each one answered.
    """
    asset = _asset(name)
    return _find(asset) or _fetch(asset)


def verify(name: str) -> bool | None:
    """Whether every file of an asset has the digest it should have; None where the asset is not here."""
    from visavis.assets.fetch import matches

    asset = _asset(name)
    found = _find(asset)
    if found is None:
        return None
    folder = found if found.is_dir() else found.parent
    return all(matches(found if found.is_file() else folder / file.path, file) for file in asset.files)


def _asset(name: str) -> Asset:
    for asset in list_assets():
        if asset.name == name:
            return asset
    known = ", ".join(asset.name for asset in list_assets())
    raise InputError(f"there is no asset named {name!r}; there are: {known}")


def _find(asset: Asset) -> Path | None:
    """Where the asset is on this machine: in an installed package or in the cache."""
    from visavis.assets.fetch import installed_file, matches

    if len(asset.files) == 1:
        for source in asset.sources:
            path = installed_file(source, asset.files[0])
            if path is not None and matches(path, asset.files[0]):
                return path
    folder = cache_folder() / "assets" / asset.name
    # Whole folders are moved into place, so a file that is there is complete; the size catches later damage.
    if all((folder / f.path).is_file() and 0 < (folder / f.path).stat().st_size <= f.size for f in asset.files):
        return folder / asset.files[0].path if len(asset.files) == 1 else folder
    return None


def _fetch(asset: Asset) -> Path:
    import shutil
    import tempfile

    from filelock import FileLock

    from visavis.assets.fetch import SourceError, fetch

    home = cache_folder() / "assets"
    try:
        home.mkdir(parents=True, exist_ok=True)
        held = FileLock(home / f".{asset.name}.lock").acquire()
    except OSError as error:
        raise InputError(
            f"{home}: weights cannot be stored here ({error.strerror}); set VISAVIS_CACHE to another folder"
        ) from error
    with held:
        found = _find(asset)  # another process may have fetched it meanwhile
        if found is not None:
            return found
        said = []
        for source in asset.sources:
            if source.startswith("installed:"):
                continue
            with tempfile.TemporaryDirectory(prefix=f".{asset.name}.", dir=home) as work:
                try:
                    fetch(asset, source, Path(work))
                except SourceError as error:
                    said.append(str(error))
                    continue
                except OSError as error:
                    raise InputError(f"{home}: {asset.name} cannot be written ({error.strerror})") from error
                folder = home / asset.name
                shutil.rmtree(folder, ignore_errors=True)
                (Path(work) / "files").rename(folder)
                return folder / asset.files[0].path if len(asset.files) == 1 else folder
    raise InputError(
        f"the weights {asset.name!r} ({asset.size / 1e6:.0f} MB) could not be downloaded: {'; '.join(said)}; "
        f"connect to the internet once, or put the files of {asset.home} into {home / asset.name}"
    )
