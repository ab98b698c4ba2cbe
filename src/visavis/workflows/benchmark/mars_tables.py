"""The tables of the benchmark of MARS, from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp

import numpy as np

from visavis.behavior.performing.feelings import FACES
from visavis.evaluation.bert_score import PieceEncoder, bert_scores
from visavis.evaluation.intervals import Array, Interval, mean_interval, ratio_interval, share_interval
from visavis.evaluation.likelihood import bits_interval, excess_interval, nll_interval, perplexity_interval
from visavis.evaluation.meteor import meteor
from visavis.evaluation.recall import mean_recall, times_chance
from visavis.perception.emotion.classifier import EMOTIONS
from visavis.workflows.benchmark.acted import AT_WORDS, Seen, others_tables, own_tables
from visavis.workflows.benchmark.report import Section
from visavis.workflows.benchmark.speakers import Hears
from visavis.workflows.benchmark.spoken_answers import Answered
from visavis.workflows.benchmark.spoken_likelihood import ALL, BODY, FACE, GIVEN, TEXT, UNIGRAM, WORDS, Sums
from visavis.workflows.benchmark.swapped import HAPPY, SAD

FREQUENCIES = "codes from the unigram"
NLL = {"NLL-F": FACE, "NLL-B": BODY}


@dataclass
class Measures:
    """What was measured of a row.

    Attributes:
        name: Of the row.
        hears: What it heard and saw.
        sums: By seed, conversation and what was told (``words``, and `hears`), see `likelihood`.
        answers: By seed and conversation.
    """

    name: str
    hears: Hears
    sums: list[dict[str, dict[str, Sums]]]
    answers: list[dict[str, list[Answered]]]

    def of(self, what: str, hears: str) -> Array:
        """Sums (conversations, 2) of one kind of tokens, over seeds."""
        each = [[own[hears].get(what, [0.0, 0.0]) for own in seed.values()] for seed in self.sums]
        total: Array = np.asarray(each, np.float64).sum(0)
        return total

    def seeds(self) -> list[Measures]:
        """Each seed by itself."""
        return [
            Measures(f"{self.name}, seed {n}", self.hears, [sums], [said])
            for n, (sums, said) in enumerate(zip(self.sums, self.answers, strict=True), 1)
        ]


# Table 4


def text_sections(
    measured: Sequence[Measures], first: str, wordless: Sequence[str], encoder: PieceEncoder | None
) -> list[Section]:
    """Table 4; the same if it is known what kind of token comes; and each seed by itself.

    Args:
        measured: All rows.
        first: Name of the model that the others are compared with.
        wordless: Names of those that learnt words alone.
        encoder: Of BERTScore; None where nothing was answered.
    """
    scores = {own.name: _scores(own, encoder) for own in measured}
    rows = {own.name: {**_likelihoods(own), **scores[own.name]} for own in measured}
    main = next(own for own in measured if own.name == first)
    rows[FREQUENCIES] = {column: nll_interval(main.of(what + UNIGRAM, main.hears)) for column, what in NLL.items()}
    given = {own.name: _given(own) for own in measured}
    given[FREQUENCIES] = rows[FREQUENCIES]
    sections = [
        Section("Table 4", rows, remarks=tuple(_remarks(main, measured, wordless))),
        Section(
            "If it is known what comes", given,
            ("The same where it is given that a piece of a word, or a code of the face or of the body, comes: rows "
             "then differ in which one they expect alone. Bits per word compare models of different tokenizers.",),
            tuple(_of_codes(main, measured, GIVEN)),
        ),
    ]  # fmt: skip
    several = [seed for own in measured if len(own.sums) > 1 for seed in own.seeds()]
    if several:
        sections.append(
            Section("Each seed", {own.name: {**_likelihoods(own), **_scores(own, encoder)} for own in several})
        )
    return sections


def _likelihoods(own: Measures) -> dict[str, Interval]:
    found = {}
    if own.hears in ("words", "codes"):
        found["PPL"] = perplexity_interval(own.of(TEXT, "words"))
    if own.hears != "words":
        found["PPL with codes"] = perplexity_interval(own.of(TEXT, own.hears))
        found["PPL of all"] = perplexity_interval(own.of(ALL, own.hears))
        found |= {column: nll_interval(own.of(what, own.hears)) for column, what in NLL.items()}
    return found


def _given(own: Measures) -> dict[str, Interval]:
    found = {}
    if own.hears in ("words", "codes"):
        found["bits per word"] = bits_interval(own.of(WORDS, "words"))
        found["PPL"] = perplexity_interval(own.of(TEXT + GIVEN, "words"))
    if own.hears != "words":
        found["PPL with codes"] = perplexity_interval(own.of(TEXT + GIVEN, own.hears))
        found |= {column: nll_interval(own.of(what + GIVEN, own.hears)) for column, what in NLL.items()}
    return found


def _scores(own: Measures, encoder: PieceEncoder | None) -> dict[str, Interval]:
    by_talk: dict[str, list[Answered]] = {}
    for seed in own.answers:
        for talk, said in seed.items():
            by_talk.setdefault(talk, []).extend(said)
    all_ = [answer for said in by_talk.values() for answer in said]
    if encoder is None or not all_:
        return {}
    found = bert_scores(encoder, [a["said"] for a in all_], [a["true"] for a in all_])
    values = {"BERTScore": [s.f1 for s in found], "METEOR": [meteor(a["said"], a["true"]) for a in all_]}
    ends = np.cumsum([0, *(len(said) for said in by_talk.values())])
    intervals = {}
    for name, each in values.items():
        sums = [[sum(each[a:b]), b - a] for a, b in pairwise(ends.tolist())]
        least = -1.0 if name == "BERTScore" else 0.0  # a mean of cosines
        intervals[name] = ratio_interval(np.asarray(sums, np.float64), least=least, most=1.0)
    return intervals


def _remarks(main: Measures, measured: Sequence[Measures], wordless: Sequence[str]) -> list[str]:
    """How the first model compares, conversation by conversation."""
    lines = _of_codes(main, measured)
    for row in measured:
        if row.name in wordless:
            ratio = [exp(end) for end in excess_interval(main.of(TEXT, "words"), row.of(TEXT, "words"))]
            lines.append(
                f"- PPL of {main.name} over that of {row.name}: {ratio[0]:.3f} [{ratio[1]:.3f}, {ratio[2]:.3f}]."
            )
    if main.hears == "codes":
        ratio = [exp(end) for end in excess_interval(main.of(TEXT + GIVEN, "codes"), main.of(TEXT + GIVEN, "words"))]
        lines.append(
            f"- Codes between the words change the perplexity of {main.name} by a factor of "
            f"{_times(ratio)}, if it is known that a word comes."
        )
    return lines


def _of_codes(main: Measures, measured: Sequence[Measures], given: str = "") -> list[str]:
    """By how much codes are likelier to the first model than to others."""
    lines = []
    for column, what in NLL.items():
        own = main.of(what + given, main.hears)
        others = {FREQUENCIES: main.of(what + UNIGRAM, main.hears)}
        others |= {
            row.name: row.of(what + given, row.hears) for row in measured if row is not main and row.hears != "words"
        }
        said = [f"{name} {_signed(excess_interval(own, other))}" for name, other in others.items()]
        lines.append(f"- {column} of {main.name} minus that of others: {'; '.join(said)}.")
    return lines


def _times(ratio: Sequence[float]) -> str:
    return f"{ratio[0]:.3f} [{ratio[1]:.3f}, {ratio[2]:.3f}]"


def _signed(values: Interval) -> str:
    return f"{values[0]:+.3f} [{values[1]:+.3f}, {values[2]:+.3f}]"


# Beyond table 4


def emotion_section(seen: Mapping[str, Sequence[Seen]]) -> Section | None:
    """Whether faces show the emotion that a turn's writer gave it; None where no turn has one."""
    rows: dict[str, dict[str, Interval]] = {}
    labels: set[int] = set()
    for name, seeds in seen.items():
        known = [own.emotions for own in seeds if any(own.emotions.values())]
        if not known:
            continue
        labels |= {label for pairs in known[0].values() for label, _ in pairs}
        for what, tables in (("", own_tables), (", words of another conversation", others_tables)):
            total = np.sum([tables(emotions) for emotions in known], 0)
            hits = np.stack([total.diagonal(axis1=1, axis2=2).sum(1), total.sum((1, 2))], 1)
            rows[name + what] = {
                "mean recall": mean_recall(total), "times chance": times_chance(total),
                "right": ratio_interval(hits, most=1.0),
            }  # fmt: skip
    if not rows:
        return None
    about = (
        "People are moved by their words alone; then the emotion of each labelled turn is read off the speaker's face "
        f"by action units, one of {len(EMOTIONS)}, and compared with the label of whoever wrote it. Labels are of "
        f"{len(labels)} kinds, so that chance, always the same answer, is a mean recall of {1 / len(labels):.3f}. "
        "Beside it: the label against what is shown to the words of all other conversations.",
    )
    return Section("The emotion that is shown", rows, about)


def movement_section(seen: Mapping[str, Sequence[Seen]]) -> Section | None:
    """How often people move as their words call for; None where no words do, or none of it can be seen."""
    rows: dict[str, dict[str, Interval]] = {}
    counted: dict[str, int] = {}
    for name, seeds in seen.items():
        figures: dict[str, Interval] = {}
        for what in AT_WORDS:
            counts = [np.stack(list(own.movements[what].values())) for own in seeds if what in own.movements]
            if counts and (total := np.sum(counts, 0))[:, 1].sum():
                counted.setdefault(what, int(counts[0][:, 1].sum()))
                figures[what] = ratio_interval(total[:, :2], most=1.0)
                figures[f"{what}: at other words"] = ratio_interval(total[:, 2:], most=1.0)
        if figures:
            rows[name] = figures
    if not rows:
        return None
    told = "; ".join(f"{what}: {count:,} times" for what, count in counted.items())
    about = (
        f"Share of the words at which the movement is, read off motion by rules, while they are said or within half a "
        f"second after yes and not knowing. Words call for it so often: {told}.",
    )
    return Section("Movements at words", rows, about)


def user_section(found: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]) -> Section:
    """Whether B's face follows A's.

    Args:
        found: By row, feeling of A and seed, the valence of B's face by conversation.
    """
    rows: dict[str, dict[str, Interval]] = {}
    for name, by_feeling in found.items():
        units = list(by_feeling[HAPPY][0])
        mean = {
            feeling: np.array([np.mean([seed[unit] for seed in seeds]) for unit in units])
            for feeling, seeds in by_feeling.items()
        }
        differences = mean[HAPPY] - mean[SAD]
        rows[name] = {
            "valence, happy user": mean_interval(mean[HAPPY]), "valence, sad user": mean_interval(mean[SAD]),
            "difference": mean_interval(differences), "in the user's direction": share_interval(differences > 0),
        }  # fmt: skip
    smile, frown = FACES[HAPPY]["mouthSmileLeft"], FACES[SAD]["mouthFrownLeft"]
    about = (
        "A says the same words with a happy face all the time and with a sad one, as strong as in conversation (smile "
        f"{smile:g}, frown {frown:g}); words of both are given, and B's face is drawn. Valence, -1 to 1, is that of "
        "smiles, frowns and brows, mean over all frames.",
    )
    return Section("The user's face", rows, about)
