"""A finished conversation in other formats."""

from __future__ import annotations

from pathlib import Path

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.reporter import SILENT, Reporter
from visavis.workflows.results import parse_results
from visavis.workflows.run_folder import results_folder, write_results


def export_conversation(conversation: Conversation, out: Path, to: str, *, reporter: Reporter = SILENT) -> list[Path]:
    """Writes the named results of a conversation that has motion, replacing earlier ones.

    Where one person's motion is not known, tables and motion.npz have the other's; scene and video show that person
    at rest.

    Raises:
        InputError: A name is unknown, or the conversation has no motion.
    """
    wanted = parse_results(to)
    without = [letter for letter, person in zip("AB", conversation, strict=True) if person.motion is None]
    if len(without) == 2:
        raise InputError(f"conversation {conversation.id!r} has no motion to export; animate it first")
    for letter in without:
        reporter.note(f"participant {letter} has no motion: at rest in scene and video, left out elsewhere")
    with results_folder(out):
        return write_results(conversation, out, wanted, reporter, skip_existing=False)
