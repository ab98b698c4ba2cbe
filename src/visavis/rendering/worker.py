"""A process that renders segments: ``python -m visavis.rendering.worker FOLDER WIDTHxHEIGHT START-STOP...``."""

from __future__ import annotations

import sys
from pathlib import Path

from visavis.errors import InputError
from visavis.media.video import VideoWriter
from visavis.rendering.script import Script
from visavis.rendering.stage import Stage


def main(arguments: list[str]) -> int:
    """Draws the segments; prints ``frame`` after each frame."""
    import torch

    torch.set_num_threads(1)
    folder, size = Path(arguments[0]), tuple(int(number) for number in arguments[1].split("x"))
    try:
        script = Script.load(folder / "script.npz")
        stage = Stage(script, (size[0], size[1]))
        for segment in arguments[2:]:
            start, stop = (int(number) for number in segment.split("-"))
            with VideoWriter(folder / f"{segment}.mp4", (size[0], size[1]), script.fps) as video:
                for picture in stage.frames(start, stop):
                    video.write(picture)
                    print("frame", flush=True)
        stage.close()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
