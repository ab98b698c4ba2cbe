"""``visavis retrieve``: clips of listeners whose reaction fits what was said and what the listener wants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, show, show_json
from visavis.cli.options import seed_option

EXAMPLES = """Examples:

  visavis retrieve "My cat passed away yesterday" --goal "be supportive" --corpus corpus/

  visavis retrieve "I got the job!" --goal "is jealous" --corpus corpus/ -k 8 -o out/

  visavis retrieve --speaker talk.mp4 --goal "be shy and reserved" --corpus corpus/ --moments -o out/

  visavis retrieve --description "a broad smile, brows raised" --corpus videos/ --json

  visavis retrieve "We have to let you go" --corpus corpus/ --language-model http://localhost:8000/v1
"""


def retrieve(
    corpus: Annotated[
        Path,
        typer.Option(
            "--corpus",
            help="Where to search: a corpus written by simulate, import, extract or curate, or a folder of videos.",
        ),
    ],
    transcript: Annotated[
        str | None,
        typer.Argument(metavar="[WORDS]", help="What the speaker says. Default: transcribed from --speaker."),
    ] = None,
    goal: Annotated[
        str, typer.Option("--goal", help="The listener's goal or character, in your own words.")
    ] = "be socially correct",
    k: Annotated[int, typer.Option("-k", help="Number of clips to return.")] = 5,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Output folder for a contact sheet, a video and a JSON file; created if missing."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    speaker: Annotated[
        Path | None,
        typer.Option(
            help="Audio or video recording of the speaker: voice and face are taken into account, and it is shown "
            "beside the clips."
        ),
    ] = None,
    moments: Annotated[
        bool,
        typer.Option(
            "--moments", help="Describe the turn moment by moment, so that e.g. a laugh follows the punch line."
        ),
    ] = False,
    description: Annotated[
        str | None,
        typer.Option(help='How the listener should look, e.g. "a broad smile"; no language model is used then.'),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Encoder that matches text and clips: built-in, a folder or Hub id of a motion-text encoder, clip "
            "(ViT-B/32) or clip:FOLDER-OR-ID.",
        ),
    ] = "built-in",
    language_model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Language model that describes the reaction: built-in, examples (no model), an http(s) URL, a "
            "folder or a Hub id.",
        ),
    ] = "built-in",
    videos: Annotated[
        Path | None, typer.Option(help="Folder of the corpus's videos, for CLIP, which reads images.")
    ] = None,
    seed: Annotated[int, seed_option("Random seed; the same seed gives the same description.")] = 0,
) -> None:
    """Retrieve clips of listeners who react to given words as a listener with a given goal would.

    A language model states what the words communicate, which expression is fitting and how the goal changes it; the
    best-matching clips follow. A corpus is indexed on first use; the index is stored beside it.
    """
    from visavis.workflows.retrieve import RetrieveRequest, lines, run

    request = RetrieveRequest(
        corpus=corpus, transcript=transcript, goal=goal, k=k, speaker=speaker, moments=moments,
        description=description, encoder=encoder, language_model=language_model, videos=videos, seed=seed,
    )  # fmt: skip
    result = run(request, out, reporter=ConsoleReporter())
    if as_json:
        show_json(result.retrieved.as_dict() | {"files": list(map(str, result.files))})
        return
    for line in lines(result.retrieved):
        show(line)
    for path in result.files:
        show(path)
