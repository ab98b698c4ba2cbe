"""A bench without networks: an encoder that needs no training, and faces that are their columns."""

from functools import partial

import numpy as np
import pytest

from listener_toys import FACES, ColumnEncoder
from visavis.models.retrieval.protocol import Description
from visavis.motion import ARKIT
from visavis.training.train import train


class Columns:
    """Draws a picture whose first pixels are the columns of `FACES`, and recognises a face by them."""

    class Network:
        name = "columns, 128-d"

    networks = (Network(),)

    def __init__(self, *_space, **_size):
        self.seen = 0

    def draw(self, motion):
        values = motion.values[:, [ARKIT.index(face) for face in FACES]]
        pictures = np.zeros((len(motion), 8, 8, 3), np.uint8)
        pictures[:, 0, :4, 0] = np.rint(values * 200)
        return list(pictures)

    def __call__(self, picture):
        self.seen += 1
        found = np.zeros(128, np.float32)
        found[:4] = picture[0, :4, 0] / 200
        return (found,) if found.any() else None

    def close(self):
        pass


class Says:
    """Takes a listener who is told the name of a face for one who shows it, and a rude one for one who does not."""

    name = "says"

    def __init__(self):
        self.asked = []

    def __call__(self, transcript, goal, *, seed=0, situation=None, before=""):
        self.asked.append((transcript, goal))
        (face,) = [face for face in FACES if face in transcript]
        wanted = face if goal == "be socially correct" else FACES[(FACES.index(face) + 1) % 4]
        return Description("", "", wanted)


@pytest.fixture(autouse=True)
def quick_training(monkeypatch):
    """Whatever is trained for a benchmark learns from small batches, at the full rate from the first steps on."""
    monkeypatch.setattr("visavis.training.train.train", partial(train, preset="debug"))


@pytest.fixture
def recognition(monkeypatch):
    """Faces are recognised without networks; counts the pictures that are looked at."""
    found = Columns()
    monkeypatch.setattr("visavis.workflows.benchmark.faces.load_recognition", lambda _reporter: found)
    monkeypatch.setattr("visavis.workflows.benchmark.faces.Portraits", Columns)
    return found


@pytest.fixture
def says(monkeypatch, recognition):
    """A describer and an encoder under the names that are asked for; recognition as well."""
    found = Says()
    shown = lambda motion, seed: type("Caption", (), {"text": max(FACES, key=lambda face: motion[face].mean())})  # noqa
    monkeypatch.setattr("visavis.workflows.benchmark.bench.caption", shown)
    monkeypatch.setattr("visavis.workflows.benchmark.retrieval.get_describer", lambda _name: found)
    monkeypatch.setattr("visavis.workflows.benchmark.retrieval.get_encoder", lambda _name: ColumnEncoder())
    return found
