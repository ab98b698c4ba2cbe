"""Measures Duet and writes docs/results/duet.md; every part is cached and can be run alone.

    python -m benchmarks.results_duet [--part simulated|faces|phone] [--steps N] [--model FOLDER]

Finished pieces lie in --work (default runs/results-duet) and are not made again: a run that was stopped goes on, and
the document is written anew from what there is after each part.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable
from pathlib import Path

from benchmarks.document import write_parts

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("simulated", "faces", "phone")
TITLES = {
    "simulated": "Held-out simulated conversations",
    "faces": "Real faces: do the lips follow the voice",
    "phone": "A real telephone call: do the right person's lips move",
}


def measured(name: str | None) -> dict[str, str]:
    """What is measured: the weights, which the document names, and the settings, which the cache needs besides."""
    from visavis.models import from_pretrained

    model = from_pretrained(name or "duet")
    return {"weights": str(model.provenance["weights"]), "config": model.config.model_dump_json()}


def faces(options: argparse.Namespace) -> list[str]:
    from benchmarks import lipsync
    from visavis.evaluation.lipsync import log_energy

    clips, mute = lipsync.load_clips(options.data)
    predictors = {"Duet": lipsync.duet_predictor(options.model), "log energy": log_energy}
    return [*lipsync.report(predictors, clips), f"Left out, having no sound: {', '.join(mute)}."]


def phone(options: argparse.Namespace) -> list[str]:
    from benchmarks.duet_phone import report

    return report(options.data / "phone-call", options.model)


def simulated(options: argparse.Namespace) -> list[str]:
    from benchmarks.duet_simulated import report

    return report(options)


def write_document(work: Path, path: Path) -> None:
    """Joins the parts that there are."""
    head = ["# Duet: what it can do, measured", "", "Written by `make results-duet`."]
    write_parts(path, head, {TITLES[part]: work / f"{part}.json" for part in PARTS})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this part")
    parser.add_argument("--model", help="checkpoint folder; the built-in weights unless given")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="real recordings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "results-duet")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "duet.md")
    parser.add_argument("--corpus", type=Path, help="training corpus of the ablations; simulated unless given")
    parser.add_argument("--train", type=int, default=90, help="conversations simulated to train the ablations on")
    parser.add_argument("--test", type=int, default=8, help="held-out conversations")
    parser.add_argument("--seconds", type=float, default=40.0, help="length of each")
    parser.add_argument("--voices", default="builtin", help="voices of simulated corpora, by comma")
    parser.add_argument("--steps", type=int, default=300, help="training steps of each ablation; 0 leaves them out")
    parser.add_argument("--again", action="store_true", help="measure again what is cached")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    model = measured(options.model)
    measures: dict[str, Callable[[argparse.Namespace], list[str]]] = {
        "simulated": simulated, "faces": faces, "phone": phone,
    }  # fmt: skip
    for part in [options.part] if options.part else PARTS:
        stored = options.work / f"{part}.json"
        key = {**model, "steps": options.steps if part == "simulated" else None}
        if stored.is_file() and not options.again:
            earlier = json.loads(stored.read_text("utf-8"))
            if {k: earlier.get(k) for k in key} == key:
                print(f"{part}: measured before ({stored})")
                continue
        print(f"== {part}", flush=True)
        lines = measures[part](options)
        words = ["python", "-m", "benchmarks.results_duet", "--part", part]
        command = shlex.join([*words, *(("--model", options.model) if options.model else ())])
        stored.write_text(json.dumps({**key, "command": command, "lines": lines}, indent=1), "utf-8")
        print("\n".join(lines))
        write_document(options.work, options.out)
    write_document(options.work, options.out)
    print(options.out)


if __name__ == "__main__":
    main()
