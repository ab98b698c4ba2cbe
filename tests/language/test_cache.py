"""Answers on disk: found again for the same question only, never half there, and none the worse for a failure."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from visavis.errors import InputError
from visavis.language.cache import CachedModel
from visavis.language.protocol import LanguageModelError, Sampling

QUESTION = [{"role": "user", "content": "?"}]
SAMPLING = Sampling(temperature=0.5, max_tokens=20)


class Model:
    def __init__(self, name="m"):
        self.name, self.asked, self.down = name, 0, False

    def __call__(self, messages, seed, sampling):
        if self.down:
            raise LanguageModelError("down")
        self.asked += 1
        return f"answer {self.asked}"


@pytest.fixture
def model():
    return Model()


def entries(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_answer_is_asked_for_once(model, tmp_path):
    assert CachedModel(model, tmp_path)(QUESTION, 0, SAMPLING) == "answer 1"
    assert CachedModel(model, tmp_path)(QUESTION, 0, SAMPLING) == "answer 1"
    assert model.asked == 1


@pytest.mark.parametrize("other", [
    (QUESTION, 1, SAMPLING), ([{"role": "user", "content": "!"}], 0, SAMPLING),
    ([{"role": "system", "content": "?"}], 0, SAMPLING), (QUESTION, 0, Sampling(0.6, 20)),
    (QUESTION, 0, Sampling(0.5, 21)), (QUESTION, 0, Sampling(0.5, 20, stop="\n")),
])  # fmt: skip
def test_another_question_seed_or_sampling_is_asked_for(model, tmp_path, other):
    cached = CachedModel(model, tmp_path)
    cached(QUESTION, 0, SAMPLING)
    assert cached(*other) == "answer 2"


def test_another_model_or_version_is_asked(model, tmp_path):
    CachedModel(model, tmp_path)(QUESTION, 0, SAMPLING)
    other = Model("n")
    CachedModel(other, tmp_path)(QUESTION, 0, SAMPLING)
    newer = Model("m")
    newer.version = "2"
    CachedModel(newer, tmp_path)(QUESTION, 0, SAMPLING)
    assert (other.asked, newer.asked) == (1, 1)


@pytest.mark.parametrize("damage", [
    lambda raw: b"", lambda raw: raw[: len(raw) // 2], lambda raw: b"\x00" * len(raw), lambda raw: b"[]",
    lambda raw: json.dumps(json.loads(raw) | {"reply": "forged"}).encode(),
    lambda raw: json.dumps(json.loads(raw) | {"key": "other"}).encode(), lambda raw: b"[" * 200_000,
])  # fmt: skip
def test_a_damaged_entry_is_asked_for_again_and_mended(model, tmp_path, damage):
    cached = CachedModel(model, tmp_path)
    cached(QUESTION, 0, SAMPLING)
    (entry,) = entries(tmp_path)
    entry.write_bytes(damage(entry.read_bytes()))
    assert cached(QUESTION, 0, SAMPLING) == "answer 2"
    assert cached(QUESTION, 0, SAMPLING) == "answer 2"


def test_a_model_that_is_down_leaves_the_cache_as_it_is(model, tmp_path):
    cached = CachedModel(model, tmp_path)
    cached(QUESTION, 0, SAMPLING)
    before = {path: path.read_bytes() for path in entries(tmp_path)}
    model.down = True
    assert cached(QUESTION, 0, SAMPLING) == "answer 1"
    with pytest.raises(LanguageModelError):
        cached(QUESTION, 1, SAMPLING)
    assert {path: path.read_bytes() for path in entries(tmp_path)} == before


def test_what_is_forgotten_is_asked_for_again(model, tmp_path):
    cached = CachedModel(model, tmp_path)
    cached(QUESTION, 0, SAMPLING)
    cached.forget(QUESTION, 0, SAMPLING)
    cached.forget(QUESTION, 1, SAMPLING)
    assert cached(QUESTION, 0, SAMPLING) == "answer 2"


def test_many_at_once_leave_whole_entries(tmp_path):
    cached = CachedModel(Model(), tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cached(QUESTION, 0, SAMPLING), range(40)))
    (entry,) = entries(tmp_path)
    assert json.loads(entry.read_text())["reply"] == cached(QUESTION, 0, SAMPLING)


def test_a_folder_that_is_a_file_is_said_in_one_line(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="VISAVIS_CACHE") as raised:
        CachedModel(model, tmp_path / "file")(QUESTION, 0, SAMPLING)
    assert "\n" not in str(raised.value)
