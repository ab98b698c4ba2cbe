"""With which voices a talk is heard."""

from __future__ import annotations

from collections.abc import Sequence

from visavis.models.mars.timing import estimate
from visavis.reporter import SILENT, Reporter
from visavis.simulation.voices.marks import Spoken, Synthesiser, get_synthesiser, quick_voices

NONE = "none"


class Estimates:
    """Nobody speaks: words last as long as they usually do in telephone calls (`visavis.models.mars.timing`)."""

    name = NONE

    def speak(self, words: Sequence[str]) -> Spoken:
        """See `visavis.simulation.voices.marks.Synthesiser`."""
        return Spoken(estimate(words), None)


def voices_of_talk(name: str | None = None, reporter: Reporter = SILENT) -> tuple[Synthesiser, Synthesiser]:
    """The voices of the user and of the one who answers.

    Args:
        name: The answering voice (see `visavis.simulation.voices.marks.get_synthesiser`), ``none`` for no sound;
            unless given, an installed voice that speaks without delay.
        reporter: Is told if there is none.

    Raises:
        InputError: There is no such voice, or what it needs is not installed.
    """
    if name == NONE:
        return Estimates(), Estimates()
    quick = quick_voices()
    if name is not None:
        answering = get_synthesiser(name)
        other = next((each for each in quick or () if each != answering.name), name)
        return get_synthesiser(other), answering
    if quick is None:
        reporter.note(
            "no speech synthesiser is installed (apt install espeak-ng): there is no sound, and words have estimated "
            "times; --voice builtin speaks with a simple built-in voice"
        )
        return Estimates(), Estimates()
    return get_synthesiser(quick[0]), get_synthesiser(quick[1])
