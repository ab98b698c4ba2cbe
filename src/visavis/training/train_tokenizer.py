"""Trains a motion tokenizer (``visavis train tokenizer``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from visavis.errors import MissingExtraError
from visavis.settings import validate
from visavis.training.config import LoopConfig
from visavis.training.run import MODEL, Corpora, open_run_dir, progress_bar


def train_tokenizer(
    corpus: Path | Sequence[Path], out: Path, *, preset: str = "conv-small", overrides: tuple[str, ...] = (),
    max_steps: int | None = None, max_minutes: float | None = None, seed: int = 0, quiet: bool = False,
) -> Path:  # fmt: skip
    """Trains, or goes on with the training that `out` holds.

    Both people of every conversation count, each for themselves; whoever has no motion is left out.

    Args:
        corpus: Folder of a corpus with motion (`visavis.conversation.corpus`), or several.
        out: Folder of the run: settings, log.csv, last.ckpt (to go on from) and model/.
        preset: Name or YAML file.
        overrides: ``a.b=value`` changes of settings.
        max_steps: Steps in all, instead of the preset's.
        max_minutes: Minutes of training in all; the learning rate is annealed to end there.
        seed: Decides weights and batches.
        quiet: No progress bars.

    Returns:
        The checkpoint folder.

    Raises:
        InputError: Settings, corpus or run folder cannot be used.
    """
    from visavis.motion import get_space
    from visavis.tokenizers.checkpoint import save_pretrained
    from visavis.tokenizers.config import parse_config, read_preset
    from visavis.training.motion_windows import build_rows

    values = read_preset(preset, overrides)
    settings = dict(values.pop("training", None) or {})
    if max_steps is not None:
        settings["steps"] = max_steps
    training = validate(LoopConfig, settings, f"preset {preset}", "training")
    config = parse_config(values, f"preset {preset}")
    space = get_space(config.space)
    started = {
        "preset": preset, "seed": seed, "model": config.model_dump(),
        "training": training.model_dump(exclude={"steps"}),
    }  # fmt: skip
    data = Corpora(corpus)
    with progress_bar("motion", quiet) as progress:
        rows = build_rows(
            data, space, config.fps, config.smooth, out.parent / "features",
            name=data.place, progress=progress,
        )  # fmt: skip
    record = {
        "preset": preset, "seed": seed, "corpus": data.name,
        "people": len(rows.spans), "hours": round(len(rows.motion) / config.fps / 3600, 2),
    }  # fmt: skip
    resume = open_run_dir(out, started, "last.ckpt")
    if config.family == "actions":  # percentiles are all there is to know
        from visavis.tokenizers.checkpoint import build

        return save_pretrained(build(config, rows.measure(space)), out / MODEL, training=record)
    fit(config, training, rows, space, out, record, resume, max_minutes, seed, quiet)
    return out / MODEL


def fit(
    config: Any, training: LoopConfig, rows: Any, space: Any, out: Path, record: dict[str, Any], resume: bool,
    max_minutes: float | None, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Trains a VQ-VAE on motion at hand; what is exported tells how its codebook fared.

    Args:
        config: Settings of the tokenizer.
        training: Of the loop.
        rows: The motion.
        space: What its columns mean.
        out: Folder of the run.
        record: Facts for the model card.
        resume: Whether to go on from the last save in `out`.
        max_minutes: Minutes of training in all.
        seed: Decides weights and batches.
        quiet: No progress bar.
    """
    try:
        import lightning  # noqa: F401
    except ImportError:
        raise MissingExtraError("training", "train") from None
    import torch

    from visavis.tokenizers.checkpoint import build, save_pretrained
    from visavis.training.loop import Trained, train
    from visavis.training.motion_windows import MotionSampler
    from visavis.training.windows import Batches

    class TrainedTokenizer(Trained):
        def losses(self, batch: Any, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
            # The codebook draws what replaces dead codes from PyTorch's own generator.
            torch.manual_seed(generator.initial_seed() % 2**63)
            losses = self.model.loss(batch.values, batch.frames)  # type: ignore[operator]
            health: Any = self.model.codebook.recent  # type: ignore[union-attr]
            shown = {"usage": health.usage, "perplexity": health.perplexity}
            return losses.total, {**losses.parts, **{k: torch.tensor(v) for k, v in shown.items()}}

    torch.manual_seed(seed)
    model = build(config, rows.measure(space))
    if not quiet:
        count = sum(p.numel() for p in model.parameters())
        print(f"{count:,} parameters; {record['people']} people, {record['hours']} h", flush=True)
    sampler = MotionSampler(rows, config.window, training.batch, seed)
    module = TrainedTokenizer(model.train(), training, lambda start: Batches(sampler, start), seed, max_minutes)

    def write(module: Trained) -> None:
        health: Any = module.model.codebook.recent  # type: ignore[union-attr]
        facts = {
            **record, "steps": module.global_step, "minutes": round(module.minutes, 2),
            "codes used": f"{health.usage:.0%}", "perplexity": round(health.perplexity, 1),
        }  # fmt: skip
        save_pretrained(module.average, out / MODEL, training=facts)  # type: ignore[arg-type]

    train(module, out, max_steps=training.steps, write=write, resume=resume, quiet=quiet)
