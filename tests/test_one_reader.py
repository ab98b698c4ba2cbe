"""Files that others wrote are opened in one place, `visavis.reading`, with limits and a line for what is wrong."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "visavis"
ELSEWHERE = {
    r"yaml\.(safe_)?load\(": {
        # files of the package itself
        "assets/manifest.py", "behavior/rates.py", "corpora/chat_timing.py", "models/retrieval/attitudes.py",
        "models/retrieval/captions.py", "models/retrieval/prompting.py", "models/weights.py",
        "perception/safety/word_list.py",
        "perception/sentiment/prototypes.py", "scene/examples.py", "simulation/dyads/parameters.py",
        "simulation/reactions/expressions.py", "simulation/reactions/situations.py",
    },
    r"json\.loads?\(": {
        "conversation/corpus_schema.py",  # cells of tables, under a limit of their own
        "simulation/voices/espeak_process.py",  # what its own parent wrote; it runs without the package
        "corpora/curation/funnel.py",  # cells of a table that visavis wrote
        "training/run.py", "workflows/benchmark/kept.py",  # values that were just written, as JSON has them
    },
    r"pq\.(read_\w+|Parquet(File|Dataset))\(|feather\.|dataset\.dataset\(": {
        "parquet.py", "simulation/dyads/recordings.py",  # public recordings, from which shipped parameters are fitted
    },
    r"\b(pd|pandas)\.read_\w+\(": {"conversation/corpus_schema.py"},  # an example in its docstring
    r"csv\.(Dict)?[rR]eader\(": {
        "tables.py",
        "preference/tables.py", "training/train_log.py",  # which go on with what a power cut left
    },
    r"Image\.open\(": {"media/stills.py", "bodies/paint.py"},  # the second reads textures of the package `anny`
    r"np\.(fromfile|memmap)\(|open_memmap\(": {
        "training/store.py", "models/retrieval/indexing.py", "models/retrieval/nearest.py",  # written by ourselves
        "media/transport.py",  # packets of a size that no header tells
    },
    r"np\.load\(": {"simulation/voices/kokoro.py"},  # an asset, by its sha256
    r"torch\.load\(": {
        "corpora/lm_listener.py", "perception/speaker.py", "training/state.py",  # all with weights_only
    },
    r"pickle\.loads?\(|Unpickler\(": {"corpora/curation/ray_engine.py", "pickles.py"},  # between our own processes
    r"safe_open\(|load_file\(": {"checkpoint.py", "language/embedding.py", "motion/mapping.py", "workflows/info.py"},
}  # fmt: skip
"""What opens files by itself, and where that is right."""


@pytest.mark.parametrize("pattern", ELSEWHERE)
def test_nothing_else_opens_files_by_itself(pattern):
    found = {
        str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if re.search(pattern, path.read_text("utf-8"))
    }
    assert found - {"reading.py"} <= ELSEWHERE[pattern]
