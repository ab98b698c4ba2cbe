"""Re-enacts a video of two people with the two characters, next to its source."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.reporter import SILENT, Reporter, Update
from visavis.workflows.extract import Extractors, ExtractRequest, extract
from visavis.workflows.run_folder import Result, open_conversation, produce, request_key

BESIDE = "beside.mp4"
RENDERED = "video.mp4"


def run(request: ExtractRequest, out: Path, *, overwrite: bool = False, reporter: Reporter = SILENT) -> Result:
    """Extracts a video and shows it: what `animate` writes, and beside.mp4 with the source on the left.

    Args:
        request: One video, and which extractors.
        out: Output folder; created if missing. A run that was stopped goes on where it was.
        overwrite: Whether to replace another request's results in the folder.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The video cannot be used, nobody is seen in it, or the folder cannot be used.
    """
    if len(request.inputs) != 1:
        raise InputError(f"{len(request.inputs)} videos given; pass one at a time")
    (path,) = request.inputs
    key = request_key(request, request.inputs)
    make = partial(_seen, path, request, reporter)
    done = produce(make, key, out, overwrite=overwrite, reporter=reporter)
    beside = out / BESIDE
    rendered = out / RENDERED
    if not beside.is_file() or beside.stat().st_mtime < rendered.stat().st_mtime:
        conversation = open_conversation(out)
        with reporter.progress(BESIDE) as update:
            write_side_by_side(path, rendered, beside, conversation.mixed, update)
    return replace(done, files=(*done.files, beside))


def _seen(path: Path, request: ExtractRequest, reporter: Reporter) -> Conversation:
    conversation = extract(path, Extractors(request), reporter=reporter)
    if not any(_shown(person) for person in conversation):
        raise InputError(f"{path}: no face is seen to move, so there is nothing to re-enact")
    return conversation


def _shown(person: Participant) -> bool:
    """Whether there is more than a still figure that stands for somebody who was never seen."""
    tracks = [person.tracks[name] for name in ("face", "body", "tracked") if name in person.tracks]
    return person.motion is not None and (not tracks or any(track.valid.any() for track in tracks))


def write_side_by_side(source: Path, rendered: Path, path: Path, sound: Audio | None, update: Update) -> None:
    """Writes both pictures side by side, the source scaled to the height of the rendered one.

    Raises:
        InputError: One cannot be read, or the file cannot be written.
    """
    from visavis.media.frames import open_video
    from visavis.media.video import VideoWriter

    left, right = open_video(source), open_video(rendered)
    width = 2 * max(1, round(left.width * right.height / left.height / 2))
    frames = min(len(left.frames(right.fps)), len(right.frames(right.fps)))
    pairs = zip(left.frames(right.fps), right.frames(right.fps), strict=False)
    with VideoWriter(path, (width + right.width, right.height), right.fps, sound) as video:
        for number, (ours, theirs) in enumerate(pairs):
            video.write(np.concatenate([_scaled(ours, width, right.height), theirs], 1))
            update((number + 1) / frames)


def _scaled(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR))
