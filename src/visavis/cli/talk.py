"""``visavis talk``: a conversation with somebody who answers in words, face and gestures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visavis.cli.console import ConsoleReporter, complain, say, show, show_json, show_part
from visavis.cli.guard import REFUSED
from visavis.cli.options import seed_option
from visavis.errors import InputError
from visavis.formats.registry import only_help

if TYPE_CHECKING:
    from visavis.generation.talk.delivery import Delivered, Event
    from visavis.workflows.talk import TalkListener

EXAMPLES = """Examples:

  visavis talk

  visavis talk --persona "an old sailor" --goal "sell the boat" -o out/

  visavis talk --input talk.wav -o out/

  echo "We won the game!" | visavis talk --json
"""

PROMPT = "you: "


def talk(
    answered: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="IN",
            help="Answer this once instead of what is typed: a recording (any audio or video format), or the folder of "
            "a conversation, such as an earlier -o. Whoever spoke last is answered.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for the results, as of `animate`; created if missing."),
    ] = None,
    persona: Annotated[str | None, typer.Option(help="Who answers, in words.")] = None,
    goal: Annotated[str | None, typer.Option(help="What the one who answers is after, in words.")] = None,
    voice: Annotated[
        str | None,
        typer.Option(
            help="Voice of the answers: espeak:VOICE, flite:VOICE, kokoro:VOICE, builtin:VOICE, or none for no sound. "
            "Default: eSpeak NG or Flite if installed."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON per event: words with times, codes with times.")
    ] = False,
    only: Annotated[str | None, typer.Option(help=only_help())] = None,
    seed: Annotated[int, seed_option("Random seed; the same turns and seed give the same answers.")] = 0,
    model: Annotated[
        str | None, typer.Option(help="Checkpoint folder or Hub id of a MARS model. Default: the built-in MARS.")
    ] = None,
    device: Annotated[
        str, typer.Option(help="Device to run the model on: cpu, cuda, or auto (a GPU if available).")
    ] = "auto",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Overwrite results of another talk in the output folder.")
    ] = False,
) -> None:
    """Talk with a character: type turns, or pipe them in line by line; Ctrl-D or Ctrl-C ends the talk."""
    from visavis.workflows.talk import TalkRequest, run

    if out is None and (only is not None or overwrite):
        raise InputError("--only and --overwrite are about the results of -o; add -o DIR")
    request = TalkRequest(
        inputs=() if answered is None else (answered,), model=model, persona=persona, goal=goal, seed=seed, voice=voice,
        device=device,
    )  # fmt: skip
    listener: TalkListener = _Lines() if as_json else _Words()
    result = run(request, _turns(), out, only=only, overwrite=overwrite, listener=listener, reporter=ConsoleReporter())
    if result.written is not None:
        for path in result.written.files:
            (say if as_json else show)(str(path))
        say(f"{result.written.duration:.1f} s of conversation written in {result.written.seconds:.1f} s")
    if result.failures and not sys.stdin.isatty():
        raise typer.Exit(REFUSED)


def _turns() -> Iterator[str]:
    """What is typed, or the lines of standard input."""
    if not sys.stdin.isatty():
        for line in sys.stdin.buffer:
            yield line.decode(errors="surrogateescape").removesuffix("\n").removesuffix("\r")
        return
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            show()
            return


class _Words:
    """Words as they come; what is shown in brackets after them."""

    def hear(self, event: Event) -> None:
        from visavis.generation.talk.delivery import Made

        if isinstance(event, Made):
            show_part(f"{event.word} ")

    def end(self, answer: Delivered, shown: str) -> None:
        if answer.turn.words:
            show()
        if shown or not answer.turn.words:
            show(f"  [{shown or 'says nothing'}]")

    def fail(self, error: InputError) -> None:
        complain(str(error))


@dataclass
class _Lines:
    """An object of JSON per line; times are seconds on the clock of the whole talk."""

    start: float = 0.0

    def hear(self, event: Event) -> None:
        from visavis.generation.talk.delivery import Begun, Made, Said

        if isinstance(event, Begun):
            self.start = event.start
            self._tell("begin", start=self._time(0.0))
        elif isinstance(event, Made):
            self._tell("text", text=event.word)
        elif isinstance(event, Said):
            word = event.word
            self._tell("word", word=word.text, start=self._time(word.start), end=self._time(word.end))
        else:
            self._tell(
                "codes", start=self._time(event.start), end=self._time(event.end), face=list(event.step.face),
                body=list(event.step.body),
            )  # fmt: skip

    def end(self, answer: Delivered, shown: str) -> None:
        self._tell("end", end=self._time(answer.duration), shows=shown, stopped=answer.stopped)

    def fail(self, error: InputError) -> None:
        complain(str(error))
        self._tell("error", error=str(error))

    def _time(self, seconds: float) -> float:
        return round(self.start + seconds, 3)

    def _tell(self, event: str, **values: Any) -> None:
        show_json({"event": event, **values})
