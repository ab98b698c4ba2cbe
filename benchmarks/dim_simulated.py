"""Simulated dyads: DIM-Listener against every baseline, without pre-training, and with parts left out (tables 1 and 3).

Conversations are held out whole. Listeners are those of utterances cut out of them, as in the paper: A speaks, B is
generated from A's motion and voice. Every method is trained on the same conversations with the same audio features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generated import Case, Generate, Metrics, clips_of, generated, measured, table, tested
from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.evaluation.metric import Metric
from visavis.motion import get_space

TITLE = "Simulated dyads"
TRAIN, TEST, SECONDS = 135, 20, 40.0
TRAIN_SEED, TEST_SEED = 500_000, 900_000
ENCODER = "log-mel"
SAMPLES = 3
SHORTEST = 1.5
"""Seconds of the utterances that are measured; shorter ones show little of the listener."""
SETTINGS = (
    f"encoder={ENCODER}", "vq_decoder=trained", "losses.motion=0.5",
    *(f"training.{stage}.batch=12" for stage in ("tokenizers", "pretrain", "listener")),
)  # fmt: skip
"""Changes of the `small` preset: as in the paper, the VQ decoder learns on and the motion's error counts."""
STEPS = {"tokenizers": 1200, "pretrain": 600, "listener": 800}


@dataclass(frozen=True)
class Variant:
    """DIM with something left out.

    Attributes:
        changes: Of the settings.
        steps: Other numbers of steps.
    """

    changes: tuple[str, ...] = ()
    steps: dict[str, int] = field(default_factory=dict)


FULL = "DIM-Listener"
BUILT_IN = "DIM-Listener, built-in weights"
SUREST = f"{BUILT_IN}, surest units first"
NO_PRETRAINING = "no pre-training"
UNITS_ALONE = "units alone"
VARIANTS = {
    FULL: Variant(),
    NO_PRETRAINING: Variant(("pretraining=false",)),
    "no pre-training, as many steps in all": Variant(
        ("pretraining=false",), {"listener": STEPS["pretrain"] + STEPS["listener"]}
    ),
    "no VQ": Variant(("vq=false",)),
    "frozen VQ decoder": Variant(("vq_decoder=frozen",)),
    "no contrastive loss": Variant(("losses.contrastive=0",)),
    "single branch": Variant(("network.branches=1",)),
    UNITS_ALONE: Variant(("vq_decoder=frozen", "losses.motion=0")),
    "units alone, codes of a unit apart": Variant(
        ("vq_decoder=frozen", "losses.motion=0", "network.autoregressive=false")
    ),
}
"""Rows of Table 3, and two of ours: units alone is what the `small` preset does."""
PAPER = {  # Table 1, expression: lower is better; published order from best to worst
    "FD": ("DIM-Listener", "l2l", "rlhg", "nearest-motion", "elp", "nearest-audio", "random"),
    "P-FD": ("DIM-Listener", "l2l", "rlhg", "nearest-motion", "elp", "nearest-audio", "random"),
    "MSE": ("DIM-Listener", "rlhg", "l2l", "elp", "nearest-motion", "nearest-audio", "random"),
}


def corpora(work: Path) -> tuple[Path, Path]:
    """Folders of the training and of the held-out conversations."""
    from visavis.simulation.dyads.generate import generate

    shared = {"seconds": SECONDS, "voices": ["builtin"]}
    train = generate(work.parent / "corpus-train", conversations=TRAIN, seed=TRAIN_SEED, **shared)
    return train, generate(work.parent / "corpus-test", conversations=TEST, seed=TEST_SEED, **shared)


def pairs(folder: Path) -> list[Conversation]:
    """All utterances, A speaking."""
    from visavis.corpora.utterance_pairs import utterance_pairs

    return [pair for c in Corpus.open(folder) for pair in utterance_pairs(c, shortest=SHORTEST)]


def baseline(name: str, train: Path) -> Callable[[], Generate]:
    """Fits a baseline to the listeners of the training utterances."""

    def make() -> Generate:
        from visavis.features.audio import get_encoder
        from visavis.models.baselines import get_baseline

        method = get_baseline(name, get_space("arkit"), get_encoder(ENCODER))
        method.fit(pairs(train), people=(1,))
        return method.generate

    return make


def dim(train: Path, work: Path, name: str, variant: Variant) -> Callable[[], Generate]:
    """Trains a variant on top of tokenizers that all share."""

    def make() -> Generate:
        from visavis.training.run import MODEL
        from visavis.training.train_dim import train_dim

        shared = work / "runs" / "shared"
        first = shared / "tokenizers" / MODEL
        options = {"seed": 0, "quiet": True}
        if not (shared / "done").exists():
            steps = STEPS["tokenizers"]
            train_dim(train, shared, stage="tokenizers", overrides=SETTINGS, max_steps=steps, **options)
            (shared / "done").touch()
        out = work / "runs" / name.replace(" ", "-").replace(",", "")
        stages = ("listener",) if "pretraining=false" in variant.changes else ("pretrain", "listener")
        for number, stage in enumerate(stages):
            before = first if number == 0 else None
            steps = variant.steps.get(stage, STEPS[stage])
            overrides = (*SETTINGS, *variant.changes)
            final = train_dim(train, out, stage=stage, init=before, overrides=overrides, max_steps=steps, **options)
        return listener(final)

    return make


def listener(folder: Path | None, order: str | None = None) -> Generate:
    """A trained checkpoint as a method, perhaps with another order in which units are decided."""
    from visavis.generation.listen import listen

    from visavis.models.dim import from_pretrained

    model = from_pretrained(folder)
    if order is not None:
        sampling = model.config.sampling.model_copy(update={"order": order})
        model.config = model.config.model_copy(update={"sampling": sampling})

    def move(conversation: Conversation, person: int, seed: int):
        motion = listen(conversation, model, listener=person, seed=seed).participants[person].motion
        assert motion is not None
        return motion

    return move


def metrics() -> dict[str, Metric]:
    """The columns of Table 1."""
    from visavis.evaluation.clusters import ShannonIndex
    from visavis.evaluation.coupling import ResidualCorrelation
    from visavis.evaluation.errors import MeanSquaredError
    from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
    from visavis.evaluation.spread import Variance

    kinds = {
        "FD": FrechetDistance, "P-FD": PairedFrechetDistance, "MSE": MeanSquaredError, "SID": ShannonIndex,
        "Var": Variance, "rPCC": ResidualCorrelation,
    }  # fmt: skip
    return {
        f"{name} {short}": kind(part) for name, kind in kinds.items()
        for short, part in (("exp", "expression"), ("pose", "pose"))
    }  # fmt: skip


def release(space: str = "arkit") -> Metrics:
    """The same as the release computes them."""
    from visavis.evaluation.profiles import Setting, get_profile

    def fresh() -> dict[str, Metric]:
        setting = Setting(get_space(space), samples=SAMPLES, partner=True)
        found = get_profile("dim-release").metrics(setting)
        return {f"{m.name} {'exp' if m.part == 'expression' else 'pose'}": m for m in found}

    return fresh


def report(work: Path, data: Path) -> list[str]:
    """Trains, generates and measures what is missing, and writes it up."""
    from visavis.evaluation.profiles import get_profile
    from visavis.models.baselines import baseline_names

    train, test = corpora(work)
    cases = [Case(pair, 1, str(pair.provenance["conversation"])) for pair in pairs(test)]
    makers = {name: baseline(name, train) for name in baseline_names("listener")}
    makers |= {name: dim(train, work, name, variant) for name, variant in VARIANTS.items()}
    makers |= {BUILT_IN: lambda: listener(None), SUREST: lambda: listener(None, "surest")}
    clips: dict[str, list[Clip]] = {}
    for name, make in makers.items():
        try:
            folder = work / name.replace(" ", "-").replace(",", "") / "all"
            clips[name] = clips_of(cases, generated(folder, cases, SAMPLES, make))
        except InputError as error:
            if name not in (BUILT_IN, SUREST):
                raise
            print(f"   {name}: left out ({error})", flush=True)
    rows = {name: measured(found, metrics) for name, found in clips.items()}
    hours = sum(c.duration for c in Corpus.open(train)) / 3600
    lines = [
        f"{TRAIN} simulated conversations of {SECONDS:g} s ({hours:.1f} h) to train on, {TEST} held out, cut into "
        f"{len(cases)} utterances of at least {SHORTEST:g} s ({sum(c.conversation.duration for c in cases):.0f} s): A "
        f"speaks, B listens and is generated from A's motion and voice (features `{ENCODER}`). {SAMPLES} samples each, "
        "means over samples; 95% intervals over conversations; a star where a paired permutation test over "
        f"conversations tells a row from {FULL} (p < 0.05). FD, P-FD, MSE: lower is better; SID, Var: best at the "
        "truth's; rPCC: distance to the true correlation, lower is better. Coefficients for expression (exp), radians "
        f"for pose. Steps of DIM: {', '.join(f'{n} {s}' for s, n in STEPS.items())}, batches of 12 windows, one "
        "training of each variant; minutes of one core, far from the paper's 360,000 steps.", "",
    ]  # fmt: skip
    for wanted in (("FD", "P-FD", "MSE"), ("SID", "Var", "rPCC")):
        part = {name: {t: m for t, m in row.items() if t.split()[0] in wanted} for name, row in rows.items()}
        lines += [*table(part, against=FULL), ""]
    lines += ["### Which of the paper's orderings show", "", *orderings(rows), ""]
    profile = get_profile("dim-release")
    released = {name: measured([profile.prepare(c) for c in found], release()) for name, found in clips.items()}
    lines += [
        "### The same motion under the `dim-release` profile", "",
        f"As the authors' release computes it: per clip the best of {SAMPLES} samples by FD to the truth (an oracle), "
        "distances of each clip by itself. Good for setting beside the paper's tables, not for judging.", "",
        *table(released),
    ]  # fmt: skip
    return lines


def orderings(rows: dict[str, dict[str, Metric]]) -> list[str]:
    """One line per claim of tables 1 and 3."""
    lines = []
    for name, order in PAPER.items():
        for part in ("exp", "pose"):
            title = f"{name} {part}"
            lines.append(f"- {title}, Table 1: {FULL} is {_verdicts(rows, title, order[1:])}.")
    for title in ("FD exp", "FD pose", "MSE exp", "MSE pose"):
        lines.append(f"- {title}, Table 3: {FULL} is {_verdicts(rows, title, [n for n in VARIANTS if n != FULL])}.")
    return lines


def _verdicts(rows: dict[str, dict[str, Metric]], title: str, others: Sequence[str]) -> str:
    found: dict[str, list[str]] = {"better": [], "worse": [], "no different": []}
    for other in others:
        comparison = tested(rows[FULL][title], rows[other][title])
        sure = comparison.p < 0.05
        found[("better" if comparison.difference < 0 else "worse") if sure else "no different"].append(other)
    parts = [f"{verdict} than {', '.join(names)}" for verdict, names in found.items() if names]
    return "; ".join(parts).replace("no different than", "not told apart from")
