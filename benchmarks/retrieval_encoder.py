"""The built-in encoder of words and motion, on simulated listeners that it was not trained on.

Run ``python benchmarks/retrieval_encoder.py [--model FOLDER]``; it prints Markdown. Twenty minutes on two busy cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.corpora.reactions.expressions import expressions
from visavis.corpora.reactions.listener import draw_reaction
from visavis.models.retrieval.captions import caption, contrary, fit, word
from visavis.models.retrieval.facts import FACTS, PRESENT, READINGS, measure, measure_parts
from visavis.models.retrieval.motion_text import MotionText
from visavis.models.retrieval.protocol import Clip
from visavis.motion import Motion
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


def clips_of(motions: Sequence[Motion]) -> list[Clip]:
    """Motions as clips."""
    return [Clip(f"{i}", "B", 0.0, m.duration, m) for i, m in enumerate(motions)]


def ranks(scores: Array) -> NDArray[np.intp]:
    """Of clip i for query i (N,), 1 is first; of equal scores the average counts."""
    own = np.diag(scores)[:, None]
    return (1 + (scores > own).sum(1) + ((scores == own).sum(1) - 1) // 2).astype(np.intp)


def row(name: str, found: NDArray[np.intp], of: int) -> str:
    """A table's row."""
    recall = " | ".join(f"{np.mean(found <= k):.1%}" for k in (1, 5, 10))
    return f"| {name} | {recall} | {np.median(found):g} of {of} |"


def recall(encoder: MotionText, motions: Sequence[Motion]) -> None:
    """Captions to the clips that they were made of."""
    facts = [measure(motion) for motion in motions]
    shown = np.array([f.vector for f in facts])
    start = time.perf_counter()
    vectors = encoder.embed_clips(clips_of(motions))
    took = time.perf_counter() - start
    own = [caption(motion, 7).text for motion in motions]
    print("## Captions to clips\n")
    print(f"{len(motions)} clips of {FRAMES / 25:.2f} s, made as the clips for training are, from a seed of their own; "
          "each is sought by a caption made of its own motion, in words that differ from clip to clip. Clips that show "
          "the same are told apart by nothing, so that no method reaches 100%. *The rules* rank by the strengths that "
          "the caption's facts have in each clip, without any words: what knowing the facts exactly gives. *Caption to "
          "caption* puts each clip into words and compares sentence embeddings, without any training.\n")  # fmt: skip
    print("| caption | method | R@1 | R@5 | R@10 | median rank |\n| --- | --- | ---: | ---: | ---: | --- |")
    for most in (1, 3, 8):
        said = [word(f, np.random.default_rng([HELD_OUT, i]), most) for i, f in enumerate(facts)]
        texts = [s.text for s in said]
        title = f"up to {most} facts" if most > 1 else "1 fact"
        print(row(f"{title} | built in", ranks(encoder.embed_texts(texts) @ vectors[:, 0].T), len(motions)))
        print(row("| the rules", ranks(fit([s.says for s in said], shown)), len(motions)))
        words = encoder.sentences
        print(row("| caption to caption", ranks(words.embed(texts) @ words.embed(own).T), len(motions)))
        against = [contrary(s, np.random.default_rng([HELD_OUT, 1, i])).text for i, s in enumerate(said)]
        ahead = np.sum(vectors[:, 0] * (encoder.embed_texts(texts) - encoder.embed_texts(against)), axis=1) > 0
        print(f"| | fits its clip better than the contrary caption does | {ahead.mean():.1%} | | | |")
    chance = ", ".join(f"{k / len(motions):.1%}" for k in (1, 5, 10))
    print(f"\nChance: {chance}. Clips embedded per second on this machine: {len(motions) / took:.0f}.\n")


def parts(encoder: MotionText, motions: Sequence[Motion]) -> None:
    """Captions of a quarter to that quarter of the clip."""
    vectors = encoder.embed_clips(clips_of(motions))
    hits, ways = [], []
    for i, motion in enumerate(motions):
        whole, *pieces = measure_parts(motion, encoder.portions)
        differ = np.array([np.abs(p.vector - whole.vector).max() for p in pieces])
        strong = [p.shown[0] if p.shown else "neutral" for p in pieces]
        for part, piece in enumerate(pieces):
            said = word(piece, np.random.default_rng([HELD_OUT, 2, i, part]), 2)
            fits = fit([said.says], np.array([p.vector for p in pieces]))[0]
            if differ[part] < 0.3 or len(set(strong)) < 2 or np.sum(fits > fits[part] - 0.3) > 1:
                continue
            scores = vectors[i, 1:] @ encoder.embed_texts([said.text])[0]
            hits.append(scores.argmax() == part)
            ways.append(encoder.portions)
    print("## Parts of clips\n")
    print(f"Captions of one of a clip's {encoder.portions} parts that hold for no other part, {len(hits)} of them: the "
          f"right part is nearest in {np.mean(hits):.1%} (chance {1 / encoder.portions:.0%}).\n")  # fmt: skip


def fact_areas(encoder: MotionText, motions: Sequence[Motion]) -> None:
    """How well words for one fact tell clips that show it from those that do not."""
    from sklearn.metrics import roc_auc_score

    from visavis.models.retrieval.captions import clause

    shown = np.array([measure(motion).vector for motion in motions])
    vectors = encoder.embed_clips(clips_of(motions))[:, 0]
    rng = np.random.default_rng(HELD_OUT)
    print("## Facts\n")
    print("The area under the ROC curve with which words for one fact (mean of five ways to say it) tell clips that "
          "clearly show it (0.5 or more) from those that show nothing of it. 0.5 is chance.\n")  # fmt: skip
    print("| fact | clips | area | fact | clips | area |\n| --- | ---: | ---: | --- | ---: | ---: |")
    cells, areas = [], []
    for column, name in enumerate(FACTS):
        clear, none = shown[:, column] >= 0.5, shown[:, column] < 0.05
        if clear.sum() < 5 or none.sum() < 5:
            cells.append(f"{name} | {clear.sum()} | too few")
            continue
        query = encoder.embed_texts([clause(name, 0.65, rng) for _ in range(5)]).mean(0)
        used = clear | none
        areas.append(roc_auc_score(clear[used], vectors[used] @ query))
        cells.append(f"{name} | {clear.sum()} | {areas[-1]:.3f}")
    for at in range(0, len(cells), 2):
        print(f"| {' | '.join(cells[at : at + 2])} |")
    print(f"\nMean {np.mean(areas):.3f}, lowest {np.min(areas):.3f}.\n")


def free_text(encoder: MotionText, motions: Sequence[Motion], top: int = 5) -> None:
    """Descriptions written by hand to the clips that show them."""
    shown = np.array([measure(motion).vector for motion in motions])
    vectors = encoder.embed_clips(clips_of(motions))[:, 0]
    scores = encoder.embed_texts([text for text, _ in DESCRIPTIONS]) @ vectors.T
    print("## Descriptions written by hand\n")
    print(f"How many of the first {top} of {len(motions)} clips show what is described: at least one fact of each "
          "group that the description names, by the rules; beside it, the share of all clips that do.\n")  # fmt: skip
    print(f"| description | found in first {top} | in all |\n| --- | ---: | ---: |")
    found, base = [], []
    for (text, groups), row_ in zip(DESCRIPTIONS, scores, strict=True):
        fits = np.all([shown[:, [FACTS.index(n) for n in group]].max(1) >= PRESENT for group in groups], axis=0)
        best = np.argsort(-row_)[:top]
        found.append(fits[best].mean())
        base.append(fits.mean())
        print(f"| {text} | {fits[best].sum()} | {fits.mean():.0%} |")
    print(f"\nMean {np.mean(found):.0%} of the first {top}, {np.mean(base):.0%} of all; at least three of five fit for "
          f"{np.sum(np.array(found) >= 0.6)} of {len(found)} descriptions.\n")  # fmt: skip


def reactions(encoder: MotionText, each: int = 28) -> None:
    """Descriptions of the simulator's reactions to clips of these."""
    names = list(expressions())
    drawn = [(name, i) for name in names for i in range(each)]
    motions = [draw_reaction(np.random.default_rng([HELD_OUT, names.index(n), i]), n, FRAMES) for n, i in drawn]
    vectors = encoder.embed_clips(clips_of(motions))[:, 0]
    kinds = np.array([name for name, _ in drawn])
    print("## Reactions\n")
    print(f"{each} clips of each of the {len(names)} simulated reactions, sought by a description of each. Here what is "
          "right is what was simulated, not what the rules measure. A clip may mix in a second one.\n")  # fmt: skip
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
that. The hand-written descriptions and the reactions are the nearer test, as nothing in them was made by the rules of
captions; still, faces are simulated.
"""


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a checkpoint folder instead of the built-in weights")
    options = parser.parse_args()
    encoder = MotionText.from_pretrained(options.model)
    motions = [draw_clip((HELD_OUT, i), frames=FRAMES)[0] for i in range(CLIPS)]
    print("# Words and motion in one space\n")
    print(f"Every number below was produced on {date.today()} by `make results-retrieval-encoder`, with the weights "
          f"`{encoder.provenance['weights']}`. The encoder is `visavis.models.retrieval.motion_text`: "
          f"{sum(p.numel() for p in encoder.network.parameters()):,} parameters, vectors of {encoder.dim}; it was "
          f"trained on simulated motion and on captions that rules made of it ({len(FACTS)} facts, {len(READINGS)} of "
          "them readings such as *sympathetic*).\n")  # fmt: skip
    steps: tuple[Callable[[], None], ...] = (
        lambda: free_text(encoder, motions), lambda: reactions(encoder), lambda: recall(encoder, motions),
        lambda: fact_areas(encoder, motions), lambda: parts(encoder, motions),
    )  # fmt: skip
    for step in steps:
        step()
    print(LIMITS)


if __name__ == "__main__":
    main()
