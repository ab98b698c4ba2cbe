"""Retrieves listeners who react as fits what is said and what the listener wants (RealTalk, section 3).

The reaction is described in words by a language model, and the clips of a corpus whose vectors are nearest to the
words' vector are the answer. With moments the turn is described in parts, and a clip is compared part by part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis import __version__
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.language.english import looks_english
from visavis.models.retrieval.clips import load_motion
from visavis.models.retrieval.encoders import BUILT_IN, get_encoder
from visavis.models.retrieval.index import ClipIndex
from visavis.models.retrieval.indexing import open_or_build
from visavis.models.retrieval.keyframes import FRAMES, key_frames
from visavis.models.retrieval.pictures import PictureSource, RenderedFaces, VideoSource
from visavis.models.retrieval.prompting import SOCIAL
from visavis.models.retrieval.protocol import ClipEncoder, Describes, Description, Moment, embed_description
from visavis.motion import Motion
from visavis.reporter import SILENT, Reporter

if TYPE_CHECKING:
    from visavis.conversation import Participant

GOAL = SOCIAL
MOST = 10_000
"""Clips that can be asked for."""


@dataclass(frozen=True, eq=False)
class Hit:
    """A clip that was found.

    Attributes:
        rank: 1 for the best.
        score: Cosine between the description and the clip; the mean over moments and over what is likely.
        conversation: Its id in the corpus.
        listener: ``A`` or ``B``.
        start: Seconds into the conversation.
        stop: Seconds into the conversation.
        corpus: Where the clip is.
    """

    rank: int
    score: float
    conversation: str
    listener: str
    start: float
    stop: float
    corpus: Corpus = field(repr=False)

    @cached_property
    def motion(self) -> Motion:
        """The listener's, read from the corpus when first asked for.

        Raises:
            InputError: The corpus no longer has it.
        """
        return load_motion(self.corpus, self.conversation, self.listener, self.start, self.stop)

    @cached_property
    def key_frames(self) -> NDArray[np.intp]:
        """Frames of `motion` in which the face shows most, in order of time."""
        return key_frames(self.motion, FRAMES)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; key frames in seconds into the conversation."""
        shown = [round(self.start + frame / self.motion.fps, 3) for frame in self.key_frames.tolist()]
        return {
            "rank": self.rank, "score": round(self.score, 6), "conversation": self.conversation,
            "listener": self.listener, "start": round(self.start, 3), "stop": round(self.stop, 3),
            "key_frames": shown,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Retrieved:
    """What was found.

    Attributes:
        transcript: What the speaker says; empty where the description was given.
        goal: What the listener wants; empty as well.
        moments: The reaction in words, in order of time; one that lasts throughout unless moments were asked for.
        hits: The clips, best first.
        notes: One line for each thing fulfilled with limitations.
        provenance: Version, encoder, index and seed.
    """

    transcript: str
    goal: str
    moments: tuple[Moment, ...]
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def description(self) -> Description:
        """The reaction; of several moments the first."""
        return self.moments[0].description

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "transcript": self.transcript, "goal": self.goal, "moments": [asdict(moment) for moment in self.moments],
            "hits": [hit.as_dict() for hit in self.hits], "notes": list(self.notes), "provenance": self.provenance,
        }  # fmt: skip


class Retriever:
    """A corpus's listeners, found by words."""

    def __init__(self, encoder: ClipEncoder, index: ClipIndex, corpus: Corpus, describer: Describes | str = BUILT_IN):
        """Use `from_pretrained`."""
        self.encoder, self.index, self.corpus = encoder, index, corpus
        self._describer = describer

    @classmethod
    def from_pretrained(
        cls, encoder: str | ClipEncoder = BUILT_IN, describer: str | Describes = BUILT_IN,
        corpus: str | Path = "corpus", *, videos: str | Path | None = None,
        reporter: Reporter = SILENT,
    ) -> Retriever:  # fmt: skip
        """Opens a corpus for retrieval; its index is built at the first time.

        Args:
            encoder: ``built-in``; a folder or Hub id of a motion-text encoder; ``clip`` for CLIP ViT-B/32, or ``clip:``
                and the folder or Hub id of another CLIP; or an encoder.
            describer: A language model: ``built-in``, an address, a folder or a Hub id, loaded when it is first asked;
                ``examples`` for the nearest worked examples without any; or a describer.
            corpus: Folder of a corpus.
            videos: Folder in and below which the corpus's videos lie, for CLIP, which looks at pictures. Unless given
                it looks at the neutral character, which moves as the listeners do.
            reporter: Takes notes and shows progress.

        Raises:
            InputError: The encoder is not available, it is not a corpus, it has no clips of listeners, or its index is
                damaged.
        """
        folder = Path(corpus)
        if folder.is_file():
            raise InputError(f"{folder}: is a file; pass the folder of a corpus")
        opened = Corpus.open(folder)
        made = get_encoder(encoder) if isinstance(encoder, str) else encoder
        pictures: PictureSource | None = None
        if made.sees:
            pictures = VideoSource(Path(videos)) if videos else RenderedFaces()
            if not videos:
                reporter.note(
                    "no folder of videos is given: CLIP reads renderings of the listeners' motion on the neutral "
                    "character"
                )
        index = open_or_build(folder, made, pictures=pictures, reporter=reporter)
        return cls(made, index, opened, describer)

    @property
    def describer(self) -> Describes:
        """What puts reactions into words.

        Raises:
            InputError: The language model is not available.
        """
        if isinstance(self._describer, str):
            from visavis.models.retrieval.describer import get_describer

            self._describer = get_describer(self._describer)
        return self._describer

    def retrieve(
        self, transcript: str, goal: str = GOAL, k: int = 5, *, speaker: Participant | None = None,
        moments: bool = False, seed: int = 0,
    ) -> Retrieved:  # fmt: skip
        """The clips of listeners who react as somebody with a goal would (section 3.1).

        Args:
            transcript: What the speaker says.
            goal: What the listener wants, in any words.
            k: How many clips; fewer are given where the corpus has fewer.
            speaker: Voice and motion of the speaker, which then enter the prompt as words.
            moments: Whether the turn is described in parts.
            seed: Of the language model.

        Raises:
            InputError: Something is empty or too long, k is out of range, or the language model gives no description.
        """
        from visavis.models.retrieval.moments import describe_moments
        from visavis.models.retrieval.situation import describe_speaker

        need_count(k)
        if moments:
            found = tuple(describe_moments(self.describer, transcript, goal, seed=seed, speaker=speaker))
        else:
            situation = describe_speaker(speaker) if speaker is not None else None
            found = (Moment(0.0, 1.0, self.describer(transcript, goal, seed=seed, situation=situation)),)
        return self.find(found, k, transcript=transcript, goal=goal, seed=seed)

    def find(
        self, description: str | Description | Sequence[Moment], k: int = 5, *, transcript: str = "", goal: str = "",
        seed: int | None = None,
    ) -> Retrieved:  # fmt: skip
        """The clips that show a reaction which is known.

        Args:
            description: In words, as a description, or as moments in order of time.
            k: How many clips; fewer are given where the corpus has fewer.
            transcript: What it is the reaction to, to be passed on.
            goal: What the listener wants, to be passed on.
            seed: What decided the description, to be passed on.

        Raises:
            InputError: The description is empty, or k is out of range.
        """
        need_count(k)
        moments = _moments(description)
        if not moments or not all(moment.description.text.strip(". ,") for moment in moments):
            raise InputError("the description is empty; describe how the listener should look")
        notes = [note for moment in moments for note in moment.description.notes]
        if isinstance(description, str) and not looks_english(description):
            notes.append("the description does not look like English, in which clips are compared; write it in English")
        if k > len(self.index):
            notes.append(f"{k} clips requested; the corpus has {len(self.index)}, and all are returned")
        texts = np.stack([embed_description(self.encoder, moment.description) for moment in moments])
        if len(moments) > 1 and not self.encoder.portions:
            notes.append(f"encoder {self.encoder.name!r} encodes whole clips only: the order of the moments is ignored")
        if len(moments) > 1 and self.encoder.portions:
            rows, scores = self.index.search_portions(texts[_covering(moments, self.encoder.portions)], k)
        else:
            shares = np.array([moment.stop - moment.start for moment in moments], np.float32)
            rows, scores = self.index.search(shares @ texts / max(float(shares.sum()), 1e-6), k)
        if self.index.approximate:
            notes.append("approximate search with FAISS; a few of the best clips may be missed")
        hits = tuple(
            Hit(rank, float(score), entry.conversation, entry.listener, entry.start, entry.stop, self.corpus)
            for rank, (row, score) in enumerate(zip(rows, scores, strict=True), start=1)
            for entry in (self.index.entry(int(row)),)
        )
        made = {
            "visavis": __version__, "encoder": self.encoder.name, "index": self.index.fingerprint,
            "clips": len(self.index), "seed": seed,
        }  # fmt: skip
        return Retrieved(transcript, goal, moments, hits, tuple(dict.fromkeys(notes)), made)


def need_count(k: int) -> None:
    """Raises `InputError` unless so many clips can be asked for."""
    if not 1 <= k <= MOST:
        raise InputError(f"{k} clips; 1 to {MOST:,} can be requested")


def _moments(description: str | Description | Sequence[Moment]) -> tuple[Moment, ...]:
    if isinstance(description, str):
        description = Description("", "", description.strip())
    if isinstance(description, Description):
        return (Moment(0.0, 1.0, description),)
    return tuple(description)


def _covering(moments: Sequence[Moment], portions: int) -> NDArray[np.intp]:
    """(P,) for each portion the moment in which its middle lies; before the first and in gaps, the next."""
    stops = np.array([moment.stop for moment in moments])
    middles = (np.arange(portions) + 0.5) / portions
    return np.minimum(np.searchsorted(stops, middles), len(moments) - 1)
