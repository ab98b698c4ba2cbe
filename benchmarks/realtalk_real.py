"""Real pairs of people: is the listener who was there found among all clips?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.realtalk_simulated import CLIPS, Printed, opened
from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.evaluation.ranking import true_ranks
from visavis.models.retrieval.captions import caption
from visavis.models.retrieval.clips import corpus_clips
from visavis.models.retrieval.describer import ByExamples
from visavis.models.retrieval.keyframes import key_frames
from visavis.models.retrieval.prompting import SOCIAL
from visavis.models.retrieval.protocol import Clip, Description, embed_description
from visavis.workflows.extract import ExtractRequest, run

VIDEO = Path("two-faces") / "debate.avi"
INTRODUCTION = f"""What the data folder holds of two people whose words and faces are both known: `{VIDEO}`, 8 s of a
debate, extracted by `visavis extract`. Of the others, `flame-dyad` has one side's FLAME codes, which the built-in
encoder does not read, `video-calls` has no words, `dialogues` has no faces, and in `one-face` nobody listens."""


@dataclass(frozen=True)
class Real:
    """The section."""

    TITLE: str = "Real pairs"

    def report(self, work: Path, data: Path) -> list[str] | None:
        """The section's lines; None where the video is missing."""
        if not (data / VIDEO).is_file():
            return None
        folder = work / "debate"
        run(ExtractRequest((data / VIDEO,), skip=("bodies", "safety")), folder, reporter=Printed())
        corpus = Corpus.open(folder)
        mined = list(corpus_clips(corpus))
        lines = [
            INTRODUCTION,
            "",
            f"By the rules of the benchmark, one speaks and the other listens, n = {len(mined)}.",
        ]
        talk = corpus[corpus.ids[0]]
        both = [clip for clip in _whole(talk) if _said(talk, clip)]
        if not both:
            return [*lines, "No words were recognised, so nothing can be asked for."]
        shares = " and ".join(f"{p.speaking.values.mean():.0%}" for p in talk if p.speaking is not None)
        lines += [
            "",
            f"They speak at once ({shares} of the time), so below each is taken for the other's listener all the same: "
            f"a check that the machinery takes real faces, n = {len(both)}, from which nothing about people follows. "
            f"Ranked are {CLIPS} simulated clips and these.",
            "",
            *self._table(work, talk, both),
        ]
        return lines

    def _table(self, work: Path, talk: Conversation, clips: list[Clip]) -> list[str]:
        said = [_said(talk, clip) for clip in clips]
        seen = [caption(clip.motion).text for clip in clips]
        with opened(work.with_name("simulated")) as (bench, encoder):
            bank, own = bench.bank, encoder.embed_clips(clips)[:, 0]

            def scores(described: list[Description]) -> NDArray[np.float64]:
                """Of the databank's clips and then of these, (N, M + N)."""
                texts = np.array([embed_description(encoder, each) for each in described])
                return np.concatenate([np.array(list(bench.descriptions(encoder, described))), texts @ own.T], 1)

            by_words = scores([ByExamples()(text, SOCIAL) for text in said])
            by_caption = scores([Description("", "", text) for text in seen])
        assert bank.reactions is not None
        shown = [*bank.reactions.shown, *("of the debate itself" for _ in clips)]
        truth = np.arange(len(bank), len(shown))
        ranks = [true_ranks(each, truth) for each in (by_words, by_caption)]
        lines = [
            "| listener | what the other says | first clip's reaction | what the face shows, by its own "
            "caption | rank for what is said | rank by its caption |",
            "| --- | --- | --- | --- | --: | --: |",
        ]
        first = [shown[best] for best in by_words.argmax(1)]
        for row in zip([clip.listener for clip in clips], said, first, seen, *ranks, strict=True):
            letter, words, best, face, rank, oracle = row
            lines.append(f"| {letter} | {words} | {best} | {face} | {rank:.0f} | {oracle:.0f} |")
        return lines


def _whole(talk: Conversation) -> Iterator[Clip]:
    """Each person of a conversation as the other's listener, from beginning to end."""
    for letter, person in zip("AB", talk, strict=True):
        if person.motion is not None and len(key_frames(person.motion)):
            yield Clip(talk.id, letter, 0.0, talk.duration, person.motion)


def _said(talk: Conversation, clip: Clip) -> str:
    speaker = talk.a if clip.listener == "B" else talk.b
    return " ".join(utterance.text for utterance in speaker.utterances)
