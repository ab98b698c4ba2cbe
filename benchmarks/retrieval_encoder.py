"""The built-in encoder of words and motion, on simulated listeners that it was not trained on.

Run ``python -m benchmarks.retrieval_encoder [--model FOLDER]``; it prints Markdown. Minutes on two cores; clips and the
vectors of words are kept in ``runs/results-retrieval-encoder`` for the next time.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.language.embedding import sentence_similarity
from visavis.models.retrieval.captions import SAID, clause, contrary, fit, word
from visavis.models.retrieval.facts import FACTS, PRESENT, Facts, measure_parts
from visavis.models.retrieval.motion_text import MotionText
from visavis.models.retrieval.protocol import Clip
from visavis.models.retrieval.readings import READINGS
from visavis.motion import ARKIT, Motion
from visavis.simulation.reactions.expressions import expressions
from visavis.simulation.reactions.listener import draw_reaction
from visavis.training.retrieval_captions import embed_once
from visavis.training.retrieval_clips import draw_clip

Array = NDArray[np.floating]
HELD_OUT = 990_001
"""A seed that no training uses."""
CLIPS, FRAMES = 500, 384

DESCRIPTIONS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    ("Sam would look sad and sympathetic, with brows drawn together and lips pressed.",
     (("sad", "sympathetic"), ("brows drawn together", "inner brows raised"), ("lips pressed",))),
    ("Sam should look happy for Alex, with a big smile and bright eyes.", (("happy",), ("smile",))),
    ("Sam bursts out laughing at the joke, mouth open, cheeks raised.", (("laugh", "amused"), ("cheeks raised",))),
    ("Sam would roll their eyes and look bored, as if wishing to be elsewhere.", (("bored", "looks away", "eyes up"),)),
    ("Sam looks shocked: eyes wide open, eyebrows raised and jaw dropped.",
     (("surprised",), ("eyes wide",), ("brows raised",))),
    ("Sam has a smug little smirk, clearly looking down on Alex.", (("contemptuous",), ("one-sided smile",))),
    ("Sam is furious, brows lowered, glaring with a clenched jaw.", (("angry",), ("brows drawn together",))),
    ("Sam would wrinkle the nose in disgust.", (("disgusted",), ("nose wrinkled",))),
    ("Sam would look down shyly with a small embarrassed smile.", (("shy",), ("smile",), ("eyes down", "head down"))),
    ("Sam would nod along, engaged and interested in what Alex says.", (("nod",), ("attentive",))),
    ("Sam shakes their head in disbelief.", (("head shake",),)),
    ("Sam has a blank face and shows no emotion at all.", (("neutral",),)),
    ("Sam raises one eyebrow, unconvinced by the story.", (("one brow raised", "sceptical"),)),
    ("Sam looks anxious and frightened, with the mouth stretched in fear.", (("afraid", "worried"),)),
    ("Sam would have a warm, gentle smile to comfort Alex.", (("smile", "friendly"),)),
    ("Sam tilts the head to one side and listens with concern.", (("head tilted",), ("sympathetic", "worried"))),
    ("Sam avoids eye contact and stares off into the distance.", (("looks away",),)),
    ("Sam's eyes are teary, the corners of the mouth pulled down.", (("sad",), ("corners down",))),
    ("Sam is impressed and amazed by what Alex achieved.", (("surprised", "brows raised", "happy"),)),
    ("Sam looks unimpressed or annoyed.", (("angry", "bored", "neutral", "contemptuous"),)),
    ("Disinterested, with pursed lips and a small frown.", (("bored", "lips pursed", "brows drawn together"),)),
    ("Look pleased, with a grin.", (("happy", "amused"), ("smile",))),
    ("Look sad and remorseful.", (("sad", "sympathetic"),)),
    ("Sam would be touched, head tilted, smiling softly with raised inner brows.",
     (("smile",), ("inner brows raised",))),
    ("Sam squints suspiciously at Alex.", (("eyes narrowed",), ("sceptical",))),
    ("Sam is half asleep, eyelids drooping.", (("lids low", "bored"),)),
    ("Sam looks puzzled, trying to understand.", (("confused", "sceptical", "thoughtful", "brows drawn together"),)),
    ("Sam presses the lips together and lowers the gaze in embarrassment.",
     (("lips pressed",), ("eyes down", "head down", "shy"))),
    ("Sam beams with joy, eyes crinkled, all teeth showing.", (("happy",), ("open smile", "cheeks raised"))),
    ("Sam mocks Alex with a sneer.", (("contemptuous", "disgusted", "upper lip raised", "one-sided smile"),)),
)  # fmt: skip
"""Written by hand in the style of a describer, and what a clip that fits shows: one of each group. Not trained on."""

DENIALS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Sam is sad and does not smile.", ("sad", "sympathetic"), ("smile",)),
    ("Sam listens without nodding.", ("attentive", "eyes on the speaker"), ("nod",)),
    ("Sam smiles, but doesn't laugh.", ("smile",), ("laugh", "open smile")),
    ("Sam looks at Alex without any smile.", ("eyes on the speaker",), ("smile",)),
    ("Sam is not amused.", (), ("amused", "laugh")),
    ("Sam frowns, with no trace of sympathy.", ("brows drawn together",), ("sympathetic",)),
    ("Sam shows no surprise, brows at rest.", (), ("surprised", "brows raised")),
    ("A raised brow and no smile at all.", ("brows raised", "one brow raised", "inner brows raised"), ("smile",)),
    ("Sam is friendly and does not look away.", ("friendly",), ("looks away",)),
    ("Sam never frowns and looks happy.", ("happy",), ("brows drawn together",)),
)
"""The same for what is denied: what is said, a fact that has to be there (one of these), and those that may not."""

REACTIONS = {
    "neutral": "Sam shows no reaction, with a calm, expressionless face.",
    "interest": "Sam looks curious and interested, eyebrows lifted, leaning in to hear more.",
    "agreement": "Sam nods in agreement, approving of what Alex says.",
    "warm smile": "Sam would give Alex a warm and friendly smile.",
    "grin": "Sam grins broadly, showing the teeth.",
    "laughter": "Sam laughs out loud at what Alex said.",
    "delight": "Sam is thrilled by the news, with raised eyebrows, wide eyes and an excited smile.",
    "tenderness": "Sam looks moved, with a soft smile, raised inner brows and the head tilted.",
    "sympathy": "Sam looks sad and full of sympathy for the loss, mouth corners down, slowly nodding.",
    "concern": "Sam looks worried, with furrowed brows, focused on Alex.",
    "surprise": "Sam is astonished: raised eyebrows, wide eyes, open mouth.",
    "fear": "Sam looks terrified, eyes wide, lips stretched.",
    "disgust": "Sam is repulsed, with a wrinkled nose and a raised upper lip.",
    "anger": "Sam looks furious, brows pulled down hard, lips pressed.",
    "contempt": "Sam gives a contemptuous one-sided smirk, chin up.",
    "boredom": "Sam looks bored, with drooping lids, looking away.",
    "scepticism": "Sam looks doubtful, with one eyebrow raised and the other lowered.",
    "embarrassment": "Sam smiles in embarrassment, lips pressed, looking down at the floor.",
}
"""A description of each simulated reaction; which clip shows which is known without any rule."""


def measured(work: Path, motions: Sequence[Motion], portions: int) -> list[list[Facts]]:
    """Facts of motions and of their parts, kept in a file."""
    path = work / f"facts-{portions}.npz"
    if not path.is_file():
        found = [measure_parts(motion, portions) for motion in motions]
        shapes = list(found[0][0].shares)
        np.savez(
            work / f".{path.name}",
            strengths=[[facts.vector for facts in each] for each in found],
            shares=[[[facts.shares[name] for name in shapes] for facts in each] for each in found],
            shapes=shapes,
        )
        (work / f".{path.name}").replace(path)
    with np.load(path) as stored:
        shapes = stored["shapes"].tolist()
        return [
            [
                Facts(dict(zip(FACTS, strengths, strict=True)), dict(zip(shapes, shares, strict=True)))
                for strengths, shares in zip(*each, strict=True)
            ]
            for each in zip(stored["strengths"].tolist(), stored["shares"].tolist(), strict=True)
        ]


def clips_of(motions: Sequence[Motion]) -> list[Clip]:
    """Motions as clips."""
    return [Clip(f"{i}", "B", 0.0, m.duration, m) for i, m in enumerate(motions)]


def ranks(scores: Array) -> NDArray[np.intp]:
    """Of clip i for query i (N,), 1 is first; of equal scores the average counts."""
    own = np.diag(scores)[:, None]
    places: NDArray[np.intp] = (1 + (scores > own).sum(1) + ((scores == own).sum(1) - 1) // 2).astype(np.intp)
    return places


def row(name: str, found: NDArray[np.intp], of: int) -> str:
    """A table's row."""
    recall = " | ".join(f"{np.mean(found <= k):.1%}" for k in (1, 5, 10))
    return f"| {name} | {recall} | {np.median(found):g} of {of} |"


@dataclass(frozen=True)
class Shown:
    """Clips of the benchmark.

    Attributes:
        motions: Of the listeners.
        facts: Of the whole and of each part, by clip.
        vectors: Of the encoder (N, 1 + P, D).
        seconds: That embedding them took.
    """

    motions: list[Motion]
    facts: list[list[Facts]]
    vectors: Array
    seconds: float

    @property
    def strengths(self) -> Array:
        """Facts of the wholes (N, F)."""
        return np.array([whole.vector for whole, *_ in self.facts])


class Kept:
    """Sentence embeddings that are kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def embed(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Unit vectors (N, 384)."""
        return embed_once(sentences, sentence_similarity(), self._folder).astype(np.float64)


def drawn(work: Path, name: str, seeds: Sequence[Callable[[], Motion]]) -> list[Motion]:
    """Motions, kept in a file."""
    path = work / f"{name}.npz"
    if not path.is_file():
        work.mkdir(parents=True, exist_ok=True)
        np.savez(work / f".{name}.npz", values=np.stack([draw().values for draw in seeds]))
        (work / f".{name}.npz").replace(path)
    with np.load(path) as stored:
        return [Motion(values, 25.0, ARKIT) for values in stored["values"]]


def as_said(says: Mapping[str, float]) -> dict[str, float]:
    """What the words for strengths tell: nothing, a little, clearly, very."""
    return {name: min(SAID.values(), key=lambda level: abs(level - strength)) for name, strength in says.items()}


def recall(encoder: MotionText, clips: Shown) -> None:
    """Captions to the clips that they were made of."""
    count = len(clips.motions)
    facts = [whole for whole, *_ in clips.facts]
    print("## Captions to clips\n")
    print(f"{count} clips of {FRAMES / 25:.2f} s, made as the clips for training are, from a seed of their own; each "
          "is sought by a caption made of its own motion, in words that differ from clip to clip. Clips that show the "
          "same are told apart by nothing, so that no method reaches 100%. *The rules* rank by the strengths that the "
          "caption's facts have in each clip: what perfect knowledge of words and facts would give. *Caption to "
          "caption* puts each clip into words and compares sentence embeddings, without any training.\n")  # fmt: skip
    print("| caption | method | R@1 | R@5 | R@10 | median rank |\n| --- | --- | ---: | ---: | ---: | --- |")
    for most in (1, 3, 8):
        said = [word(f, np.random.default_rng([HELD_OUT, i]), most) for i, f in enumerate(facts)]
        texts = [s.text for s in said]
        title = f"up to {most} facts" if most > 1 else "1 fact"
        embedded = encoder.embed_texts(texts)
        print(row(f"{title} | built in", ranks(embedded @ clips.vectors[:, 0].T), count))
        print(row("| the rules", ranks(fit([as_said(s.says) for s in said], clips.strengths)), count))
        if most == 3:
            own = [word(f, np.random.default_rng([HELD_OUT, 3, i]), 8).text for i, f in enumerate(facts)]
            words = encoder.sentences
            print(row("| caption to caption", ranks(words.embed(texts) @ words.embed(own).T), count))
            against = [contrary(s, np.random.default_rng([HELD_OUT, 1, i])).text for i, s in enumerate(said)]
            nearer = np.sum(clips.vectors[:, 0] * (embedded - encoder.embed_texts(against)), axis=1) > 0
    chance = ", ".join(f"{k / count:.1%}" for k in (1, 5, 10))
    print(f"\nChance: {chance}. Of captions of up to three facts, {nearer.mean():.1%} are nearer to their clip than a "
          "contrary caption is (chance 50%). Clips embedded per second on this machine: "
          f"{count / clips.seconds:.0f}.\n")  # fmt: skip


def parts(encoder: MotionText, clips: Shown) -> None:
    """Captions of a quarter to that quarter of the clip."""
    texts, where = [], []
    for number, (_, *pieces) in enumerate(clips.facts):
        shown = np.array([piece.vector for piece in pieces])
        for part, piece in enumerate(pieces):
            said = word(piece, np.random.default_rng([HELD_OUT, 2, number, part]), 2)
            fits = fit([said.says], shown)[0]
            if np.sum(fits > fits[part] - 0.3) == 1:  # it holds for no other part
                texts.append(said.text)
                where.append((number, part))
    rows, right = np.array(where).T
    scores = np.einsum("npd,nd->np", clips.vectors[rows, 1:], encoder.embed_texts(texts))
    print("## Parts of clips\n")
    print(f"Captions of one of a clip's {encoder.portions} parts that hold for no other part, {len(texts)} of them: "
          f"the right part is nearest in {np.mean(scores.argmax(1) == right):.1%} (chance "
          f"{1 / encoder.portions:.0%}).\n")  # fmt: skip


def fact_areas(encoder: MotionText, clips: Shown) -> None:
    """How well words for one fact tell clips that show it from those that do not."""
    from sklearn.metrics import roc_auc_score

    shown = clips.strengths
    rng = np.random.default_rng(HELD_OUT)
    print("## Facts\n")
    print("The area under the ROC curve with which words for one fact (mean of five ways to say it) tell clips that "
          "clearly show it (0.5 or more) from those that show nothing of it. 0.5 is chance.\n")  # fmt: skip
    print("| fact | clips | area | fact | clips | area |\n| --- | ---: | ---: | --- | ---: | ---: |")
    cells, areas = [], []
    for column, name in enumerate(FACTS):
        clear, none = shown[:, column] >= 0.5, shown[:, column] < 0.05
        query = encoder.embed_texts([clause(name, 0.55, rng) for _ in range(5)]).mean(0)
        if clear.sum() < 5 or none.sum() < 5:
            cells.append(f"{name} | {clear.sum()} | too few")
            continue
        used = clear | none
        areas.append(roc_auc_score(clear[used], clips.vectors[used, 0] @ query))
        cells.append(f"{name} | {clear.sum()} | {areas[-1]:.3f}")
    cells += [" | | "] * (len(cells) % 2)
    for at in range(0, len(cells), 2):
        print(f"| {' | '.join(cells[at : at + 2])} |")
    print(f"\nMean {np.mean(areas):.3f}, lowest {np.min(areas):.3f}.\n")


def free_text(encoder: MotionText, clips: Shown, top: int = 5) -> None:
    """Descriptions written by hand to the clips that show them."""
    shown = clips.strengths
    scores = encoder.embed_texts([text for text, _ in DESCRIPTIONS]) @ clips.vectors[:, 0].T
    print("## Descriptions written by hand\n")
    print(f"How many of the first {top} of {len(shown)} clips show what is described: at least one fact of each group "
          "that the description names, by the rules; beside it, the share of all clips that do.\n")  # fmt: skip
    print(f"| description | found in first {top} | in all |\n| --- | ---: | ---: |")
    found, base = [], []
    for (text, groups), each in zip(DESCRIPTIONS, scores, strict=True):
        fits = np.all([shown[:, [FACTS.index(n) for n in group]].max(1) >= PRESENT for group in groups], axis=0)
        best = np.argsort(-each)[:top]
        found.append(fits[best].mean())
        base.append(fits.mean())
        print(f"| {text} | {fits[best].sum()} | {fits.mean():.0%} |")
    print(f"\nMean {np.mean(found):.0%} of the first {top}, {np.mean(base):.0%} of all; at least three of five fit for "
          f"{np.sum(np.array(found) >= 0.6)} of {len(found)} descriptions.\n")  # fmt: skip


def denials(encoder: MotionText, clips: Shown, top: int = 5) -> None:
    """Descriptions of what a listener does not do, to clips in which that is not to be seen."""
    shown = clips.strengths
    print("## What is denied\n")
    print(f"Of the first {top}, how many show nothing of what is denied, and, where something else is named, that. "
          "Beside it the share of all clips, and the same for the words without those that deny.\n")  # fmt: skip
    print(f"| description | fits in first {top} | in all | first {top} without denial |\n| --- | ---: | ---: | ---: |")
    found = []
    for text, present, absent in DENIALS:
        fits = np.all(shown[:, [FACTS.index(name) for name in absent]] < PRESENT, axis=1)
        if present:
            fits &= shown[:, [FACTS.index(name) for name in present]].max(1) >= PRESENT
        best, bare = (
            np.argsort(-(clips.vectors[:, 0] @ encoder.embed_texts([words])[0]))[:top]
            for words in (text, asserted(text))
        )
        found.append((fits[best].mean(), fits.mean(), fits[bare].mean()))
        print(f"| {text} | {fits[best].sum()} | {fits.mean():.0%} | {fits[bare].sum()} |")
    mean = np.mean(found, axis=0)
    print(f"\nMean {mean[0]:.0%} of the first {top}, {mean[1]:.0%} of all, {mean[2]:.0%} without the denial.\n")


def asserted(text: str) -> str:
    """A description without the words that deny."""
    return re.sub(r"\b(does not|doesn't|without any|without|not|no trace of|no|never|at all)\b ?", "", text)


def reactions(encoder: MotionText, work: Path, each: int = 28) -> None:
    """Descriptions of the simulator's reactions to clips of these."""
    names = list(expressions())
    seeds = [(name, (HELD_OUT, names.index(name), i)) for name in names for i in range(each)]
    motions = drawn(
        work,
        f"reactions-{each}",
        [partial(draw_reaction, np.random.default_rng(seed), name, FRAMES) for name, seed in seeds],
    )
    vectors = encoder.embed_clips(clips_of(motions))[:, 0]
    kinds = np.array([name for name, _ in seeds])
    print("## Reactions\n")
    print(f"{each} clips of each of the {len(names)} simulated reactions, sought by a description of each. Here what "
          "counts is what was simulated, not what the rules measure. A clip may mix in a second one.\n")  # fmt: skip
    print("| reaction | of the first 10 | rank of the first | others among the first 10 |\n| --- | ---: | ---: | --- |")
    shares = []
    for name in names:
        order = np.argsort(-(vectors @ encoder.embed_texts([REACTIONS[name]])[0]))
        best = kinds[order[:10]]
        shares.append(np.mean(best == name))
        others = [f"{k} {n}" for k, n in zip(*np.unique(best[best != name], return_counts=True), strict=True)]
        print(f"| {name} | {np.sum(best == name)} | {1 + int(np.argmax(kinds[order] == name))} | {', '.join(others)} |")
    print(f"\nMean precision of the first ten {np.mean(shares):.0%}; chance {1 / len(names):.1%}.\n")


LIMITS = """## Limits

Training and test come from the same simulator and the same rules, so these figures say that the encoder has learnt
what it was taught, not how well it does on people. There is no labelled recording of listeners at hand that would say
that. The nearer tests are the descriptions, whose words nobody made by rules, and the reactions, where what is right
does not come from the rules either; still, faces are simulated, and by the simulator that training used. Nods and
shakes are found by the same rule that says what is true of a clip, so the figures for them say nothing about the rule.
"""


def _clip(seed: tuple[int, int]) -> Motion:
    return draw_clip(seed, frames=FRAMES)[0]


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a checkpoint folder instead of the built-in weights")
    parser.add_argument("--work", type=Path, default=Path("runs/results-retrieval-encoder"))
    options = parser.parse_args()
    encoder = MotionText.from_pretrained(options.model)
    encoder = MotionText(
        encoder.network, encoder.name, sentences=Kept(options.work / "words"), provenance=encoder.provenance
    )
    seeds = [(HELD_OUT, i) for i in range(CLIPS)]
    motions = drawn(options.work, "clips", [partial(_clip, seed) for seed in seeds])
    facts = measured(options.work, motions, encoder.portions)
    start = time.perf_counter()
    vectors = encoder.embed_clips(clips_of(motions))
    clips = Shown(motions, facts, vectors, time.perf_counter() - start)
    print("# Words and motion in one space\n")
    print(f"Every number below was produced on {date.today()} by `make results-retrieval-encoder`, with the weights "
          f"`{encoder.provenance['weights']}`. The encoder is `visavis.models.retrieval.motion_text`: "
          f"{sum(p.numel() for p in encoder.network.parameters()):,} parameters, vectors of {encoder.dim}; it was "
          f"trained on simulated motion and on captions that rules made of it ({len(FACTS)} facts, {len(READINGS)} of "
          "them readings such as *sympathetic*).\n")  # fmt: skip
    free_text(encoder, clips)
    denials(encoder, clips)
    reactions(encoder, options.work)
    recall(encoder, clips)
    fact_areas(encoder, clips)
    parts(encoder, clips)
    print(LIMITS)


if __name__ == "__main__":
    main()
