"""Small valid inputs of every kind that the executable reads, made once; each input of the fuzzing is a faulty copy."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
import yaml
from fuzz_bombs import BOMBS, SLOW

TESTS = Path(__file__).resolve().parents[1]
for folder in (TESTS, TESTS / "corpora", TESTS / "preference"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))

from study_toys import write_plan  # noqa: E402

import layouts  # noqa: E402
from contract_toys import talk, tiny  # noqa: E402
from film_toys import film  # noqa: E402
from listener_toys import told_corpus  # noqa: E402
from venus_figure import figure_9  # noqa: E402
from visavis.conversation.corpus_write import write_corpus  # noqa: E402
from visavis.models.registry import get_entry, names  # noqa: E402
from visavis.motion import ARKIT  # noqa: E402

RATE = 16_000
CODECS = {
    "mp3": "libmp3lame", "m4a": "aac", "opus": "libopus", "ts": "mp2", "mka": "flac", "webm": "libopus",
    "avi": "pcm_s16le",
}  # fmt: skip
FORMATS = {"m4a": "mp4", "mka": "matroska", "ts": "mpegts"}


class Inputs:
    """Files by kind, made in a folder when they are first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _made(self, name: str, make: Callable[[Path], object]) -> Path:
        folder = self.root / name
        if not folder.exists():
            folder.mkdir(parents=True)
            make(folder)
        return folder

    @cached_property
    def media(self) -> list[Path]:
        """Half a second of sound in many formats, a film, pictures."""
        return sorted(self._made("media", _write_media).iterdir())

    @cached_property
    def sound(self) -> Path:
        """A second of two people's conversation."""
        return self._made("sound", lambda f: _write_talk(f / "talk.wav")) / "talk.wav"

    @cached_property
    def corpus(self) -> Path:
        """Two conversations of two seconds that have every cue."""
        return self._made("corpus", lambda f: write_corpus((talk(seed, 2.0) for seed in range(2)), f / "c")) / "c"

    @cached_property
    def clips(self) -> Path:
        """A corpus of listeners with an index."""

        def make(folder: Path) -> None:
            from visavis.models.retrieval.encoders import get_encoder
            from visavis.models.retrieval.indexing import open_or_build

            open_or_build(told_corpus(folder / "c", 4), get_encoder("built-in"))

        return self._made("clips", make) / "c"

    @cached_property
    def motions(self) -> list[Path]:
        """Motion files of all formats, and a scene."""
        return sorted(path for path in self._made("motions", self._write_motions).iterdir() if path.is_file())

    def _write_motions(self, folder: Path) -> None:
        from visavis.conversation.corpus import Corpus
        from visavis.workflows.export import run

        run(self.corpus, folder, "motion,arkit,glb,venus", Corpus.open(self.corpus).ids[0])
        rows = [["timestamp", *ARKIT.names[:52]], *([i / 30, *[0.1] * 52] for i in range(12))]
        (folder / "table.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
        values = np.random.default_rng(0).normal(0, 0.1, (12, ARKIT.dim)).astype(np.float32)
        np.save(folder / "plain.npy", values)
        np.savez(folder / "plain.npz", motion=values, fps=25.0, space="arkit")

    @cached_property
    def checkpoints(self) -> dict[str, Path]:
        """A tiny checkpoint of each family."""
        return {name: self.checkpoint(name) for name in names("behavior", trained=True)}

    def checkpoint(self, name: str) -> Path:
        """A tiny checkpoint of a family."""

        def make(folder: Path) -> None:
            tiny(get_entry(name), ARKIT, folder / "features" / name).save(folder / "model")
            shutil.rmtree(folder / "features", ignore_errors=True)

        return self._made(f"checkpoint-{name}", make) / "model"

    @cached_property
    def tokenizer(self) -> Path:
        """A tiny tokenizer."""
        from visavis.tokenizers.checkpoint import build, save_pretrained

        make = get_entry("tokenizer").load_preset("conv-debug")
        return self._made("tokenizer", lambda f: save_pretrained(build(make), f / "model")) / "model"

    @cached_property
    def published(self) -> dict[str, Path]:
        """Published corpora by the reader's name."""
        makers = {
            "vico": layouts.vico, "learning2listen": layouts.learning2listen, "lm-listener": layouts.lm_listener,
            "candor": lambda f: layouts.candor(f, media=False), "biwi": layouts.biwi,
            "venus": lambda f: (f / "a.json").write_text(json.dumps(figure_9())),
        }  # fmt: skip
        return {name: self._made(f"published-{name}", make) for name, make in makers.items()}

    def bombs(self, slow: bool) -> list[Path]:
        """Small files that ask for much, with those that take seconds to make or without."""

        def make(folder: Path) -> None:
            for name, write in BOMBS.items():
                if (name in SLOW) <= slow:
                    write(folder / name)

        return sorted(self._made(f"bombs-{slow}", make).iterdir())

    @cached_property
    def plan(self) -> Path:
        """A plan of a study and its videos."""
        return self._made("plan", lambda f: write_plan(f, items=2)) / "plan.yaml"

    @cached_property
    def presets(self) -> dict[str, dict[str, Any]]:
        """Settings by the name of what is trained, small ones."""
        return {name: get_entry(name).read_preset(preset) for name, preset in PRESETS.items()}

    @cached_property
    def curation(self) -> dict[str, Any]:
        """Settings of a curation."""
        from visavis.corpora.curation import load_stages
        from visavis.corpora.curation.settings import dump_stages

        found: dict[str, Any] = yaml.safe_load(dump_stages(load_stages("talk", ())))
        return found


PRESETS = {"duet": "debug", "dim": "debug", "l2l": "debug", "mean-pose": "debug", "tokenizer": "conv-debug"}
LAYOUTS: list[Any] = [
    {"A": [0, 0, 0], "B": [0, 0, 1], "kind": "face to face"},
    {"seats": [{"position": [0, 1.2, 0], "yaw": 0.0, "seated": True}, {"position": [0, 1.2, 1], "yaw": 3.1}]},
]


def _write_talk(path: Path) -> None:
    conversation = talk(0, 1.0)
    assert conversation.mixed is not None
    soundfile.write(path, conversation.mixed.samples, RATE)


def _write_media(folder: Path) -> None:
    from PIL import Image

    wave = (0.3 * np.sin(np.arange(RATE // 2) / 7)).astype(np.float32)
    for ending, how in (
        ("wav", "PCM_16"),
        ("float.wav", "FLOAT"),
        ("flac", "PCM_16"),
        ("ogg", "VORBIS"),
        ("aiff", "PCM_24"),
    ):
        soundfile.write(folder / f"sound.{ending}", wave, RATE, subtype=how)
    for ending, codec in CODECS.items():
        with av.open(str(folder / f"sound.{ending}"), "w", format=FORMATS.get(ending)) as container:
            stream = container.add_stream(codec, rate=48_000)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(np.repeat(wave, 3)[None], format="flt", layout="mono")
            frame.rate, frame.pts = 48_000, 0
            cut = av.AudioResampler(stream.format, "mono", 48_000, frame_size=stream.codec_context.frame_size or 1024)
            for piece in (*cut.resample(frame), *cut.resample(None), None):
                container.mux(stream.encode(piece))
    film(folder / "film.mp4", 0.4, 0.4)
    for ending in ("png", "jpg", "gif", "webp"):
        Image.new("RGB", (32, 24), (90, 120, 60)).save(folder / f"picture.{ending}")
    (folder / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nsound.ts\n")
    (folder / "list.txt").write_text("ffconcat version 1.0\nfile sound.ts\n")
    (folder / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
