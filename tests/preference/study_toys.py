"""A study of a few short videos, and a client of its server."""

import http.client
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml

from visavis.media.audio import Audio
from visavis.media.video import VideoWriter
from visavis.preference.forced_choice.build import build_study
from visavis.preference.forced_choice.design import Medium
from visavis.preference.forced_choice.plan import parse_plan
from visavis.preference.kinds import read_plan

METHODS = ("social", "l2l", "rude")


def media_of(*keys, seconds=0.5):
    """Media of a design that nobody made files for."""
    return {
        key: Medium(file=f"media/{i:024x}.mp4", sha256="", seconds=seconds, kind="video", sound=False)
        for i, key in enumerate(keys)
    }


def short_film(path, grey, seconds=0.4, sound=None):
    """A film in one grey; `sound` is the amplitude of a tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = None if sound is None else Audio(sound * np.sin(np.arange(round(seconds * 16_000)) / 7))
    with VideoWriter(path, (64, 48), 25.0, tone) as video:
        for i in range(round(seconds * 25)):
            video.write(np.full((48, 64, 3), grey + i % 3, np.uint8))
    return path


def parsed(path):
    """The plan of a forced choice in a file."""
    return parse_plan(read_plan(path)[1], path)


def made(path, out):
    """The study of a plan."""
    return build_study(parsed(path), path.parent, out)


def write_plan(folder, items=3, seconds=0.4, **changes):
    """A plan and its videos; `changes` replace what is in the plan."""
    grey = iter(range(10, 250, 3))
    listed = []
    for k in range(items):
        short_film(folder / f"s{k}.mp4", next(grey), seconds, sound=0.1)
        for method in METHODS:
            short_film(folder / f"{method}-{k}.mp4", next(grey), seconds)
        listed.append({
            "id": f"s{k}", "speaker": {"video": f"s{k}.mp4", "text": f"Words number {k} <b>& more</b>."},
            "options": {method: f"{method}-{k}.mp4" for method in METHODS},
        })  # fmt: skip
    plan = {
        "title": "Listeners", "question": "Which listener fits?", "ours": "social", "against": ["l2l", "rude"],
        "items": listed, "answers": 2, "block": 2, "repeats": 1,
    } | changes  # fmt: skip
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan))
    return path


class Server:
    """``visavis study serve`` in a process of its own; `before` is Python that is run first."""

    def __init__(self, study: Path, *options: str, port: int = 0, before: str = "") -> None:
        program = f"from visavis.cli.main import main\n{before}\nmain()"
        command = [sys.executable, "-c", program, "study", "serve", str(study), "--port", str(port), *options]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address, "the server did not start"
        self.port = int(self.address.rstrip("/").rpartition(":")[2])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)

    def said(self) -> str:
        """What it has told on standard error."""
        self.log.seek(0)
        return self.log.read()

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and body; the path is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            headers = {"Content-Type": "application/json"} | (headers or {}) if data else headers or {}
            connection.request(method, path, data, headers)
            reply = connection.getresponse()
            return reply.status, dict(reply.headers), reply.read()
        finally:
            connection.close()

    def json(self, method, path, body=None):
        status, _, data = self.ask(method, path, body)
        return status, json.loads(data)


def answer(code, trial, choice="left", **changes):
    return {"code": code, "trial": trial, "choice": choice, "seconds": 1.5, "plays": [1, 1]} | changes
