"""``visavis simulate``: conversations with exact ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, show
from visavis.cli.options import MOST_WORKERS, count_option, seed_option

MOST_CONVERSATIONS = 1_000_000

DIALOGUES = ("switchboard-turns", "ami-pairs", "topical-chat", "casino", "persona-chat")
"""As `visavis.simulation.dialogues.generate.SOURCES`, which is not imported for help alone."""

EXAMPLES = """Examples:

  visavis simulate -o corpus/ --conversations 10 --seconds 60

  visavis simulate -o clips/ --reactions --conversations 1896

  visavis simulate -o talks/ --dialogues switchboard-turns=turn-taking/ --dialogues casino=CaSiNo/ --conversations 100

  visavis export corpus/ --id sim-000000 --to video -o watch/
"""


def simulate(
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder for the corpus; created if missing.")],
    conversations: Annotated[int, count_option(most=MOST_CONVERSATIONS, help="How many.")] = 1,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=5,
            max=3600,
            help="Length of each conversation in seconds; with --dialogues at most so long. Default: 60.",
        ),
    ] = None,
    seed: Annotated[int, seed_option("Random seed of the first conversation; the following ones count up.")] = 0,
    voices: Annotated[
        str | None,
        typer.Option(help="Voices to draw from, comma-separated (builtin, flite:slt, kokoro:af_bella, ...)."),
    ] = None,
    workers: Annotated[
        int | None, count_option(most=MOST_WORKERS, help="Number of conversations simulated in parallel. Default: 1.")
    ] = None,
    space: Annotated[
        str, typer.Option(help="Motion space: arkit, or arkit-body, in which shoulders and arms make gestures.")
    ] = "arkit",
    reactions: Annotated[
        bool,
        typer.Option(
            "--reactions",
            help="Clips of 15.36 s in which one person speaks and the other reacts, for use with `visavis retrieve`. "
            "Silent unless --sound is given.",
        ),
    ] = False,
    sound: Annotated[
        bool, typer.Option("--sound", help="With --reactions: also synthesize the speakers' voices.")
    ] = False,
    dialogues: Annotated[
        list[str] | None,
        typer.Option(
            "--dialogues",
            metavar="NAME=FOLDER",
            help=f"Simulate the motion of real dialogues, without sound: {', '.join(DIALOGUES)}, each with the folder "
            "of the published corpus. May be repeated.",
        ),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            "--hold-out", metavar="NAME", help="With --dialogues: put the whole of this source into the test split."
        ),
    ] = None,
) -> None:
    """Simulate conversations in which every nod, glance, word and phone is known exactly."""
    from visavis.errors import InputError
    from visavis.motion.spaces import get_space
    from visavis.simulation.dyads.generate import generate
    from visavis.simulation.reactions.generate import generate_reactions

    if dialogues and (reactions or voices):
        raise InputError("--dialogues are words that others said, without sound; omit --reactions and --voices")
    if hold_out and not dialogues:
        raise InputError("--hold-out needs --dialogues")
    if reactions and (seconds is not None or voices or workers or space != "arkit"):
        raise InputError(
            "--reactions makes 15.36 s clips in 'arkit' with the built-in voices, one at a time; omit --seconds, "
            "--voices, --workers and --space"
        )
    if sound and not reactions:
        raise InputError("--sound needs --reactions; other simulated conversations always have audio")
    reporter = ConsoleReporter()
    if dialogues:
        from visavis.simulation.dialogues.generate import generate_dialogues

        generate_dialogues(
            out,
            _sources(dialogues),
            conversations=conversations,
            seconds=seconds or 60.0,
            seed=seed,
            hold_out=hold_out or (),
            workers=workers or 1,
            space=get_space(space),
            reporter=reporter,
        )
    elif reactions:
        generate_reactions(out, clips=conversations, seed=seed, sound=sound, reporter=reporter)
    else:
        generate(
            out,
            conversations=conversations,
            seconds=seconds or 60.0,
            seed=seed,
            voices=tuple(voices.split(",")) if voices else None,
            workers=workers or 1,
            space=get_space(space),
            reporter=reporter,
        )
    show(out)


def _sources(dialogues: list[str]) -> dict[str, Path]:
    """The folder of each source of dialogues.

    Raises:
        InputError: One is no NAME=FOLDER, or is given twice.
    """
    from visavis.errors import InputError

    found: dict[str, Path] = {}
    for given in dialogues:
        name, equals, folder = given.partition("=")
        if not equals or not folder:
            raise InputError(f"--dialogues {given}: pass NAME=FOLDER, such as casino=CaSiNo/")
        if name in found:
            raise InputError(f"--dialogues {name} is given twice; pass each source once")
        found[name] = Path(folder)
    return found
