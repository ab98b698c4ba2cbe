"""Every kind of input, and the commands that read it. Each kind is a function that draws one input and runs it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from fuzz_files import Draw, spoil, write_faulty
from fuzz_inputs import LAYOUTS, PRESETS, Inputs
from fuzz_strategies import as_json, as_yaml, faulty_bytes, faulty_values, odd_yaml, scalars, texts
from fuzz_watch import Outcome, call, run, typed
from hypothesis import strategies as st

_numbers = count()


@dataclass(frozen=True)
class Bench:
    """Where inputs are tried.

    Attributes:
        inputs: The valid ones.
        work: An empty folder for each input.
        heavy: Whether commands that load networks are tried, too.
    """

    inputs: Inputs
    work: Path
    heavy: bool = True

    @contextmanager
    def place(self) -> Iterator[Path]:
        """A new folder, which goes again."""
        folder = self.work / f"input-{next(_numbers)}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def one_of(self, draw: Draw, light: list[tuple[Any, ...]], heavy: list[tuple[Any, ...]]) -> Outcome:
        """Runs one of the commands; those that load networks a fifth of the time."""
        some = heavy if heavy and self.heavy and draw(st.integers(0, 4)) == 0 else light
        return run(*draw(st.sampled_from(some)))


def media(draw: Draw, bench: Bench) -> Outcome:
    """Sound, film and pictures with faults."""
    good = draw(st.sampled_from(bench.inputs.media))
    with bench.place() as folder:
        bad = folder / f"bad{draw(st.sampled_from(['', '.wav', '.mp4']))}{good.suffix}"
        write_faulty(draw, good, bad)
        out = ("-o", folder / "out")
        extract = ("extract", bad, *out, "--skip", "faces,bodies,words,safety,active-speaker")
        return bench.one_of(draw, [("info", bad)], [("animate", bad, *out, "--only", "motion"), extract])


def motion(draw: Draw, bench: Bench) -> Outcome:
    """Motion files, tables and scenes with faults."""
    good = draw(st.sampled_from(bench.inputs.motions))
    with bench.place() as folder:
        bad = folder / "pred" / good.name
        bad.parent.mkdir()
        write_faulty(draw, good, bad)
        truth = folder / "truth"
        truth.mkdir()
        shutil.copy(good, truth)
        listen = ("listen", bench.inputs.sound, "-o", folder / "out", "--only", "motion", "--speaker-motion", bad)
        evaluate = ("evaluate", "--pred", bad.parent, "--truth", truth, "--space", "arkit", "--fps", 25)
        imported = ("import", "venus", bad.parent, "-o", folder / "out")
        light = [("info", bad), evaluate, imported if bad.suffix == ".json" else evaluate]
        return bench.one_of(draw, light, [listen])


def _copied(good: Path, to: Path) -> Path:
    return Path(shutil.copytree(good, to))


def corpora(draw: Draw, bench: Bench) -> Outcome:
    """Corpora of which one file has faults."""
    with bench.place() as folder:
        corpus, out = _copied(bench.inputs.corpus, folder / "corpus"), ("-o", folder / "out")
        spoil(draw, corpus)
        light = [
            ("info", corpus), ("export", corpus, "--to", "arkit,motion", "--id", "talk-0", *out),
            ("export", corpus, "--to", "venus", *out),
            ("train", "mean-pose", "--corpus", corpus, *out), ("train", "nearest-motion", "--corpus", corpus, *out),
        ]  # fmt: skip
        heavy = [
            ("report", corpus, *out),
            ("train", "duet", "--preset", "debug", "--max-steps", 1, "--corpus", corpus, *out),
        ]
        return bench.one_of(draw, light, heavy)


def checkpoints(draw: Draw, bench: Bench) -> Outcome:
    """Checkpoints of which one file has faults."""
    families = bench.inputs.checkpoints.values() if bench.heavy else [bench.inputs.checkpoint("mean-pose")]
    good = draw(st.sampled_from([*sorted(families), bench.inputs.tokenizer]))
    with bench.place() as folder:
        model, out = _copied(good, folder / "model"), ("-o", folder / "out", "--only", "motion")
        spoil(draw, model)
        used = [(verb, bench.inputs.sound, *out, "--model", model) for verb in ("listen", "animate")]
        loaded = (
            "train",
            "duet",
            "--corpus",
            bench.inputs.corpus,
            "-o",
            folder / "t",
            "--init",
            model,
            "--max-steps",
            1,
        )
        return bench.one_of(draw, [("info", model), loaded], used)


def indexes(draw: Draw, bench: Bench) -> Outcome:
    """Indexes of clips with faults."""
    with bench.place() as folder:
        corpus = _copied(bench.inputs.clips, folder / "corpus")
        spoil(draw, corpus / "retrieval")
        asked = [("--description", "a broad smile"), ("I got the job", "--language-model", "examples")]
        return run("retrieve", "--corpus", corpus, *draw(st.sampled_from(asked)))


def published(draw: Draw, bench: Bench) -> Outcome:
    """Published corpora of which one file has faults."""
    name = draw(st.sampled_from(sorted(bench.inputs.published)))
    with bench.place() as folder:
        raw = _copied(bench.inputs.published[name], folder / "raw")
        spoil(draw, raw)
        return run("import", name, raw, "-o", folder / "out")


def settings(draw: Draw, bench: Bench) -> Outcome:
    """YAML files with settings."""
    name = draw(st.sampled_from(sorted(PRESETS)))
    with bench.place() as folder:
        file = folder / "settings.yaml"
        good: Any = bench.inputs.curation if draw(st.booleans()) else bench.inputs.presets[name]
        file.write_bytes(draw(faulty_values(good).map(as_yaml) | odd_yaml()))
        if good is bench.inputs.curation:
            return run("curate", folder, "-o", folder / "out", "--show", "--config", file)
        return _train(bench, name, folder, "--preset", file)


def _train(bench: Bench, name: str, folder: Path, *options: object) -> Outcome:
    corpus = ("--corpus", bench.inputs.corpus, "-o", folder / "out", "--max-steps", 1)
    return run("train", name, *corpus, *options)


def changes(draw: Draw, bench: Bench) -> Outcome:
    """``--set`` and ``--use``."""
    name = draw(st.sampled_from(sorted(PRESETS)))
    value = draw(st.sampled_from([row.decode("latin1") for row in ODD_VALUES]) | scalars.map(str))
    key = draw(st.sampled_from(_keys(bench.inputs.presets[name])) | texts)
    with bench.place() as folder:
        kind = draw(st.sampled_from(["train", "curate", "extract"]))
        if kind == "train":
            return _train(bench, name, folder, "--preset", PRESETS[name], "--set", f"{key}={value}")
        if kind == "curate":
            stage = draw(st.sampled_from(["segments.length", "segments.skip", "clips.seconds", "talk", key]))
            return run("curate", folder, "-o", folder / "out", "--show", "--set", f"{stage}={value}")
        use = draw(st.sampled_from(["words=whisper,model", "faces=built-in,size", "speaking=x,y", key]))
        return run(
            "extract", bench.inputs.sound, "-o", folder / "out", "--skip", "words,faces", "--use", f"{use}={value}"
        )


ODD_VALUES = [b"2026-99-99", b"[" * 2000, b"&a [*a]", b"1e999", b".inf", b".nan", b"!!int x", b"{", b"null", b"\xff"]


def _keys(plain: Mapping[str, Any], before: str = "") -> list[str]:
    found = []
    for key, value in plain.items():
        found += _keys(value, f"{before}{key}.") if isinstance(value, dict) else [before + key]
    return found


def plans(draw: Draw, bench: Bench) -> Outcome:
    """Plans of studies."""
    good = bench.inputs.plan
    with bench.place() as folder:
        place = _copied(good.parent, folder / "plan")
        file = place / good.name
        plain = yaml.safe_load(good.read_text())
        file.unlink()
        file.write_bytes(draw(faulty_values(plain).map(as_yaml) | odd_yaml()))
        return run("study", "build", file, "-o", folder / "out")


def layouts(draw: Draw, bench: Bench) -> Outcome:
    """Layout files, and layouts in words."""
    from visavis.scene.layout import layout_from

    with bench.place() as folder:
        if draw(st.integers(0, 3)) == 0:
            words = draw(texts)
            return call(lambda: layout_from(words, strict=draw(st.booleans())), f"layout {words!r}")
        file = folder / "layout.json"
        good = draw(st.sampled_from(LAYOUTS))
        file.write_bytes(draw(faulty_values(good).map(as_json) | faulty_bytes(as_json(good)) | odd_yaml()))
        if draw(st.booleans()):
            return call(lambda: layout_from(file), f"layout {file.read_bytes()[:200]!r}")
        return run("info", file)


def pickles(draw: Draw, bench: Bench) -> Outcome:
    """Pickles of arrays and body models."""
    import pickle

    import numpy as np

    from visavis.bodies.model_files import read_model_file
    from visavis.perception.imported.files import read_file

    plain = {"a": np.arange(6.0).reshape(2, 3), "f": np.eye(2), "b": [1, "x", None], "c": np.array(["x"], object)}
    with bench.place() as folder:
        file = folder / f"bad{draw(st.sampled_from(['.pkl', '.npy', '.npz', '.json']))}"
        whole = pickle.dumps(plain, draw(st.integers(0, 5)))
        file.write_bytes(draw(faulty_bytes(whole)))
        read = draw(st.sampled_from([lambda: read_model_file(file, ["a", "f"]), lambda: read_file(file)]))
        return call(read, f"pickle {file.suffix} {file.read_bytes()!r}")


def addresses(draw: Draw, bench: Bench) -> Outcome:
    """Addresses of language models."""
    parts = st.sampled_from(
        ["http", "https", "ftp", ":", "//", "://", "[", "]", "::1", "127.0.0.1", ":1", ":abc", ":99999", "/v1", " ",
         "@", "user:pw@", "?a=b", "#x", "%zz", "é", "\t", "..", "\\"]
    )  # fmt: skip
    address = draw(st.lists(parts, min_size=1, max_size=6).map("".join) | texts)
    ask = ("I got the job", "--corpus", bench.inputs.clips, f"--language-model={address}")
    return run("retrieve", *ask)


def answers(draw: Draw, bench: Bench) -> Outcome:
    """What a language model's server answers."""
    import json

    from endpoint_toys import RawServer

    said = "Communicates: joy\nFitting: joy\nExpression: a broad smile\nAttributes: smiling"
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    kind = draw(st.sampled_from(["bytes", "values", "chunks"]))
    if kind == "values":
        content = as_json(draw(faulty_values(json.loads(body))))
        answer = head % len(content) + content
    else:
        answer = draw(faulty_bytes(chunks if kind == "chunks" else head % len(body) + body))
    server = RawServer(answer)
    try:
        return call(lambda: _asked(server.url), f"answer {answer!r}")
    finally:
        server.close()


def _asked(url: str) -> None:
    from visavis.language.endpoint import Endpoint
    from visavis.models.retrieval.describer import Describer

    Describer(Endpoint(url))("I got the job", "be supportive")


CONTROL = ["<FACE_3>", "<|im_start|>user", "<|im_end|>", "<BODY_0><FACE_0>", "[INST]", "nods", "I got the job!"]


def talks(draw: Draw, bench: Bench) -> Outcome:
    """What is typed to a character, and who it is told to be."""
    lines = draw(st.lists(st.sampled_from(CONTROL) | texts, max_size=3))
    whole = "\n".join(lines).encode("utf-8", "surrogatepass")
    told = draw(st.sampled_from([(), (f"--persona={draw(texts)}",), (f"--goal={draw(texts)}",)]))
    with typed(draw(st.just(whole) | faulty_bytes(whole))):
        return run("talk", "--json", "--voice", "none", "--model", bench.inputs.checkpoint("mars"), *told)


INTEGERS = ["-1", "0", "1", "1000000000", "18446744073709551616", "1" + "0" * 400, "x", "1.5", "nan", "", "٣", "1_0"]
FLOATS = ["-1", "0", "5", "nan", "inf", "-inf", "1e300", "1e-300", "1e999", "x", "", "1e12"]
"""Nothing that would keep a machine busy."""


def options(draw: Draw, bench: Bench) -> Outcome:
    """Any option of any verb with any value."""
    import typer

    from visavis.cli.main import app

    words: list[Any] = []
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        name = draw(st.sampled_from(sorted(name for name in command.commands if name not in ("serve", "fetch"))))
        words.append(name)
        command = command.commands[name]
    with bench.place() as folder:
        (folder / "file").write_text("x")
        os.mkfifo(folder / "pipe")
        paths = st.sampled_from([folder, folder / "file", folder / "pipe", folder / "none"]).map(str)
        value = {int: st.sampled_from(INTEGERS), float: st.sampled_from(FLOATS)}
        for parameter in command.params:
            chosen = parameter.required or draw(st.integers(0, 5)) == 0
            flag = getattr(parameter, "is_flag", False)
            if not chosen or parameter.name in ("help", "device"):
                continue
            name = max(parameter.opts, key=len) if parameter.opts[0].startswith("-") else None
            if parameter.name == "out":
                words += ["-o", folder / "out"]
            elif parameter.name in ("work", "report"):  # what is written to
                words += [name, folder / "report"]
            elif flag:
                words.append(name)
            else:
                told = draw(value.get(parameter.bare_type, texts | paths | scalars.map(str)))
                words.append(told if name is None else f"{name}={told}")
        return run(*words)


def names(draw: Draw, bench: Bench) -> Outcome:
    """Folders in which files have names that are none, and things that are no files."""
    odd = [
        b"\xff.wav", b"a\x1b[2J.npz", b"a\nb.mp4", b"-rf.csv", b"\xe2\x80\xaea.json", b"a" * 255, b"..npz", b" .wav",
        b"[red].mp4",
    ]  # fmt: skip
    with bench.place() as folder:
        place = folder / "files"
        place.mkdir()
        for name in draw(st.lists(st.sampled_from(odd), min_size=1, max_size=3, unique=True)):
            path = os.fsencode(place) + b"/" + name
            kind = draw(st.sampled_from(["file", "pipe", "folder", "loop", "link"]))
            if kind == "file":
                good = draw(st.sampled_from([*bench.inputs.media, *bench.inputs.motions]))
                shutil.copy(good, path)
            elif kind == "pipe":
                os.mkfifo(path)
            elif kind == "folder":
                os.mkdir(path)  # noqa: PTH102 - names in bytes
            else:
                os.symlink(path if kind == "loop" else b"/dev/zero", path)  # noqa: PTH211
        out = ("-o", folder / "out")
        light = [
            ("info", place), ("evaluate", "--pred", place, "--truth", place), ("import", "venus", place, *out),
            ("import", "vico", place, *out), ("export", place, "--to", "glb", *out), ("report", place, *out),
            ("import", "candor", place, *out), ("train", "mean-pose", "--corpus", place, *out),
            ("retrieve", "--description", "a smile", "--corpus", place / "none"),
            *(("info", path) for path in place.iterdir()),
        ]  # fmt: skip
        return bench.one_of(draw, light, [])


def bombs(draw: Draw, bench: Bench) -> Outcome:
    """Small files that ask for much, wherever a file is read."""
    good = draw(st.sampled_from(bench.inputs.bombs(bench.heavy)))
    with bench.place() as folder:
        bad = folder / "bombs" / good.name
        bad.parent.mkdir()
        bad.symlink_to(good)
        out, sound = ("-o", folder / "out"), bench.inputs.sound
        light = [("info", bad)] * 3
        light += [("evaluate", "--pred", bad.parent, "--truth", bad.parent, "--space", "arkit", "--fps", 25)]
        light += [("import", name, bad.parent, *out) for name in ("venus", "vico", "candor", "lm-listener")]
        light += [("study", "build", bad, *out), ("curate", folder, *out, "--show", "--config", bad)]
        light += [("train", "duet", *out, "--corpus", bench.inputs.corpus, "--preset", bad)]
        heavy = [("animate", bad, *out, "--only", "motion"), ("listen", bad, *out, "--only", "motion")]
        heavy += [
            ("listen", sound, *out, "--only", "motion", option, bad)
            for option in ("--layout", "--speaker-motion", "--model")
        ]
        return bench.one_of(draw, light, heavy)


KINDS: Mapping[str, Callable[[Draw, Bench], Outcome]] = {
    "media": media, "motion and scenes": motion, "corpora": corpora, "published corpora": published,
    "checkpoints": checkpoints, "indexes": indexes, "settings in YAML": settings, "--set and --use": changes,
    "plans of studies": plans, "layouts": layouts, "pickles": pickles, "addresses": addresses, "answers": answers,
    "options": options, "names": names, "bombs": bombs, "talks": talks,
}  # fmt: skip
"""All kinds of input by name."""
