"""What makes codes good: MARS's Table 3, and what mends a little training, one change at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.mars_codes_built_in import kept
from benchmarks.mars_codes_data import PARTS, corpus_of, motion_of, part_data
from visavis.bodies import AnnyBody
from visavis.bodies.skeleton import BODY
from visavis.evaluation.clip import Clip
from visavis.evaluation.metric import Metric
from visavis.evaluation.profiles import Setting, get_profile
from visavis.evaluation.spread import Diversity, Variance
from visavis.evaluation.surface import Surface, body_surface
from visavis.evaluation.vertex_error import LandmarkVelocityDifference, VertexMeanSquaredError, WindowVertexL2
from visavis.motion import ARKIT_BODY, Motion, MotionSpace
from visavis.tokenizers import from_pretrained
from visavis.training.train import train
from visavis.workflows.benchmark.codecs import MotionData, figures, measure_tokenizer, through

STEPS, WINDOWS = 250, 16
POINTS = 320
"""Vertices of the face that errors are measured on."""
ABOUT = (
    f"Trainings of preset `mars-face-small` or `mars-body-small` for {STEPS} steps of {WINDOWS} windows, far from the",
    "presets' own, so that rows differ in how fast they learn, too. Error, PCA and decoded variance (the least of all",
    "groups) are as above. The columns of MARS's Table 3 are given as VENUS's release computes them (profile",
    "`venus-release`) and by the plain definitions: [evaluation](../evaluation.md). Points are vertices of Anny's face",
    "as the head sees them, or the joints of its skeleton, fingers included, in place of SMPL-X's vertices. Diversity",
    "and variance are best at the truth's.",
)
CHANGES: dict[str, tuple[str, ...]] = {
    "none": (),
    "loss L1": ("losses.kind=l1",),
    "loss smooth L1": ("losses.kind=smooth-l1",),
    "no velocity": ("losses.velocity=0",),
    "dim 8": ("codebook.dim=8",),
    "size 64": ("codebook.size=64",),
    "size 256": ("codebook.size=256",),
}
OF_ONE: dict[str, dict[str, tuple[str, ...]]] = {
    "face": {
        "dim 64": ("codebook.dim=64",),
        "2 codes a step": ("codebook.num_codebooks=2", "codebook.residual=true"),
        "8 frames a step": ("downsample_factor=8",),
        "codes from the first step on": ("codebook.warm_up=0",),
        "codes of length 1": ("codebook.residual=false", "codebook.unit=true", "codebook.commitment=0.02"),
        "halvings (`conv`)": ("family=conv", "network.depth=2"),
    },
    "body": {
        "1 code a step": ("codebook.num_codebooks=1", "codebook.residual=false"),
        "velocity 0.5": ("losses.velocity=0.5",),
    },
}
"""Changes of one preset alone."""
RELEASE, PLAIN = ("VMSE", "LVD", "w-VL2", "Diversity", "Variation"), ("vMSE", "LVD", "w-VL2", "Diversity", "Var")


@dataclass(frozen=True)
class Ablations:
    """The section of the face or of the body.

    Attributes:
        name: Which.
    """

    name: str

    @property
    def TITLE(self) -> str:
        """Of the section."""
        return f"One change at a time: {self.name}"

    def report(self, work: Path, data: Path) -> list[str] | None:
        """Its lines; None without the words of the dialogues. Every row is measured once and kept."""
        corpus = corpus_of(work, data)
        if corpus is None:
            return None
        work.mkdir(parents=True, exist_ok=True)
        part = part_data(*motion_of(corpus), PARTS[self.name])
        surface = SURFACES[self.name](part.space)
        lines = [*ABOUT, "", *_head(), _truth(part, surface)]
        for title, changes in (CHANGES | OF_ONE[self.name]).items():
            row = work / f"{title.replace(' ', '-').replace('`', '')}-{STEPS}.json"
            if not row.is_file():
                found = _measured(self.name, row.stem, changes, part, surface, corpus, work)
                row.write_text(json.dumps(found, indent=1), "utf-8")
                print(title, {k: round(v, 4) for k, v in found.items()}, flush=True)
            lines.append(_line(title, json.loads(row.read_text("utf-8"))))
        return lines


def _measured(
    name: str, run: str, changes: Sequence[str], part: MotionData, surface: Surface, corpus: Path, work: Path
) -> dict[str, float]:
    settings = (
        f"training.batch_size={WINDOWS}", f"training.save_every={STEPS}", f"codebook.warm_up={STEPS // 4}", *changes,
    )  # fmt: skip
    trained = train(
        "tokenizer", corpus, work / "runs" / run, preset=f"mars-{name}-small", overrides=settings, max_steps=STEPS,
        device="cpu",
    )  # fmt: skip
    tokenizer = from_pretrained(trained)
    row = figures(measure_tokenizer(part, tokenizer))
    decoded = through(part, tokenizer)[0]
    clips = [
        Clip(f"{id} {i}", (Motion(decoded[id][i], part.fps, part.space),), Motion(true, part.fps, part.space),
             conversation=id)
        for id, clips in part.test.items() for i, true in enumerate(clips)
    ]  # fmt: skip
    found = {key: row[key][0] for key in ("bits/s", "error", "PCA", "codes used", "perplexity")}
    found["variance"] = min(kept(part, decoded, group)[0] for group in part.space.groups)
    return {**found, **_paper(part.space, surface, clips)}


def _paper(space: MotionSpace, surface: Surface, clips: Sequence[Clip]) -> dict[str, float]:
    """Table 3's columns by both definitions."""
    release = get_profile("venus-release").metrics(Setting(space, surface=surface))
    plain: list[Metric] = [
        VertexMeanSquaredError(surface, "face"), LandmarkVelocityDifference(surface, "face"),
        WindowVertexL2(surface, "face"), Diversity(), Variance(),
    ]  # fmt: skip
    found: dict[str, float] = {}
    for clip in clips:
        for metric in (*release, *plain):
            metric.add(clip)
        clip.cache.clear()
    for kind, metrics in (("release", release), ("plain", plain)):
        found |= {f"{kind} {metric.name}": metric.compute(intervals=False).value for metric in metrics}
    return found


def _truth(part: MotionData, surface: Surface) -> str:
    """The row of the truth."""
    clips = [
        Clip(f"{id} {i}", (Motion(true, part.fps, part.space),), Motion(true, part.fps, part.space), conversation=id)
        for id, clips in part.test.items() for i, true in enumerate(clips)
    ]  # fmt: skip
    return _line("truth", _paper(part.space, surface, clips))


def _head() -> list[str]:
    names = [f"{name} (release)" for name in RELEASE] + [f"{name} (plain)" for name in PLAIN]
    columns = ["change", "bits/s", "error", "PCA", "variance", "codes used", "perplexity", *names]
    return [f"| {' | '.join(columns)} |", f"| --- |{' ---: |' * (len(columns) - 1)}"]


def _line(title: str, row: dict[str, Any]) -> str:
    def shown(key: str, form: str) -> str:
        return f"{row[key]:{form}}" if key in row else ""

    cells = [
        shown("bits/s", ".0f"), shown("error", ".3f"), shown("PCA", ".3f"), shown("variance", ".2f"),
        shown("codes used", ".0%"), shown("perplexity", ".0f"), *(shown(f"release {name}", ".3g") for name in RELEASE),
        *(shown(f"plain {name}", ".3g") for name in PLAIN),
    ]  # fmt: skip
    return f"| {title} | {' | '.join(cells)} |"


def face_surface(space: MotionSpace) -> Surface:
    """Vertices of Anny's face, which shapes alone move, seen from the head."""
    body = AnnyBody(space=ARKIT_BODY)
    points = body_surface(body).points["face"]
    points = points[:: max(1, len(points) // POINTS)]
    rest, deltas = (tensor.numpy() * 1000 for tensor in body.linear_basis(points))

    def show(motion: Motion, region: str) -> NDArray[np.float32]:
        moved = motion["expression"] @ deltas.reshape(len(deltas), -1)
        shown: NDArray[np.float32] = (moved.reshape(len(motion), -1, 3) + rest).astype(np.float32)
        return shown

    return Surface("AnnyBody", space, {"face": points}, show)


def joint_surface(space: MotionSpace) -> Surface:
    """The joints of Anny's skeleton in the torso's frame."""
    import torch

    joints = torch.from_numpy(AnnyBody(space=ARKIT_BODY).figure.joints)
    where = ARKIT_BODY.indices(space.names)

    def show(motion: Motion, region: str) -> NDArray[np.float32]:
        whole = np.zeros((len(motion), ARKIT_BODY.dim), np.float32)
        whole[:, where] = motion.values
        _, places = BODY.pose(torch.from_numpy(whole), joints)
        return places.numpy().astype(np.float32) * 1000

    return Surface("Anny's skeleton", space, {"face": np.arange(len(joints))}, show)


SURFACES = {"face": face_surface, "body": joint_surface}
