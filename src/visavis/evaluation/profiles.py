"""Named sets of metrics: the plain definitions, and what each release computes under the same names.

What the releases do was read from their code. A profile reproduces the arithmetic, oddities included, so that numbers
can be set beside a paper's table; to compare methods with each other use ``plain``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from visavis.bodies import needs_model_file
from visavis.errors import InputError
from visavis.evaluation import affect, appropriateness, batches, clusters, coupling, errors, frechet, spread
from visavis.evaluation import vertex_error as vertices
from visavis.evaluation.clip import Clip
from visavis.evaluation.info import EXPECTATION
from visavis.evaluation.metric import Metric
from visavis.evaluation.moments import frechet_of_sums, moment_sums
from visavis.evaluation.parts import has_part, parts_of
from visavis.evaluation.surface import Surface
from visavis.motion import MotionSpace

Labels = dict[str, Any]


@dataclass
class Setting:
    """What there is to measure with.

    Attributes:
        space: Of all motions.
        samples: Per clip.
        partner: Whether the other person's motion is known.
        roles: Whether it is known who speaks when.
        neighbours: Whether it is known which other reactions were appropriate.
        surface: The face as points, if a body is at hand.
        estimator: Of valence and arousal, if one knows the space.
        notes: Collects what had to be left out, and why.
    """

    space: MotionSpace
    samples: int = 1
    partner: bool = False
    roles: bool = False
    neighbours: bool = False
    surface: Surface | None = None
    estimator: affect.AffectEstimator | None = None
    notes: list[str] = field(default_factory=list)

    def can(self, metric: type[Metric]) -> bool:
        """Whether a measure has what it needs; notes it if not."""
        if metric.needs_partner and not self.partner:
            self.leave_out(metric.name, "the partner's motion is missing (key 'partner')")
            return False
        if issubclass(metric, vertices.VertexMetric | batches._Vertices) and self.surface is None:
            own = needs_model_file(self.space)
            remedy = "pass your model file with --body" if own else "map the motion to 'arkit' first"
            self.leave_out(metric.name, f"no available body shows {self.space.name!r}; {remedy}")
            return False
        return True

    def leave_out(self, name: str, why: str) -> None:
        """Notes that a measure is not there."""
        self.notes.append(f"{name} skipped: {why}")


Build = Callable[[Setting, Labels], list[Metric]]


@dataclass(frozen=True)
class Profile:
    """A named set of measures.

    Attributes:
        name: What ``--profile`` takes.
        about: One line.
        build: Makes the measures for a setting.
        prepare: What is done to every clip first, such as picking the best of its samples.
        selection: How samples become one number.
    """

    name: str
    about: str
    build: Build
    prepare: Callable[[Clip], Clip] = lambda clip: clip
    selection: str = EXPECTATION

    def metrics(self, setting: Setting) -> list[Metric]:
        """The measures, ready to be updated.

        Raises:
            InputError: None of them can be computed.
        """
        selection = self.selection.format(samples=setting.samples) if setting.samples > 1 else EXPECTATION
        built = self.build(setting, {"profile": self.name, "selection": selection})
        if not built:
            raise InputError(f"profile {self.name!r} has nothing to measure here: {'; '.join(setting.notes)}")
        return built


COLUMN_METRICS: tuple[type[Metric], ...] = (
    frechet.FrechetDistance, frechet.PairedFrechetDistance, errors.MeanSquaredError, errors.L2Distance,
    clusters.ShannonIndex, spread.Variance, spread.Variation, spread.Diversity, coupling.Correlation,
    coupling.ResidualCorrelation, coupling.LaggedCorrelation, coupling.CorrelationLag,
)  # fmt: skip


def _plain(setting: Setting, labels: Labels) -> list[Metric]:
    roles = ("both", "speaker", "listener") if setting.roles else ("both",)
    found: list[Metric] = []
    for metric in COLUMN_METRICS:
        if setting.can(metric):
            found += [
                metric(part, role=role, **labels)
                for role in (roles if metric.by_role else ("both",))
                for part in parts_of(setting.space)
            ]
    for kind, regions in (
        (vertices.VertexMeanSquaredError, ("face", "lip", "upper_face", "global")), (vertices.LipVertexError, ("lip",)),
        (vertices.UpperFaceDynamics, ("upper_face",)), (vertices.LandmarkVelocityDifference, ("face", "lip", "global")),
        (vertices.WindowVertexL2, ("face", "global")),
    ):  # fmt: skip
        if setting.can(kind):
            assert setting.surface is not None
            roles_here = roles if kind.by_role else ("both",)
            found += [kind(setting.surface, region, role=role, **labels) for role in roles_here for region in regions]
    if setting.estimator is None:
        setting.leave_out("L2-Affect", f"there is no estimator of valence and arousal for {setting.space.name!r}")
    else:
        found += [affect.AffectDistance(setting.estimator, role=role, **labels) for role in roles]
    if setting.neighbours:
        found += [appropriateness.ReactionCorrelation(**labels), appropriateness.ReactionDistance(**labels)]
    return found


def _existing(setting: Setting, parts: tuple[str, ...]) -> list[str]:
    missing = [part for part in parts if not has_part(setting.space, part)]
    if missing:
        setting.leave_out(", ".join(missing), f"motion space {setting.space.name!r} has no such columns")
    return [part for part in parts if part not in missing]


def _lm_listener(setting: Setting, labels: Labels) -> list[Metric]:
    found: list[Metric] = [errors.SquaredL2(**labels), frechet.ClipFrechetDistance(**labels)]
    if setting.can(frechet.ClipPairedFrechetDistance):
        found.append(frechet.ClipPairedFrechetDistance(**labels))
    found += [spread.Variance(**labels), spread.SubsetDiversity(**labels)]
    if setting.estimator is None:
        setting.leave_out("L2-Affect", "the release's estimator is EMOCA's network; pass one for this space")
    else:
        found.append(affect.WindowedValence(setting.estimator, **labels))
    return found


def _dim_release(setting: Setting, labels: Labels) -> list[Metric]:
    found: list[Metric] = []
    for part, k in (("pose", 20), ("expression", 40)):
        if not _existing(setting, (part,)):
            continue
        found += [frechet.ClipFrechetDistance(part, **labels)]
        if setting.can(frechet.ClipPairedFrechetDistance):
            found.append(frechet.ClipPairedFrechetDistance(part, **labels))
        found += [
            errors.ClipMeanSquaredError(part, **labels),
            clusters.ShannonIndex(part, k=k, exact=True, epsilon=1e-6, **labels),
            spread.FlattenedVariance(part, **labels),
        ]
        if setting.can(coupling.FlattenedResidualCorrelation):
            found.append(coupling.FlattenedResidualCorrelation(part, **labels))
    return found


def beside_the_true_partner(clip: Clip) -> Clip:
    """The clip, whose samples are set beside the true partner even where a partner was generated, as releases do."""
    return replace(clip, predicted_partners=None)


def lowest_frechet_distance(clip: Clip) -> Clip:
    """The clip with that sample alone whose distribution is nearest to the truth's: an oracle, as it looks at it."""
    clip = beside_the_true_partner(clip)
    if len(clip.predicted) == 1:
        return clip
    origin = clip.true.values.mean(0, dtype=np.float64)
    true = moment_sums(clip.true.values, origin)
    return clip.keep(
        int(np.argmin([frechet_of_sums(moment_sums(motion.values, origin), true) for motion in clip.predicted]))
    )


def one_frame_late(clip: Clip) -> Clip:
    """As DIM's release runs its own model, before the best sample is picked.

    The first frame of the listener is given to the model and not measured; what it generates next to the speaker's
    frame t is the listener's frame t + 1, and so are they paired.
    """
    if len(clip.true) < 3:
        raise InputError(
            f"{clip.name}: a clip of {len(clip.true)} frames cannot be measured one frame late; 3 are needed"
        )
    last = len(clip.true)
    samples = tuple(motion.slice(1, last) for motion in clip.predicted)
    partner = clip.partner and clip.partner.slice(0, last - 1)
    frames = None if clip.frames is None else clip.frames[1:]
    true = clip.true.slice(1, last)
    return lowest_frechet_distance(
        Clip(clip.name, samples, true, partner, frames=frames, conversation=clip.conversation)
    )


def _on_surface(kinds: tuple[type[vertices.VertexMetric], ...]) -> Build:
    def build(setting: Setting, labels: Labels) -> list[Metric]:
        return [kind(setting.surface, **labels) for kind in kinds if setting.can(kind) and setting.surface is not None]

    return build


def _venus(setting: Setting, labels: Labels) -> list[Metric]:
    found: list[Metric] = [
        kind(setting.surface, **labels)
        for kind in (batches.BatchVertexNorm, batches.BatchVertexL1, batches.BatchWindowVertexL2)
        if setting.can(kind) and setting.surface is not None
    ]
    pooled = (batches.BatchFrechetDistance, batches.BatchDiversity, batches.BatchVariance)
    return [*found, *(kind(**labels) for kind in pooled)]


def _dualtalk(setting: Setting, labels: Labels) -> list[Metric]:
    found: list[Metric] = []
    for part in _existing(setting, ("expression", "jaw", "head")):
        found += [frechet.ClipFrechetDistance(part, **labels)]
        if setting.can(frechet.ClipPairedFrechetDistance):
            found.append(frechet.ClipPairedFrechetDistance(part, **labels))
        found += [
            errors.ClipMeanSquaredError(part, **labels),
            clusters.SwappedShannonIndex(part, k=40 if part == "expression" else 10, **labels),
            spread.SubsetDiversity(part, **labels),
            spread.Variance(part, **labels),
        ]
        if setting.can(coupling.ClipFlattenedResidualCorrelation):
            found.append(coupling.ClipFlattenedResidualCorrelation(part, **labels))
    return found


def _react(setting: Setting, labels: Labels) -> list[Metric]:
    if setting.space.columns != appropriateness.REACT25.columns:
        raise InputError(f"profile 'react' measures space 'react25' (25 facial attributes), not {setting.space.name!r}")
    if not setting.neighbours:
        setting.notes.append("no neighbour matrix was given (--neighbours): only each clip's own truth is appropriate")
    return [
        appropriateness.ReactionCorrelation(react=True, **labels),
        appropriateness.ReactionDistance(react=True, **labels),
    ]


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("plain", "one correct definition each, by part and role", _plain),
        Profile(
            "lm-listener", "LM-Listener: clip by clip on all columns, expression first", _lm_listener,
            beside_the_true_partner,
        ),
        Profile(
            "dim-release", "Dyadic Interaction Modeling's release: pose and expression apart, best of N samples",
            _dim_release, lowest_frechet_distance,
            "oracle: per clip, of {samples} samples the one with the lowest FD to the truth",
        ),
        Profile(
            "dim-release-shifted", "the same, the listener one frame after the speaker, as the release pairs them",
            _dim_release, one_frame_late,
            "oracle: per clip, of {samples} samples the one with the lowest FD to the truth",
        ),
        Profile(
            "codetalker", "CodeTalker, FaceFormer's successors: squared LVE, signed FDD",
            _on_surface((vertices.SquaredLipVertexError, vertices.SignedUpperFaceDynamics)),
        ),
        Profile(
            "artalk", "ARTalk: root LVE, FDD of x + y + z",
            _on_surface((vertices.RootLipVertexError, vertices.SummedUpperFaceDynamics)),
        ),
        Profile("venus-release", "VENUS and MARS: batches of 256 pooled utterances", _venus),
        Profile(
            "dualtalk", "DualTalk: file by file; expression, jaw and head apart", _dualtalk, beside_the_true_partner
        ),
        Profile(
            "react", "REACT: appropriateness, summed over samples", _react,
            selection="sum over {samples} samples (REACT draws 10)",
        ),
    )
}  # fmt: skip
"""By the name that ``--profile`` takes."""


def get_profile(name: str) -> Profile:
    """The profile called `name`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    if name not in PROFILES:
        raise InputError(f"there is no profile named {name!r}; there are: {', '.join(PROFILES)}")
    return PROFILES[name]
