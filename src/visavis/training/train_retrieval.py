"""Trains the encoder of motion and text: ``python -m visavis.training.train_retrieval --out DIR``.

The same as ``visavis train retrieval``. Clips are simulated and put into words here, so no corpus is needed. A run's
folder holds settings, log.csv, last.ckpt (to go on from) and model/; clips and the vectors of clauses lie beside it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from visavis.errors import InputError, MissingExtraError
from visavis.models.retrieval.config import MotionTextConfig, parse_config, read_preset
from visavis.settings import Section, validate
from visavis.training.config import LoopConfig
from visavis.training.run import MODEL, open_run_dir, progress_bar


class RetrievalTraining(Section):
    """Settings of the data and of the loop.

    Attributes:
        clips: How many to make.
        captions: Of each clip's whole.
        loop: Batches, steps, rate.
    """

    clips: int = Field(8000, ge=8)
    captions: int = Field(4, ge=1, le=6)
    loop: LoopConfig = LoopConfig()  # type: ignore[call-arg]


def read_settings(preset: str, overrides: tuple[str, ...] = ()) -> tuple[MotionTextConfig, RetrievalTraining]:
    """The model's and the training's settings of a preset or YAML file, with changes.

    Raises:
        InputError: There is no such preset, or a setting does not exist or does not fit.
    """
    values = read_preset(preset, overrides)
    training = validate(RetrievalTraining, values.pop("training", None) or {}, f"preset {preset}", "training")
    return parse_config(values, f"preset {preset}"), training


def train_retrieval(
    out: Path, *, preset: str = "small", overrides: tuple[str, ...] = (), max_steps: int | None = None,
    max_minutes: float | None = None, seed: int = 0, workers: int = 1, quiet: bool = False,
) -> Path:  # fmt: skip
    """Trains, or goes on with the training that `out` holds.

    Args:
        out: Folder of the run.
        preset: Name or YAML file.
        overrides: ``a.b=value`` changes of settings.
        max_steps: Steps in all, instead of the preset's.
        max_minutes: Minutes of training in all, without the making of clips; the learning rate is annealed to end
            there.
        seed: Decides clips, words, weights and batches.
        workers: Processes that make clips.
        quiet: No progress bars.

    Returns:
        The checkpoint folder.

    Raises:
        InputError: Settings or folders cannot be used, or the sentence embedding cannot be had.
    """
    try:
        import lightning  # noqa: F401
        import torch
    except ImportError:
        raise MissingExtraError("training", "train") from None
    from visavis.language.embedding import sentence_similarity
    from visavis.models.retrieval.features import COLUMNS
    from visavis.models.retrieval.motion_text import save_network
    from visavis.models.retrieval.motion_text_network import MotionTextNetwork
    from visavis.training.loop import LAST, Trained, train
    from visavis.training.retrieval_captions import make_captions
    from visavis.training.retrieval_clips import make_clips
    from visavis.training.retrieval_learner import RetrievalLearner, RetrievalSampler
    from visavis.training.windows import Batches

    config, training = read_settings(preset, overrides)
    if config.portions < 1:
        raise InputError("portions: training needs at least 1, since parts of clips have words of their own")
    loop = training.loop if max_steps is None else training.loop.model_copy(update={"steps": max_steps})
    started: dict[str, Any] = {
        "preset": preset, "seed": seed, "model": config.model_dump(mode="json"),
        "clips": training.clips, "captions": training.captions, "training": loop.model_dump(exclude={"steps"}),
    }  # fmt: skip
    sentences = sentence_similarity()
    resume = open_run_dir(out, started, LAST)
    with progress_bar("clips", quiet) as progress:
        clips = make_clips(
            out.parent / "clips", training.clips, seed, config.portions, workers=workers, progress=progress
        )
    with progress_bar("words", quiet) as progress:
        captions = make_captions(
            clips.facts, training.captions, seed, sentences, out.parent / "words", progress=progress
        )
    torch.manual_seed(seed)
    network = MotionTextNetwork(len(COLUMNS), config)
    every = np.concatenate([rows.astype(np.float32) for rows in clips.rows[:1000]])
    network.feature_mean = torch.from_numpy(every.mean(0))
    network.feature_std = torch.from_numpy(np.maximum(every.std(0), 0.02))
    sampler = RetrievalSampler(clips, captions, loop.batch, seed)
    module = Trained(RetrievalLearner(network), loop, lambda begin: Batches(sampler, begin), seed, max_minutes)
    if not quiet:
        count = sum(p.numel() for p in network.parameters())
        print(f"{count:,} parameters; {len(clips)} clips, {len(captions.claimed)} captions")

    def write(module: Trained) -> None:
        record = {
            **started, "captions made": len(captions.claimed), "clauses": len(captions.vectors),
            "steps": module.global_step, "minutes": round(module.minutes, 2),
            "command": " ".join(["visavis.training.train_retrieval", *sys.argv[1:]]),
        }  # fmt: skip
        record.pop("model")  # the checkpoint has the settings themselves
        average: Any = module.average
        save_network(average.network, out / MODEL, training=record)

    train(module, out, max_steps=loop.steps, write=write, resume=resume, quiet=quiet)
    return out / MODEL


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.train_retrieval", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--max-minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quiet", action="store_true")
    options = vars(parser.parse_args())
    try:
        options["overrides"] = tuple(options["overrides"])
        print(train_retrieval(options.pop("out"), **options))
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()
