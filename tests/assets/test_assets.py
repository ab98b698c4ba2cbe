"""Assets: fetched once from what there is, checked, safe to ask for at once, and clear when unavailable."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from visavis import assets
from visavis.assets import fetch, store
from visavis.errors import InputError

CONTENT = b"weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "assets"


@pytest.fixture
def server():
    """A web server that serves `files` and counts what is asked of it."""

    class Handler(BaseHTTPRequestHandler):
        files: dict[str, bytes] = {}  # noqa: RUF012
        asked: list[str] = []  # noqa: RUF012

        def do_GET(self):
            self.asked.append(self.path)
            body = self.files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    Handler.files, Handler.asked = {}, []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    Handler.at = f"http://127.0.0.1:{running.server_port}"
    yield Handler
    running.shutdown()


def asset(*sources: str, files=("w.bin",), monkeypatch) -> str:
    made = assets.Asset(
        "toy", "a toy", "MIT", "https://example.org/toy",
        tuple(assets.AssetFile(path, (DIGEST,), len(CONTENT)) for path in files), sources,
    )  # fmt: skip
    monkeypatch.setattr(store, "list_assets", lambda: (made,))
    return "toy"


def zipped(member: str, content: bytes = CONTENT) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(member, content)
    return buffer.getvalue()


def tarred(member: str, content: bytes = CONTENT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        packed.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_the_manifest_is_complete():
    names = [a.name for a in assets.list_assets()]
    assert len(set(names)) == len(names)
    for entry in assets.list_assets():
        assert entry.licence
        assert entry.home.startswith("https://")
        for file in entry.files:
            assert 0 < file.size < 1 << 30
            assert file.sha256
            assert all(len(digest) == 64 and int(digest, 16) for digest in file.sha256)
        assert sum(not source.startswith("installed:") for source in entry.sources) >= 1
        for source in entry.sources:
            kind = source.split(":")[0]
            assert kind in ("installed", "https", "pypi", "npm")
            assert ("#sha256=" in source) == ("!" in source and kind != "installed")
            assert kind != "pypi" or "==" in source
            assert kind != "https" or "!" not in source  # packages are named, not the hosts that serve them


def test_silero_comes_with_its_package_and_is_the_pinned_one():
    path = assets.resolve("silero-vad")
    assert "silero_vad" in path.parts
    assert assets.is_here("silero-vad")


def test_fetched_once_then_offline(cache, server, monkeypatch):
    name = asset(f"{server.at}/{{path}}", monkeypatch=monkeypatch)
    server.files["/w.bin"] = CONTENT
    assert not store.is_here(name)
    assert store.resolve(name).read_bytes() == CONTENT
    server.files.clear()
    assert store.resolve(name) == cache / "toy" / "w.bin"
    assert server.asked == ["/w.bin"]


def test_several_files_give_a_folder(cache, server, monkeypatch):
    name = asset(f"{server.at}/x/{{path}}", files=("a", "b"), monkeypatch=monkeypatch)
    server.files.update({"/x/a": CONTENT, "/x/b": CONTENT})
    assert store.resolve(name) == cache / "toy"
    assert sorted(p.name for p in (cache / "toy").iterdir()) == ["a", "b"]


@pytest.mark.parametrize(("pack", "suffix"), [(zipped, "whl"), (tarred, "tgz")])
def test_members_of_archives(cache, server, monkeypatch, pack, suffix):
    body = pack("inner/w.bin")
    digest = hashlib.sha256(body).hexdigest()
    server.files[f"/p.{suffix}"] = body
    name = asset(f"{server.at}/p.{suffix}#sha256={digest}!inner/{{path}}", monkeypatch=monkeypatch)
    assert store.resolve(name).read_bytes() == CONTENT


def test_the_next_source_is_tried_and_everything_is_said(cache, server, monkeypatch, capsys):
    bomb = zipped("w.bin", b"0" * (len(CONTENT) * 50))
    server.files.update({"/bomb": bomb, "/wrong": CONTENT[::-1], "/other": zipped("w.bin")})
    sources = [
        f"{server.at}/missing",
        "https://127.0.0.1:9/{path}",
        f"{server.at}/wrong",
        f"{server.at}/bomb#sha256={hashlib.sha256(bomb).hexdigest()}!w.bin",
        f"{server.at}/other#sha256={'0' * 64}!w.bin",
        f"{server.at}/other#sha256={hashlib.sha256(server.files['/other']).hexdigest()}!../w.bin",
    ]
    name = asset(*sources, monkeypatch=monkeypatch)
    with pytest.raises(InputError) as caught:
        store.resolve(name)
    message = str(caught.value)
    assert "\n" not in message
    for words in (
        "404",
        "is unreachable",
        "sha256 differs",
        "larger than",
        "no ../w.bin",
        "example.org/toy",
    ):
        assert words in message
    assert [p.name for p in cache.iterdir() if not p.name.endswith(".lock")] == []

    server.files["/good"] = CONTENT
    assert store.resolve(asset(*sources, f"{server.at}/good", monkeypatch=monkeypatch)).read_bytes() == CONTENT
    assert "fetching toy" in capsys.readouterr().err


def test_a_damaged_file_is_fetched_again(cache, server, monkeypatch):
    name = asset(f"{server.at}/{{path}}", monkeypatch=monkeypatch)
    server.files["/w.bin"] = CONTENT
    path = store.resolve(name)
    path.write_bytes(b"")
    assert store.resolve(name).read_bytes() == CONTENT


def test_many_may_ask_at_once(cache, server, monkeypatch):
    name = asset(f"{server.at}/{{path}}", monkeypatch=monkeypatch)
    server.files["/w.bin"] = CONTENT
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: store.resolve(name), range(8)))
    assert paths == {cache / "toy" / "w.bin"}
    assert server.asked == ["/w.bin"]


def test_a_silent_host_does_not_hold_us_up(cache, monkeypatch):
    import socket
    import time

    monkeypatch.setattr(fetch, "PATIENCE", 0.3)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        name = asset(f"http://127.0.0.1:{deaf.getsockname()[1]}/w.bin", monkeypatch=monkeypatch)
        start = time.monotonic()
        with pytest.raises(InputError, match=r"no response|is unreachable"):
            store.resolve(name)
        assert time.monotonic() - start < 3


def test_unknown_names_and_unusable_caches_are_one_line(tmp_path, server, monkeypatch):
    with pytest.raises(InputError, match=r"there is no asset named 'x'; there are: silero-vad"):
        store.resolve("x")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="set VISAVIS_CACHE"):
        store.resolve(asset(f"{server.at}/w.bin", monkeypatch=monkeypatch))


def test_the_registry_route_works_where_there_is_a_network(tmp_path):
    entry = next(a for a in assets.list_assets() if a.name == "segmentation-3.0")
    source = next(s for s in entry.sources if s.startswith("pypi:"))
    try:
        fetch.fetch(entry, source, tmp_path)
    except fetch.SourceError as error:
        pytest.skip(f"no package registry here: {error}")
    (path,) = (tmp_path / "files").iterdir()
    assert fetch.matches(path, entry.files[0])
    assert isinstance(path, Path)
