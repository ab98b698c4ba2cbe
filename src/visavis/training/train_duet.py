"""Trains Duet: ``python -m visavis.training.train_duet --corpus DIR --out DIR`` (also ``visavis train duet``)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from visavis.errors import InputError, MissingExtraError
from visavis.models.duet.config import parse_config, read_preset
from visavis.training.config import parse_training
from visavis.training.run import MODEL, RUN, Corpora, open_run_dir, progress_bar


def train_duet(
    corpus: Path | Sequence[Path], out: Path, *, preset: str = "small", stage: int = 1, init: Path | None = None,
    overrides: tuple[str, ...] = (), max_steps: int | None = None, max_minutes: float | None = None, seed: int = 0,
    quiet: bool = False,
) -> Path:  # fmt: skip
    """Trains, or goes on with the training that `out` holds.

    Args:
        corpus: Folder of a corpus with motion (`visavis.conversation.corpus`), or several.
        out: Folder of the run: settings, log.csv, last.ckpt (to go on from) and model/ (the averaged weights).
        preset: Name or YAML file.
        stage: 1 trains on whole conversations; 2 fine-tunes on the lips of the person who speaks (section 3.4).
        init: Checkpoint folder whose weights to start from; stage 2 needs one.
        overrides: ``a.b=value`` changes of settings.
        max_steps: Steps in all, instead of the preset's.
        max_minutes: Minutes of training in all; the learning rate is annealed to end there.
        seed: Decides weights, batches and noise.
        quiet: No progress bars.

    Returns:
        The checkpoint folder.

    Raises:
        InputError: Settings, corpus or run folder cannot be used.
    """
    try:
        import lightning  # noqa: F401
    except ImportError:
        raise MissingExtraError("training", "train") from None
    import torch

    from visavis.models.duet.checkpoint import from_pretrained, save_pretrained
    from visavis.models.duet.model import Duet
    from visavis.training.loop import LAST, Trained, train
    from visavis.training.shards import build_shards
    from visavis.training.windows import Batches, WindowSampler, measure

    values = read_preset(preset, overrides)
    settings = dict(values.pop("training", None) or {})
    if max_steps is not None:
        settings["steps"] = max_steps
    training = parse_training(settings, f"preset {preset}")
    config = parse_config(values, f"preset {preset}")
    if stage == 2 and init is None:
        raise InputError("stage 2 starts from a trained model; give --init FOLDER")
    started = {
        "preset": preset, "stage": stage, "init": str(init) if init else None, "seed": seed,
        "model": config.model_dump(), "training": training.model_dump(exclude={"steps", "accumulate"}),
    }  # fmt: skip
    data = Corpora(corpus)
    resume = open_run_dir(out, started, LAST)
    torch.manual_seed(seed)
    with progress_bar("features", quiet) as progress:
        shards = build_shards(
            data, config, out.parent / "features", training=training, name=data.place, progress=progress
        )
    if init is not None:
        model = from_pretrained(init)
        if model.config.space != config.space or model.config.audio_dim != config.audio_dim:
            raise InputError(f"{init}: was trained for another motion space or other audio features")
        if model.config.network != config.network:
            raise InputError(f"{init}: is a network of other sizes than preset {preset}")
        model = _with_settings(model, config)
    else:
        model = Duet(config, measure(shards, config))
    sampler = WindowSampler(shards, config, training, float(model.gaze_threshold), seed, stage)
    module = Trained(model.train(), training, lambda start: Batches(sampler, start), seed, max_minutes)
    if not quiet:
        hours = len(shards.motion) / config.fps / 3600
        print(f"{model.parameter_count:,} parameters; {len(shards.entries)} conversations, {hours:.2f} h", flush=True)

    def write(module: Trained) -> None:
        record = {
            **started, "corpus": data.name, "conversations": len(shards.entries),
            "hours": round(len(shards.motion) / config.fps / 3600, 2), "steps": module.global_step,
            "minutes": round(module.minutes, 2), "command": " ".join(["visavis.training.train_duet", *sys.argv[1:]]),
        }  # fmt: skip
        record.pop("model")  # the checkpoint has the settings themselves
        save_pretrained(module.average, out / MODEL, training=record)  # type: ignore[arg-type]

    train(module, out, max_steps=training.steps, write=write, resume=resume, quiet=quiet)
    return out / MODEL


def _with_settings(model: Any, config: Any) -> Any:
    """The same weights and statistics under other losses and sampling."""
    from visavis.models.duet.model import Duet

    new = Duet(config, model.statistics)
    new.load_state_dict(model.state_dict())
    return new


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.train_duet", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, action="append", help="may repeat")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--stage", type=int, choices=(1, 2), default=1)
    parser.add_argument("--init", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--resume", action="store_true", help="insist that there is a training to go on with")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--max-minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    options = vars(parser.parse_args())
    try:
        if options.pop("resume") and not (options["out"] / RUN).is_file():
            raise InputError(f"{options['out']}: holds no training to resume")
        options["overrides"] = tuple(options["overrides"])
        print(train_duet(options.pop("corpus"), options.pop("out"), **options))
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()
