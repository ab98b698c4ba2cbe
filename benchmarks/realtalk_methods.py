"""How every clip of a databank scores for a speaker: the methods that the retrieval benchmark compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtalk_clips import Clips
from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.models.retrieval.describer import Describer
from visavis.models.retrieval.prompting import AnswerError
from visavis.models.retrieval.protocol import Clip, ClipEncoder, Description
from visavis.motion import ARKIT, Motion

Scores = NDArray[np.float64]
"""(N, M): of M clips for N speakers; the higher the better."""

RUDE = "be rude"
"""The contrary of `SOCIAL`."""
REFUSED = Description("nothing", "a neutral face", "Sam looks neutral.", ("neutral face",))
"""In place of an answer that cannot be used."""
L2L_CLIPS, L2L_STEPS = 600, 500
"""What the L2L-like baseline is trained with: clips of the training split, and steps of each of its two stages."""


def clip_vectors(work: Path, encoder: ClipEncoder, clips: Sequence[Clip]) -> NDArray[np.float32]:
    """Vectors (M, D) of whole clips, kept in `work`."""
    path = work / f"vectors-{encoder.name}-{len(clips)}.npy"
    if not path.is_file():
        found = [encoder.embed_clips(clips[at : at + 64])[:, 0] for at in range(0, len(clips), 64)]
        temporary = path.with_suffix(".tmp.npy")
        np.save(temporary, np.concatenate(found))
        temporary.replace(path)
    return np.load(path)


def by_words(encoder: ClipEncoder, texts: Sequence[str], vectors: NDArray[np.float32]) -> Scores:
    """How well clips fit to words (RealTalk, equation 2)."""
    return np.asarray(encoder.embed_texts(texts), np.float64) @ np.asarray(vectors, np.float64).T


def by_descriptions(encoder: ClipEncoder, found: Sequence[Description], vectors: NDArray[np.float32]) -> Scores:
    """The same for descriptions, as `visavis.generation.retrieve` compares them."""
    rows = []
    for description in found:
        texts, shares = zip(*description.compared, strict=True)
        rows.append(np.array(shares) @ by_words(encoder, texts, vectors))
    return np.stack(rows)


def described(
    said: Sequence[str], goals: tuple[str, str], describer: Describer | None = None
) -> dict[str, list[Description]]:
    """Descriptions by a language model under a social and a rude goal; those made before come from its cache.

    Goals take turns, so that a run that was stopped leaves as many of each. `REFUSED` stands for an answer that cannot
    be used.
    """
    describer = describer or Describer()
    found: list[Description] = []
    for number, (text, goal) in enumerate([(text, goal) for text in said for goal in goals], start=1):
        try:
            found.append(describer(text, goal))
        except AnswerError:
            found.append(REFUSED)
        if number % 20 == 0 or number == 2 * len(said):
            print(f"   {describer.name}: {number} of {2 * len(said)}", flush=True)
    return {"social": found[::2], "rude": found[1::2]}


def l2l(work: Path, clips: Clips, queries: NDArray[np.intp], corpus: Corpus) -> Scores:
    """An L2L-like listener that sees the speaker move, then the clips by their distance from it.

    The distance is the mean over frames of the Euclidean distance between expressions, neck and head.
    """
    path = work / f"l2l-{L2L_CLIPS}-{L2L_STEPS}-{len(queries)}.npy"
    if not path.is_file():
        from visavis.models.baselines import get_baseline

        train = [i for i, about in enumerate(clips.about) if about["split"] == "train"][:L2L_CLIPS]
        baseline = get_baseline("l2l", ARKIT)
        print("   l2l: training", flush=True)
        baseline.fit((_listener_second(corpus, clips, i) for i in train), people=(1,), steps=L2L_STEPS)
        bank = np.stack([_posture(clip.motion) for clip in clips.clips])
        rows = []
        for i in queries:
            made = _posture(baseline.generate(_listener_second(corpus, clips, i), 1, seed=int(i)))
            rows.append(-np.linalg.norm(bank - made, axis=2).mean(1))
        temporary = path.with_suffix(".tmp.npy")
        np.save(temporary, np.array(rows))
        temporary.replace(path)
    return np.load(path)


def with_pictures(clips: Sequence[Clip], size: int = 224) -> list[Clip]:
    """The clips on the neutral character, for encoders that look at pictures."""
    from visavis.rendering.portrait import Portraits

    portraits = Portraits(ARKIT, size, close=True)

    def pictures(motion: Motion) -> Callable[[Sequence[int]], NDArray[np.uint8]]:
        def draw(frames: Sequence[int]) -> NDArray[np.uint8]:
            return np.stack(portraits.draw(Motion(motion.values[list(frames)], motion.fps, motion.space)))

        return draw

    return [replace(clip, pictures=pictures(clip.motion)) for clip in clips]


def _listener_second(corpus: Corpus, clips: Clips, number: int) -> Conversation:
    """The conversation of a clip with the speaker first."""
    talk = corpus[clips.clips[number].conversation]
    a, b = talk.participants
    return talk.with_participants(*((b, a) if clips.clips[number].listener == "A" else (a, b)))


def _posture(motion: Motion) -> NDArray[np.float32]:
    return np.concatenate([motion["expression"], motion["neck"], motion["head"]], 1)


def reactions(about: Sequence[dict[str, Any]]) -> NDArray[np.str_]:
    """What each clip's listener shows, (M,)."""
    return np.array([each["reaction"] for each in about])
