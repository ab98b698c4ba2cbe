"""Retrieves listeners for what is said and what the listener wants: as a table, a contact sheet and a video.

The folder that is searched is a corpus, or holds videos: those are extracted once, into a corpus inside it.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.corpora.curation.scan import VIDEO_SUFFIXES
from visavis.errors import InputError
from visavis.files import atomic_write, results_folder
from visavis.generation.retrieve import GOAL, Retrieved, Retriever, need_count
from visavis.models.retrieval.encoders import BUILT_IN
from visavis.models.retrieval.protocol import Description
from visavis.motion import Motion
from visavis.reading import files_in
from visavis.rendering import beside, sheet
from visavis.reporter import SILENT, Reporter
from visavis.workflows.animate import Request, make_conversation
from visavis.workflows.listen import speaker_first

JSON, SHEET, VIDEO = "retrieved.json", "retrieved.png", "retrieved.mp4"
SHOWN = 100
"""Clips on the contact sheet, at most; more make a picture that few programs open."""
EXTRACTED = "visavis-corpus"
"""Folder, inside one of videos, of the corpus made from them."""


@dataclass(frozen=True)
class RetrieveRequest:
    """What is asked for.

    Attributes:
        corpus: Folder of a corpus, or of videos.
        transcript: What the speaker says; heard in the speaker's recording unless given.
        goal: What the listener wants.
        k: Number of clips to return.
        speaker: A recording of the speaker, whose voice and face count as well.
        moments: Whether the turn is described in parts.
        description: How the listener is to look; no language model is then asked.
        encoder: As of `Retriever.from_pretrained`.
        language_model: As of `Retriever.from_pretrained`.
        videos: Folder of the corpus's videos, for encoders that look at pictures.
        seed: Of the language model.
    """

    corpus: Path
    transcript: str | None = None
    goal: str = GOAL
    k: int = 5
    speaker: Path | None = None
    moments: bool = False
    description: str | None = None
    encoder: str = BUILT_IN
    language_model: str = BUILT_IN
    videos: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Validates what needs no file."""
        need_count(self.k)
        if self.transcript is None and self.description is None and self.speaker is None:
            raise InputError("pass the speaker's words, --speaker or --description")
        if self.description is not None and self.moments:
            raise InputError("--description describes the whole clip; omit --moments or --description")
        for text, what in ((self.transcript, "what the speaker says"), (self.description, "the description"),
                           (self.goal, "the goal")):  # fmt: skip
            if text is not None and not text.strip():
                raise InputError(f"{what} is empty; enter some words")


@dataclass(frozen=True)
class Result:
    """What came of it: the clips, and the files that were written."""

    retrieved: Retrieved
    files: tuple[Path, ...] = ()


def run(request: RetrieveRequest, out: Path | None = None, *, reporter: Reporter = SILENT) -> Result:
    """Finds the clips, and with a folder writes ``retrieved.json``, ``retrieved.png`` and ``retrieved.mp4``.

    Args:
        request: What is asked for.
        out: Folder for the files, made if missing; earlier ones are replaced.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: Something that is given cannot be used.
    """
    corpus, videos = corpus_folder(request.corpus, reporter)
    with results_folder(out) if out is not None else nullcontext():
        retriever = Retriever.from_pretrained(
            request.encoder,
            request.language_model,
            corpus,
            videos=request.videos or videos,
            reporter=reporter,
        )
        talk = _heard(request.speaker, request.transcript is None and request.description is None, reporter)
        found = _retrieved(request, retriever, talk, reporter)
        for note in found.notes:
            reporter.note(note)
        return Result(found, _written(request, found, talk, out, reporter) if out is not None else ())


def corpus_folder(folder: Path, reporter: Reporter) -> tuple[Path, Path | None]:
    """The corpus that a folder is, or that is extracted from the videos in it; and where its videos are, if known.

    Raises:
        InputError: It is neither, or the videos cannot be extracted.
    """
    if folder.is_file():
        raise InputError(f"{folder}: is a file; pass a corpus or a folder of videos")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; pass a corpus or a folder of videos")
    if (folder / INDEX_NAME).exists():
        return folder, None
    videos = tuple(path for path in files_in(folder) if path.suffix.lower() in VIDEO_SUFFIXES)
    if not videos:
        raise InputError(
            f"{folder}: is not a corpus, as it has no {INDEX_NAME}, and contains no videos; pass a corpus written by "
            "simulate, import, extract or curate"
        )
    from visavis.workflows.extract import ExtractRequest, identifiers
    from visavis.workflows.extract import run as extract

    made = folder / EXTRACTED
    if (made / INDEX_NAME).exists() and set(identifiers(videos)) <= set(Corpus.open(made).ids):
        return made, folder
    reporter.note(f"{folder} holds {len(videos)} video(s): extracting them into {made}, which is kept for next time")
    extracted = extract(ExtractRequest(videos, skip=("bodies", "safety", "words")), made, reporter=reporter)
    if not extracted.ids:
        raise InputError(f"{folder}: none of its {len(videos)} videos can be used; see the notes above")
    return made, folder


def _retrieved(
    request: RetrieveRequest, retriever: Retriever, talk: Conversation | None, reporter: Reporter
) -> Retrieved:
    if request.description is not None:
        return retriever.find(request.description, request.k, transcript=request.transcript or "", seed=request.seed)
    speaker = talk.a if talk is not None else None
    said = request.transcript
    if said is None:
        assert speaker is not None
        said = " ".join(word.text for word in speaker.words)
        if not said:
            raise InputError(f"{request.speaker}: no speech was recognised; pass the speaker's words")
    with reporter.progress("describing"):
        return retriever.retrieve(
            said, request.goal, request.k, speaker=speaker, moments=request.moments, seed=request.seed
        )


def _heard(path: Path | None, words: bool, reporter: Reporter) -> Conversation | None:
    """The speaker is A: with voice, motion and, if asked for, words."""
    if path is None:
        return None
    talk = make_conversation(Request(inputs=(path,)), reporter, speaker_first)
    if not words:
        return talk
    from visavis.perception.protocol import get_extractor

    with reporter.progress("transcript"):
        return get_extractor("words")(talk)


def write_sheet(found: Retrieved, path: Path) -> Path:
    """Writes a contact sheet (PNG) of the first `SHOWN` clips of what was found.

    Raises:
        InputError: The corpus no longer has a clip, or the file cannot be written.
    """
    from PIL import Image

    picture = sheet.contact_sheet(_head(found), [_row(hit) for hit in found.hits[:SHOWN]])
    with atomic_write(path) as temporary:
        Image.fromarray(picture).save(temporary, "PNG", optimize=True)
    return path


def _written(
    request: RetrieveRequest, found: Retrieved, talk: Conversation | None, out: Path, reporter: Reporter
) -> tuple[Path, ...]:
    if len(found.hits) > SHOWN:
        reporter.note(f"the contact sheet shows the first {SHOWN} of {len(found.hits)} clips")
    with reporter.progress("contact sheet"):
        write_sheet(found, out / SHEET)
    listeners = [
        beside.Listener(f"{hit.rank}   {hit.score:.3f}", _which(hit), hit.motion) for hit in found.hits[: beside.MOST]
    ]
    captions = [beside.Caption(moment.start, moment.description.text) for moment in found.moments]
    with reporter.progress("video") as update:
        beside.write_beside(out / VIDEO, _speaker(request, found, talk), listeners, captions, update)
    with atomic_write(out / JSON) as temporary:
        temporary.write_text(json.dumps(found.as_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return tuple(out / name for name in (JSON, SHEET, VIDEO))


def _speaker(request: RetrieveRequest, found: Retrieved, talk: Conversation | None) -> beside.Speaker:
    from visavis.workflows.tracked import open_videos

    words = found.transcript or found.description.text
    if talk is None or request.speaker is None:
        return beside.Speaker(words)

    audio = talk.a.audio or talk.mixed
    return beside.Speaker(words, open_videos([request.speaker]).get(0), talk.a.motion, audio)


def _head(found: Retrieved) -> list[tuple[str, str]]:
    """What stands at the top of the sheet."""
    lines = [("said", found.transcript), ("goal", found.goal)]
    for moment in found.moments:
        span = "" if len(found.moments) == 1 else f" {moment.start:.0%}–{moment.stop:.0%}"
        lines.append((f"expression{span}", moment.description.expression))
        lines.append(("attributes", ", ".join(moment.description.attributes)))
        lines.append(("also likely", "; ".join(moment.description.also)))
    return [(label, text) for label, text in lines if text]


def _row(hit: Any) -> sheet.Row:
    motion, frames = hit.motion, hit.key_frames
    return sheet.Row(
        str(hit.rank),
        hit.score,
        _which(hit).split(" · "),
        Motion(motion.values[frames], motion.fps, motion.space),
        [f"{frame / motion.fps:.1f} s" for frame in np.asarray(frames).tolist()],
    )


def _which(hit: Any) -> str:
    return f"{hit.conversation} · {hit.listener} · {hit.start:.1f}–{hit.stop:.1f} s"


def lines(found: Retrieved) -> list[str]:
    """What is printed: the chain of thought, then a table of clips."""
    shown: list[str] = []
    for moment in found.moments:
        if len(found.moments) > 1:
            shown.append(f"from {moment.start:.0%} to {moment.stop:.0%} of the turn")
        shown += _thoughts(moment.description)
    shown.append("")
    width = max([len("clip"), *(len(hit.conversation) for hit in found.hits)])
    shown.append(f"{'rank':>4}  {'score':>6}  {'clip':<{width}}  listener  {'seconds':<14}  key frames")
    for hit in found.hits:
        span = f"{hit.start:.1f}-{hit.stop:.1f}"
        frames = " ".join(f"{second:.1f}" for second in hit.as_dict()["key_frames"])
        shown.append(
            f"{hit.rank:>4}  {hit.score:>6.3f}  {hit.conversation:<{width}}  {hit.listener:<8}  {span:<14}  {frames}"
        )
    return shown


def _thoughts(description: Description) -> list[str]:
    parts = [
        ("communicates", description.communicates), ("fitting", description.fitting),
        ("expression", description.expression), ("attributes", ", ".join(description.attributes)),
        *(("also likely", text) for text in description.also),
    ]  # fmt: skip
    return [f"{label + ':':<14}{text}" for label, text in parts if text]
