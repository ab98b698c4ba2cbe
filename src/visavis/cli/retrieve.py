"""``visavis retrieve``: clips of listeners whose reaction fits what was said and what the listener wants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
            "--corpus", help="Where to look: what simulate, import, extract or curate wrote, or a folder of videos."
        ),
    ],
    transcript: Annotated[
        str | None, typer.Argument(metavar="[WORDS]", help="What the speaker says; heard in --speaker unless given.")
    ] = None,
    goal: Annotated[
        str, typer.Option("--goal", help="What the listener wants or is, in any words.")
    ] = "be socially correct",
    k: Annotated[int, typer.Option("-k", help="How many clips.")] = 5,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for a contact sheet, a video and a JSON file; made if missing."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    speaker: Annotated[
        Path | None,
        typer.Option(help="A recording of the speaker, sound or video: voice and face count, and it is shown."),
    ] = None,
    moments: Annotated[
        bool, typer.Option("--moments", help="Describe the turn in parts, so that a laugh follows the punch line.")
    ] = False,
    description: Annotated[
        str | None,
        typer.Option(help='How the listener is to look, as in "a broad smile"; no language model is then asked.'),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What compares words and clips: built-in, a folder or Hub id of a motion-text encoder, clip "
            "(ViT-B/32) or clip:FOLDER-OR-ID.",
        ),
    ] = "built-in",
    language_model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What describes: built-in, examples (no model), an http(s) address, a folder or a Hub id.",
        ),
    ] = "built-in",
    videos: Annotated[
        Path | None, typer.Option(help="Folder of the corpus's videos, for CLIP, which looks at pictures.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same description.")] = 0,
) -> None:
    """Find clips of listeners who react to words as somebody with a goal would.

    A language model says what the words communicate, which expression is fitting, and how the goal changes it; then
    come the clips that show it. A corpus is indexed at the first time; the index stays beside it.
    """
    import json

    from visavis.cli.console import ConsoleReporter
    from visavis.workflows.retrieve import RetrieveRequest, lines, run

    request = RetrieveRequest(
        corpus=corpus, transcript=transcript, goal=goal, k=k, speaker=speaker, moments=moments,
        description=description, encoder=encoder, language_model=language_model, videos=videos, seed=seed,
    )  # fmt: skip
    result = run(request, out, reporter=ConsoleReporter())
    if as_json:
        typer.echo(json.dumps(result.retrieved.as_dict() | {"files": list(map(str, result.files))}, ensure_ascii=False))
        return
    for line in lines(result.retrieved):
        typer.echo(line)
    for path in result.files:
        typer.echo(path)
