"""Pairs for visual prompts: listeners' key frames, with fitting and contrary descriptions.

A file of pairs has a line of JSON per listener; pictures lie relative to it::

    {"pictures": ["a/0012.png", "a/0080.png"], "fitting": "Sam looks sad.", "contrary": ["Sam looks amused."]}

Most people in a corpus react as it fits, so a listener is taken to show the fitting reaction to what the speaker says;
the contrary, which nobody recorded, a language model describes (RealTalk, section 3.4).
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, ValidationError

from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.models.retrieval.clips import LEARNT_FROM, Passed, corpus_clips, need_clips, said_to
from visavis.models.retrieval.keyframes import key_frames
from visavis.models.retrieval.pictures import RenderedFaces, VideoSource
from visavis.models.retrieval.prompting import RUDE, SOCIAL
from visavis.models.retrieval.protocol import Clip, Describes
from visavis.reading import is_there, parse_json, read_text
from visavis.reporter import Update
from visavis.settings import Section
from visavis.training.run import run_dir

CONTRARY = (RUDE,)
"""Counterfactual goals."""
PAIRS = "pairs.jsonl"


class Pair(Section):
    """A listener with words.

    Attributes:
        pictures: Files of key frames.
        fitting: What the listener shows.
        contrary: What a listener would show who wants the opposite.
        clip: Which clip of a corpus it is; not read.
    """

    pictures: tuple[str, ...] = Field(min_length=1)
    fitting: str = Field(min_length=1)
    contrary: tuple[str, ...] = Field(min_length=1)
    clip: str | None = None


def make_pairs(
    corpus: Path, out: Path, describer: Describes, *, videos: Path | None = None, seed: int = 0,
    update: Update = lambda _share: None,
) -> Path:  # fmt: skip
    """Writes ``pairs.jsonl`` and its pictures, or goes on with what is there.

    Args:
        corpus: Folder of a corpus; where it has splits, the conversations for training are used.
        out: Folder to write to.
        describer: Says what fits, and what would be the contrary.
        videos: Folder of the corpus's videos; unless given, pictures are of the neutral character.
        seed: Of the describer.
        update: Takes the share of conversations done.

    Returns:
        The file, as `read_pairs` reads it.

    Raises:
        InputError: The corpus has no listeners who are told something, a description is not available, or the folder
            holds something else.
    """
    opened, pictures = Corpus.open(corpus), RenderedFaces() if videos is None else VideoSource(videos)
    ids = [id for id in opened.ids if opened.record(id)[0].get("split") in LEARNT_FROM]
    if len(opened) and not ids:
        raise InputError(f"{corpus}: all conversations are held out for evaluation, so there is nothing to learn from")
    started = {
        "corpus": str(corpus), "described by": getattr(describer, "name", type(describer).__name__),
        "pictures": pictures.kind, "videos": str(videos) if videos else None, "seed": seed,
    }  # fmt: skip
    path = out / PAIRS
    with run_dir(out, started, (PAIRS,)):
        known = _known(path)
        passed, found = Passed(), 0
        for number, id in enumerate(ids, start=1):
            for clip in corpus_clips(opened, [id], pictures=pictures, passed=passed):
                found += 1
                said = said_to(opened[id], clip.listener, clip.start, clip.stop)
                if said and clip.pictures is not None and _name(clip) not in known:
                    line = {
                        "clip": _name(clip),
                        "fitting": describer(said, SOCIAL, seed=seed).text,
                        "contrary": [describer(said, goal, seed=seed).text for goal in CONTRARY],
                        "pictures": _pictures(clip, out),
                    }
                    with path.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    known.add(_name(clip))
            update(number / len(ids))
        need_clips(opened, found, passed)
        if not known:
            raise InputError(
                f"{corpus}: of {found} clips none has both words and images; extract the words, and set the folder of "
                "the videos with --set data.videos=FOLDER, or none"
            )
    return path


def read_pairs(path: Path) -> list[Pair]:
    """The listeners of a file.

    Raises:
        InputError: It cannot be read, or a line is not as it should be; the line is named.
    """
    pairs = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            pair = Pair.model_validate(parse_json(line, f"{path}, line {number}"))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "line"
            raise InputError(f"{path}, line {number}: {field}: {first['msg']}") from None
        for name in pair.pictures:
            if not is_there(path.parent / name):
                raise InputError(f"{path}, line {number}: {name}: no such image file")
        pairs.append(pair)
    if not pairs:
        raise InputError(f"{path}: is empty; expected one line of JSON per listener")
    return pairs


def _known(path: Path) -> set[str]:
    """Clips that have a line; a line that was cut off while it was written is taken away."""
    if not path.is_file():
        return set()
    whole = [line for line in read_text(path).splitlines(keepends=True) if line.endswith("\n")]
    with atomic_write(path) as temporary:
        temporary.write_text("".join(whole), "utf-8")
    return {parse_json(line, path)["clip"] for line in whole}


def _pictures(clip: Clip, out: Path) -> list[str]:
    from PIL import Image

    assert clip.pictures is not None
    folder = out / "pictures" / _name(clip)
    folder.mkdir(parents=True, exist_ok=True)
    frames = key_frames(clip.motion).tolist()
    names = [f"{frame:04d}.png" for frame in frames]
    for name, picture in zip(names, clip.pictures(frames), strict=True):
        Image.fromarray(picture).save(folder / name)
    return [f"pictures/{_name(clip)}/{name}" for name in names]


def _name(clip: Clip) -> str:
    return f"{clip.conversation}-{clip.listener}-{clip.start:.2f}"
