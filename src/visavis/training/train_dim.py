"""Trains DIM, stage by stage: ``python -m visavis.training.train_dim --corpus DIR --out DIR`` (``visavis train dim``).

A run's folder holds one folder per stage, each with settings, log.csv, last.ckpt (to go on from) and model/ (a whole
checkpoint: both tokenizers and the network). Every stage starts from the one before it: `tokenizers`, then `pretrain`,
then `listener` or `speaker`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from visavis.errors import InputError, MissingExtraError
from visavis.models.dim.config import STAGES, DimConfig, parse_config, read_preset
from visavis.settings import Section, validate
from visavis.training.config import LoopConfig
from visavis.training.run import MODEL, Corpora, open_run_dir, progress_bar

LISTENER_STAGES = ("tokenizers", "pretrain", "listener")
"""What a listener needs, in order."""


class DimTraining(Section):
    """Settings of the data and of each stage's loop.

    Attributes:
        separate: Share of conversations with separate voices in which the speaker is heard apart; in the others the
            mixed track is heard.
        degraded: Share of tracks that are as recordings come.
        tokenizers: Loop of the first stage.
        pretrain: Of the second.
        listener: Of fine-tuning for listeners.
        speaker: Of fine-tuning for speakers.
    """

    separate: float = Field(1.0, ge=0, le=1)
    degraded: float = Field(0.0, ge=0, le=1)
    tokenizers: LoopConfig = LoopConfig()  # type: ignore[call-arg]
    pretrain: LoopConfig = LoopConfig()  # type: ignore[call-arg]
    listener: LoopConfig = LoopConfig()  # type: ignore[call-arg]
    speaker: LoopConfig = LoopConfig()  # type: ignore[call-arg]


def read_settings(preset: str, overrides: tuple[str, ...] = ()) -> tuple[DimConfig, DimTraining]:
    """The model's and the training's settings of a preset or YAML file, with changes.

    Raises:
        InputError: There is no such preset, or a setting does not exist or does not fit.
    """
    values = read_preset(preset, overrides)
    training = validate(DimTraining, values.pop("training", None) or {}, f"preset {preset}", "training")
    return parse_config(values, f"preset {preset}"), training


def train_dim(
    corpus: Path | Sequence[Path], out: Path, *, stage: str | None = None, preset: str = "small",
    init: Path | None = None, overrides: tuple[str, ...] = (), max_steps: int | None = None,
    max_minutes: float | None = None, seed: int = 0, quiet: bool = False,
) -> Path:  # fmt: skip
    """Trains a stage, or goes on with it where it stopped.

    Args:
        corpus: Folder of a corpus with motion (`visavis.conversation.corpus`), or several.
        out: Folder of the run.
        stage: One of `STAGES`; None for all that a listener needs, one after the other.
        preset: Name or YAML file.
        init: Checkpoint folder to start from, instead of the stage before in `out`.
        overrides: ``a.b=value`` changes of settings.
        max_steps: Steps of each stage in all, instead of the preset's.
        max_minutes: Minutes of each stage in all; the learning rate is annealed to end there.
        seed: Decides weights, batches and noise.
        quiet: No progress bars.

    Returns:
        The checkpoint folder of the last stage trained.

    Raises:
        InputError: Settings, corpus or folders cannot be used.
    """
    try:
        import lightning  # noqa: F401
    except ImportError:
        raise MissingExtraError("training", "train") from None

    if stage is not None and stage not in STAGES:
        raise InputError(f"no stage is called {stage!r}; there are: {', '.join(STAGES)}")
    config, training = read_settings(preset, overrides)
    stages = (stage,) if stage else tuple(s for s in LISTENER_STAGES if config.pretraining or s != "pretrain")
    data = Corpora(corpus)
    for name in stages:
        loop: LoopConfig = getattr(training, name)
        if max_steps is not None:
            loop = loop.model_copy(update={"steps": max_steps})
        start = init if name == stages[0] and init is not None else _before(out, name, config)
        final = _train_stage(data, out, name, config, training, loop, start, preset, max_minutes, seed, quiet)
    return final


def _before(out: Path, stage: str, config: DimConfig) -> Path | None:
    """The checkpoint that a stage follows in the same run; None for the first stage.

    Raises:
        InputError: It is not there.
    """
    if stage == "tokenizers":
        return None
    follows = "pretrain" if stage != "pretrain" and config.pretraining else "tokenizers"
    folder = out / follows / MODEL
    if not folder.is_dir():
        raise InputError(
            f"{out}: stage {stage!r} follows {follows!r}, which was not trained here; train it first "
            f"(--stage {follows}) or give --init FOLDER"
        )
    return folder


def _train_stage(
    data: Corpora, out: Path, stage: str, config: DimConfig, training: DimTraining, loop: LoopConfig,
    start: Path | None, preset: str, max_minutes: float | None, seed: int, quiet: bool,
) -> Path:  # fmt: skip
    import torch

    from visavis.models.dim.checkpoint import save_pretrained
    from visavis.training.loop import LAST, Trained, train
    from visavis.training.pairs import PairSampler, build_pairs, space_of
    from visavis.training.windows import Batches

    started = {
        "preset": preset, "stage": stage, "init": str(start) if start else None, "seed": seed,
        "model": config.model_dump(), "training": loop.model_dump(exclude={"steps"}),
        "sound": [training.separate, training.degraded],
    }  # fmt: skip
    space, fps = space_of(data)
    with progress_bar("features", quiet) as progress:
        pairs = build_pairs(
            data, space, fps, config.encoder, out.parent / "features",
            separate=training.separate, degraded=training.degraded,
            name=data.place, progress=progress,
        )  # fmt: skip
    if stage == "speaker" and not any(entry.heard for entry in pairs.entries):
        raise InputError(
            "stage 'speaker' makes motion from speech; the corpus has no sound, or the model does not hear"
        )
    torch.manual_seed(seed)
    model = starting_model(config, space, fps, pairs, start, stage)
    resume = open_run_dir(out / stage, started, LAST)
    model.begin(stage)
    sampler = PairSampler(pairs, config.window, loop.batch, seed)
    module = Trained(model.train(), loop, lambda begin: Batches(sampler, begin), seed, max_minutes)
    hours = round(len(pairs.motion) / fps / 3600, 2)
    if not quiet:
        print(f"{stage}: {model.parameter_count:,} parameters; {len(pairs.entries)} conversations, {hours} h")

    def write(module: Trained) -> None:
        record = {
            **started, "corpus": data.name, "conversations": len(pairs.entries),
            "hours": hours, "steps": module.global_step, "minutes": round(module.minutes, 2),
            "command": " ".join(["visavis.training.train_dim", *sys.argv[1:]]),
        }  # fmt: skip
        record.pop("model")  # the checkpoint has the settings themselves
        save_pretrained(module.average, out / stage / MODEL, training=record)  # type: ignore[arg-type]

    train(module, out / stage, max_steps=loop.steps, write=write, resume=resume, quiet=quiet)
    return out / stage / MODEL


def starting_model(config: DimConfig, space: Any, fps: float, pairs: Any, start: Path | None, stage: str) -> Any:
    """A fresh model, or one with the weights of a checkpoint, under the present settings.

    From a checkpoint of the tokenizers' stage only the tokenizers are taken, so that networks of other sizes and
    ablations can share them.

    Raises:
        InputError: The checkpoint is of another space, or of other settings than can be changed.
    """
    from visavis.models.dim.checkpoint import build, from_pretrained
    from visavis.training.pairs import measure

    statistics, scales = measure(pairs, space)
    if start is None:
        return build(config, space, fps, statistics, scales)
    old = from_pretrained(start)
    if old.space.columns != space.columns or old.fps != fps:
        raise InputError(
            f"{start}: is of space {old.space.name!r} at {old.fps:g} fps; the corpus is of {space.name!r} at {fps:g}"
        )
    if old.config.tokenizer != config.tokenizer:
        raise InputError(f"{start}: its tokenizers have other settings than the preset's")
    if old.stage == "tokenizers" and stage != "tokenizers":
        new = build(config, space, fps, statistics.with_motion_of(old.statistics))
        new.tokenizers.load_state_dict(old.tokenizers.state_dict())
        return new
    for name in ("network", "encoder", "vq"):
        if getattr(old.config, name) != getattr(config, name):
            raise InputError(f"{start}: was trained with another {name!r} than the preset's")
    new = build(config, space, fps, old.statistics)
    new.load_state_dict(old.state_dict())
    return new


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.train_dim", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, action="append", help="may repeat")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stage", choices=STAGES)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--init", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--max-minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    options = vars(parser.parse_args())
    try:
        options["overrides"] = tuple(options["overrides"])
        print(train_dim(options.pop("corpus"), options.pop("out"), **options))
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()
