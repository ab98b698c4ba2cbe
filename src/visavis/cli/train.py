"""``visavis train``: models from corpora; the same command on two cores and on a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train models. Every run resumes where it stopped.", no_args_is_help=True)
OPTIONS = {
    "motion-text": ("preset", "set_", "max_steps", "workers"),
    "visual-prompt": ("pairs", "corpus", "videos", "language_model", "clip"),
}
"""Options of `retrieval` that only one of its models has."""


@app.command()
def duet(
    corpus: Annotated[Path, typer.Option(help="A corpus of conversations with motion, such as `simulate` writes.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run: checkpoints, log, final weights.")],
    preset: Annotated[str, typer.Option(help="debug, small, paper, or a YAML file.")] = "small",
    stage: Annotated[int, typer.Option(min=1, max=2, help="1: whole conversations; 2: lips only.")] = 1,
    init: Annotated[Path | None, typer.Option(help="A checkpoint folder to start from (stage 2).")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting: a.b=c; may repeat.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train the Duet model of Talking Together."""
    from visavis.training.train_duet import train_duet

    train_duet(
        corpus, out, preset=preset, stage=stage, init=init, overrides=tuple(set_ or ()), max_steps=max_steps, seed=seed,
    )  # fmt: skip
    typer.echo(out)


@app.command()
def tokenizer(
    corpus: Annotated[Path, typer.Option(help="A corpus of conversations with motion, such as `simulate` writes.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run: checkpoints, log, final weights.")],
    preset: Annotated[
        str,
        typer.Option(
            help="conv-, transformer- or actions-, then debug, small or paper (conv-paper-face, conv-paper-body), "
            "or a YAML file."
        ),
    ] = "conv-small",
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting: a.b=c; may repeat.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train a motion tokenizer, which turns motion into codes and back."""
    from visavis.training.train_tokenizer import train_tokenizer

    train_tokenizer(corpus, out, preset=preset, overrides=tuple(set_ or ()), max_steps=max_steps, seed=seed)
    typer.echo(out)


@app.command()
def dim(
    corpus: Annotated[Path, typer.Option(help="A corpus of conversations with motion, such as `simulate` writes.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run, with one folder per stage.")],
    stage: Annotated[
        str | None,
        typer.Option(
            help="tokenizers, pretrain, listener or speaker; each starts from the one before it in the run. Unless "
            "given, the three that a listener needs."
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="debug, small, paper, or a YAML file.")] = "small",
    init: Annotated[
        Path | None, typer.Option(help="A checkpoint folder to start from, instead of the stage before.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting: a.b=c; may repeat.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop each stage after so many steps.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train DIM: listeners who answer a speaker, or speakers from speech."""
    from visavis.training.train_dim import train_dim

    done = train_dim(
        corpus, out, stage=stage, preset=preset, init=init, overrides=tuple(set_ or ()), max_steps=max_steps, seed=seed,
    )  # fmt: skip
    typer.echo(done)


@app.command()
def retrieval(
    context: typer.Context,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run: checkpoints, log, final weights.")],
    model: Annotated[
        str,
        typer.Option(
            help="motion-text, the built-in encoder, whose clips and captions are simulated; or visual-prompt, which "
            "adapts a CLIP to pictures of listeners."
        ),
    ] = "motion-text",
    preset: Annotated[str, typer.Option(help="motion-text: debug, small, or a YAML file.")] = "small",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="motion-text: override a setting: a.b=c; may repeat.")
    ] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="motion-text: stop after so many steps.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="motion-text: processes that make clips.")] = 2,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help='visual-prompt: file with a line of JSON per listener: {"pictures": [...], "fitting": "...", '
            '"contrary": ["..."]}.'
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="visual-prompt: folder of a corpus from which pairs are made, into pairs/ beside the run: a language "
            "model says what fits what each listener is told, and what would be rude."
        ),
    ] = None,
    videos: Annotated[
        Path | None,
        typer.Option(help="visual-prompt: folder of the corpus's videos; otherwise the neutral character is drawn."),
    ] = None,
    language_model: Annotated[
        str, typer.Option(metavar="NAME", help="visual-prompt: built-in, an http(s) address, a folder or a Hub id.")
    ] = "built-in",
    clip: Annotated[str | None, typer.Option(help="visual-prompt: folder or Hub id of the CLIP.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train what puts descriptions and clips of listeners into one space, for `visavis retrieve`."""
    from visavis.errors import InputError

    _need_own(context, model)
    if model == "motion-text":
        from visavis.training.train_retrieval import train_retrieval

        done = train_retrieval(
            out, preset=preset, overrides=tuple(set_ or ()), max_steps=max_steps, seed=seed, workers=workers
        )
    elif model == "visual-prompt":
        if (pairs is None) == (corpus is None):
            raise InputError("--model visual-prompt learns from pictures with words; give either --pairs or --corpus")
        from visavis.models.retrieval.clip_encoder import REFERENCE, load_clip
        from visavis.training.train_visual_prompt import train_visual_prompt

        if corpus is not None:
            load_clip(clip or REFERENCE)  # pairs may take hours, and are for nothing where it cannot be had
            from visavis.cli.console import progress_bar
            from visavis.models.retrieval.describer import Describer
            from visavis.training.prompt_pairs import make_pairs

            with progress_bar("pairs") as progress:
                pairs = make_pairs(
                    corpus, out.parent / "pairs", Describer(language_model), videos=videos, seed=seed, progress=progress
                )
        assert pairs is not None
        done = train_visual_prompt(pairs, out, clip=clip or REFERENCE, seed=seed)
    else:
        raise InputError(f"no retrieval model is called {model!r}; there are motion-text and visual-prompt")
    typer.echo(done)


def _need_own(context: typer.Context, model: str) -> None:
    """Raises `InputError` where an option is given that belongs to another model than the one to be trained."""
    from visavis.errors import InputError

    for other, names in OPTIONS.items():
        given = [name for name in names if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]
        if other != model and model in OPTIONS and given:
            option = "--" + given[0].strip("_").replace("_", "-")
            raise InputError(f"{option} belongs to --model {other}; leave it out, or train that")
