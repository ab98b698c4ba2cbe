"""Retrieval of listeners among simulated reactions, whose fitting reaction is known (RealTalk, table 1, figure 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realtalk_clips import CLIPS, KEY_FRAMES, Clips, Faces, simulated_clips
from realtalk_methods import (
    L2L_CLIPS,
    L2L_STEPS,
    REFUSED,
    RUDE,
    Scores,
    by_descriptions,
    by_words,
    clip_vectors,
    described,
    l2l,
    reactions,
    with_pictures,
)
from visavis.conversation.corpus import Corpus
from visavis.corpora.reactions.simulator import RUDE as RUDE_SHARE
from visavis.corpora.reactions.simulator import VERSION
from visavis.evaluation.intervals import mean_interval
from visavis.evaluation.perceptual import perceptual_distances
from visavis.evaluation.ranking import chance_median, chance_recall, median_rank, recall_at, true_ranks
from visavis.models.retrieval.captions import caption
from visavis.models.retrieval.describer import Describer
from visavis.models.retrieval.motion_text import MotionText
from visavis.models.retrieval.prompting import SOCIAL, Question
from visavis.models.retrieval.protocol import Description
from visavis.models.retrieval.stepwise import describe_by_examples

QUERIES = 407
"""As many as the paper has."""
TOP = (10, 500, 1000)
PAPER = {500: (0.31, 0.26), 1000: (0.56, 0.52)}
"""The paper's R@k: of its method, and at random."""
SHOWN = 10
"""First clips whose reactions are looked at."""
RANDOM = "random"
L2L = "L2L-like, then nearest"
INTRODUCTION = f"""{CLIPS} clips of `visavis simulate --reactions`: a person says something of 27 kinds, and a listener
reacts as it fits ({1 - RUDE_SHARE:.0%} of them) or offends. {QUERIES} clips whose facts are told in no other split are
the queries; all {CLIPS} are the databank, as in the paper. Situations, the describer's worked examples and the captions
that the encoder learnt from were all written by us, though no sentence occurs twice: how people at large react is not
measured here, only whether each step does what it should. Ranks are of the one true listener, of whom there is one
among dozens who show the same. Faces are compared on one and the same character, the mean vector of {KEY_FRAMES} key
frames, in spaces of networks that recognise people; `random` there is the mean over the other queries' true listeners.
`fits` and `offends` are shares of the first {SHOWN} clips that show a reaction which would fit, or offend."""


@dataclass(frozen=True)
class Simulated:
    """The section.

    Attributes:
        clip: Folder or Hub id of CLIP ViT-B/32, if there is one.
        prompt: Checkpoint of a visual prompt for it.
    """

    clip: str | None = None
    prompt: Path | None = None
    TITLE: str = "Simulated reactions"

    def report(self, work: Path, data: Path) -> list[str]:
        """The section's lines."""
        bench = Bench(work)
        rows: dict[str, Scores | str] = {}
        for name, goal in (("social", SOCIAL), ("rude", RUDE)):
            rows[f"{name}, nearest worked examples"] = bench.descriptions(bench.by_examples(goal))
        named = [f"Sam shows {bench.fitting(i)}." for i in bench.queries]
        rows["the fitting reaction's name"] = bench.words(named)
        truth = [caption(bench.bank.clips[i].motion, seed=int(i)).text for i in bench.queries]
        rows["oracle: the true listener's caption"] = bench.words(truth)
        rows[L2L] = l2l(work, bench.bank, bench.queries, bench.corpus)
        rows[RANDOM] = np.random.default_rng(0).random((len(bench.queries), len(bench.bank.clips)))
        rows |= self._clip_rows(bench)
        l2l_clips = len(set(np.asarray(rows[L2L]).argmax(1)))
        mild = (
            f"- The L2L-like listener's first clips are {l2l_clips} different ones, of {QUERIES}: faces that do "
            "little, which are not far from any. Its distance in a face space is therefore small, unlike the paper's, "
            "though its ranks are at chance and what it shows rarely fits: a distance alone rewards caution."
        )
        return [INTRODUCTION, "", *bench.table(rows), "", *bench.verdicts(rows), mild, *NOTES]

    def _clip_rows(self, bench: Bench) -> dict[str, Scores | str]:
        kinds = ("CLIP, social", "CLIP, rude", "CLIP, social, without tuning", "CLIP, social, uniform frames")
        if self.clip is None:
            return dict.fromkeys(kinds, "needs CLIP")
        from visavis.models.retrieval.clip_encoder import ClipFrames

        clips = with_pictures(bench.bank.clips)
        found: dict[str, Scores | str] = {}
        for kind, goal, uniform, tuned in zip(
            kinds, (SOCIAL, RUDE, SOCIAL, SOCIAL), (False, False, False, True), (True, True, False, True), strict=True
        ):
            if tuned and self.prompt is None:
                found[kind] = "needs a visual prompt"
                continue
            encoder = ClipFrames.from_pretrained(self.clip, uniform=uniform, prompt=self.prompt if tuned else None)
            vectors = clip_vectors(bench.work, encoder, clips)
            found[kind] = by_descriptions(encoder, bench.by_examples(goal), vectors)
        return found


@dataclass(frozen=True)
class WithLanguageModel:
    """The same with descriptions by language models, which take an hour.

    Attributes:
        queries: How many.
        larger: Address, folder or Hub id of a model besides the built-in one, asked as the paper asks.
    """

    queries: int = QUERIES
    larger: str | None = None
    TITLE: str = "Simulated reactions, described by language models"

    def report(self, work: Path, data: Path) -> list[str]:
        """The section's lines."""
        bench = Bench(work.with_name("simulated"), self.queries)
        rows: dict[str, Scores | str] = {}
        notes: list[str] = []
        for name, found in described(bench.said, (SOCIAL, RUDE)).items():
            rows[f"{name}, built-in language model"] = bench.descriptions(found)
            first = [replace(each, likely=()) for each in found]
            rows[f"{name}, built-in language model, first example only"] = bench.descriptions(first)
        if self.larger:
            describer = Describer(self.larger)
            model, both = describer.name.partition(" at ")[0], described(bench.said, (SOCIAL, RUDE), describer)
            rows |= {f"{name}, {model}": bench.descriptions(found) for name, found in both.items()}
            refused = sum(each is REFUSED for found in both.values() for each in found)
            notes = ["", f"{refused} of {2 * len(bench.said)} answers of {model} could not be used: a neutral face."]
        for name, goal in (("social", SOCIAL), ("rude", RUDE)):
            rows[f"{name}, nearest worked examples"] = bench.descriptions(bench.by_examples(goal))
        rows[RANDOM] = np.random.default_rng(0).random((len(bench.queries), len(bench.bank.clips)))
        count = len(bench.queries)
        said = f"{count} queries (`--queries {count}`), spread over all kinds; all else is as above."
        return [said, "", *bench.table(rows), "", *bench.verdicts(rows), *notes]


NOTES = (
    "",
    f"The L2L-like listener ([baselines](../baselines.md)) sees the speaker's motion and hears nothing; it was trained "
    f"on {L2L_CLIPS} clips for {L2L_STEPS} steps a stage. What it makes is compared with all clips, frame by frame.",
    "",
    "Without tuning and with uniform frames are ablations of CLIP, whose weights are not in any registry we reach: "
    "`--clip FOLDER --prompt FOLDER` measures them. The built-in encoder has no counterpart: it reads all frames, and "
    "without its training it is nothing.",
)


class Bench:
    """Databank, queries and encoder.

    Args:
        work: Where clips, vectors and faces lie.
        queries: How many.
    """

    def __init__(self, work: Path, queries: int = QUERIES) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.work = work
        self.bank: Clips = simulated_clips(work)
        self.corpus = Corpus.open(work / f"clips-{VERSION}")
        self.queries: NDArray[np.intp] = self.bank.held_out()[:queries]
        self.said = [self.bank.said[i] for i in self.queries]
        self.encoder = MotionText.from_pretrained()
        self.vectors = clip_vectors(work, self.encoder, self.bank.clips)
        self._faces = Faces(work / "faces.npz")
        self._shown = reactions(self.bank.about)

    def words(self, texts: list[str]) -> Scores:
        """Scores by the built-in encoder."""
        return by_words(self.encoder, texts, self.vectors)

    def by_examples(self, goal: str) -> list[Description]:
        """Descriptions by the describer's worked examples alone, without a language model."""
        return [describe_by_examples(Question(text, goal)) for text in self.said]

    def descriptions(self, found: list[Description]) -> Scores:
        """Scores by the built-in encoder."""
        return by_descriptions(self.encoder, found, self.vectors)

    def fitting(self, clip: np.intp) -> str:
        """The reaction that fits best to what is said in a clip."""
        weights = self.bank.about[clip]["fitting"]
        return max(weights, key=weights.__getitem__)

    def table(self, rows: dict[str, Scores | str]) -> list[str]:
        """One line per method; intervals hold the middle 95% of resamplings of the queries."""
        recalls = [f"R@{k}" for k in TOP]
        head = ["method", *recalls, "median rank", "fits", "offends", *self._faces.names]
        lines = [f"| {' | '.join(head)} |", f"| --- |{' --: |' * (len(head) - 1)}"]
        for name, scores in rows.items():
            if isinstance(scores, str):
                lines.append(f"| {name} | {scores} |{' |' * (len(head) - 2)}")
                continue
            ranks = true_ranks(scores, self.queries)
            cells = [_range(recall_at(ranks, k), 2) for k in TOP]
            cells.append(_range(median_rank(ranks), 0))
            cells += [f"{share:.2f}" for share in self._kinds(scores)]
            cells += [_range(mean_interval(column), 3) for column in self.distances(name, scores).T]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        chance = [f"{chance_recall(k, CLIPS):.2f}" for k in TOP]
        lines.append(f"| chance | {' | '.join(chance)} | {chance_median(CLIPS):.0f} |{' |' * (len(head) - 5)} |")
        return lines

    def distances(self, name: str, scores: Scores) -> NDArray[np.float64]:
        """Distances (N, spaces) of the first clip from the true listener."""
        true = self._faces([self.bank.clips[i] for i in self.queries])
        if name == RANDOM:
            others = ~np.eye(len(true), dtype=bool)
            apart = [
                [
                    np.nanmean(np.linalg.norm(true[mine, s] - row, axis=1))
                    for mine, row in zip(others, true[:, s], strict=True)
                ]
                for s in range(true.shape[1])
            ]
            return np.array(apart).T
        predicted = self._faces([self.bank.clips[i] for i in scores.argmax(1)])
        spaces = range(true.shape[1])
        return np.stack([perceptual_distances(predicted[:, s], true[:, s]) for s in spaces], 1)

    def verdicts(self, rows: dict[str, Scores | str]) -> list[str]:
        """Whether what the paper claims shows."""
        found = []
        social = [name for name in rows if name.startswith("social")]
        for name in social:
            rude = name.replace("social", "rude", 1)
            intervals = [
                [mean_interval(column) for column in self.distances(row, rows[row]).T] for row in (name, RANDOM, rude)
            ]
            for s, space in enumerate(self._faces.names):
                a, b, c = (each[s] for each in intervals)
                apart = a[2] < b[1] and b[2] < c[1]
                order = "holds, intervals apart" if apart else "holds" if a[0] < b[0] < c[0] else "does not hold"
                found.append(f"- {name.partition(', ')[2]}: social < random < rude in {space} {order}.")
            ranks = true_ranks(rows[name], self.queries)
            for k, (paper, chance) in PAPER.items():
                ratio, theirs = recall_at(ranks, k)[0] / chance_recall(k, CLIPS), paper / chance
                word = "above" if ratio > theirs else "not above"
                found.append(
                    f"- {name.partition(', ')[2]}: R@{k} is {ratio:.2f} times chance, {word} the paper's {theirs:.2f}."
                )
        return found

    def _kinds(self, scores: Scores) -> tuple[float, float]:
        """Shares of the first clips that show what fits, and what offends."""
        fits, offends = [], []
        for row, i in zip(scores, self.queries, strict=True):
            first = self._shown[np.argsort(-row)[:SHOWN]]
            fits.append(np.isin(first, list(self.bank.about[i]["fitting"])).mean())
            offends.append(np.isin(first, list(self.bank.about[i]["rude"])).mean())
        return float(np.mean(fits)), float(np.mean(offends))


def _range(values: tuple[float, float, float], digits: int) -> str:
    """A value with its interval."""
    value, low, high = (f"{v:.{digits}f}" for v in values)
    return f"{value} [{low}, {high}]"
