"""Layouts read by language models: a real HTTP server on this machine, and a tiny random local model."""

import json
import time

import pytest

from endpoint_toys import Server, tiny_model_folder
from visavis.errors import InputError
from visavis.language import embedding
from visavis.language.embedding import LexicalSimilarity
from visavis.language.endpoint import Endpoint
from visavis.language.local import LocalModel
from visavis.scene.examples import load_examples
from visavis.scene.layout import layout_from
from visavis.scene.prompting import AnswerError, ask, build_messages, parse_answer

GOOD = '{"A": [-0.6, -0.4, 0.0], "B": [0.6, -0.4, 0.0]}'
TEXT = "two friends on a park bench"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("VISAVIS_LLM_KEY", "secret")
    monkeypatch.setenv("VISAVIS_LLM_MODEL", "imitation")
    monkeypatch.setattr(embedding, "best_similarity", lambda: (LexicalSimilarity(), None))
    server = Server()
    yield server
    server.close()


def test_a_good_answer_is_used(server):
    server.replies = [GOOD]
    layout = layout_from(TEXT, language_model=server.url)
    assert layout.notes == ()
    assert layout.distance == pytest.approx(1.2)
    assert layout.seats[0].seated
    assert "imitation at 127.0.0.1" in layout.source
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0.2, 128, "imitation")


def test_the_prompt_has_three_of_thirty_examples_drawn_by_the_seed(server):
    def shown(seed):
        messages = build_messages(TEXT, seed)
        assert [m["role"] for m in messages] == ["system"] + ["user", "assistant"] * 3 + ["user"]
        for question, answer in zip(messages[1:-1:2], messages[2::2], strict=True):
            text = json.loads(question["content"].removeprefix("Input: "))
            example = next(e for e in load_examples() if e.text == text)
            assert parse_answer(answer["content"]).a == example.placement.a
        return [m["content"] for m in messages[1:-1]]

    assert shown(1) == shown(1)
    assert shown(1) != shown(2)
    assert TEXT in build_messages(TEXT, 1)[-1]["content"]
    assert len(build_messages(TEXT, 1, shots=0)) == 2


@pytest.mark.parametrize("reply", [
    f"Sure! Here is the layout:\n{GOOD}\nAnything else?", f"```json\n{GOOD}\n```", GOOD.replace(" ", "\n"),
])  # fmt: skip
def test_prose_around_the_json_is_passed_over(server, reply):
    server.replies = [reply]
    layout = layout_from(TEXT, language_model=server.url)
    assert layout.distance == pytest.approx(1.2)
    assert layout.notes == ()
    assert len(server.requests) == 1


GARBAGE = {
    "prose": "They sit next to each other.",
    "empty": "",
    "NaN": '{"A": [NaN, 0, 0], "B": [0, 0, 1]}',
    "infinite": '{"A": [1e999, 0, 0], "B": [0, 0, 1]}',
    "half": '{"A": [0, 0, 0',
    "names": '{"Alice": [0, 0, 0], "Bob": [0, 0, 1]}',
    "words": '{"A": ["left", 0, 0], "B": [0, 0, 1]}',
    "two": '{"A": [0, 0], "B": [0, 1]}',
    "deep": '{"A":' + "[" * 90_000 + "}",
    "one place": '{"A": [0.0, 0.0, 0.0], "B": [0.0, 0.0, 0.0]}',
    "light years": '{"A": [0, 0, 0], "B": [0, 0, 1e12]}',
}


@pytest.mark.parametrize("name", [n for n in GARBAGE if n != "light years"])
def test_one_bad_answer_is_repaired_by_asking_again(server, name):
    server.replies = [GARBAGE[name], GOOD]
    layout = layout_from(TEXT, language_model=server.url)
    assert layout.distance == pytest.approx(1.2)
    assert layout.notes == ()
    second = server.requests[1][2]["messages"]
    assert second[-2]["role"] == "assistant"
    assert second[-1]["content"].startswith("That cannot be used")


@pytest.mark.parametrize("name", GARBAGE)
def test_two_bad_answers_give_the_built_in_layout_and_one_line(server, name):
    server.replies = [GARBAGE[name], GARBAGE[name]]
    layout = layout_from(TEXT, language_model=server.url)
    assert layout.seats == layout_from(TEXT).seats
    assert len(layout.notes) == 1
    assert layout.notes[0].endswith("the built-in engine's layout is used instead")
    assert "\n" not in layout.notes[0]
    server.replies = [GARBAGE[name], GARBAGE[name]]
    with pytest.raises(InputError, match="strict"):
        layout_from(TEXT, strict=True, language_model=server.url)


def test_a_clumsy_answer_is_mended_with_a_line(server):
    server.replies = ['{"A": [0, 0, -30], "B": [0, 0, 30]}']
    layout = layout_from("at opposite ends of a football pitch", language_model=server.url)
    assert layout.distance == pytest.approx(12.0)
    assert "60.00 m apart" in layout.notes[0]


def test_the_texts_own_words_about_facing_hold(server):
    server.replies = ['{"A": [-0.5, 0, 0], "B": [0.5, 0, 0]}']
    a, b = layout_from("face to face", language_model=server.url).seats  # a preset's name needs no model
    server.replies = ['{"A": [-0.5, 0, 0], "B": [0.5, 0, 0]}']
    a, b = layout_from("facing each other in a lift", language_model=server.url).seats
    assert a.forward[0] == pytest.approx(1.0)
    assert b.forward[0] == pytest.approx(-1.0)


def endpoint(server, timeout=30.0):
    return Endpoint(server.url, timeout=timeout)


def test_a_slow_server_is_given_up(server):
    server.delay = 1.0
    start = time.monotonic()
    layout = layout_from(TEXT, language_model=endpoint(server, timeout=0.2))
    assert time.monotonic() - start < 0.9
    assert "gave no answer in 0.2 s" in layout.notes[0]


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_an_error_status_is_named(server, status):
    server.status = status
    assert f"answered {status}" in layout_from(TEXT, language_model=server.url).notes[0]


NO_COMPLETIONS = (b"", b"<html>", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": 3}}]}', b"\xff\xfe")


@pytest.mark.parametrize("raw", [*NO_COMPLETIONS, b"[" * 100_000])
def test_what_is_no_chat_completion_is_said(server, raw):
    server.raw = raw
    assert "did not return a chat completion" in layout_from(TEXT, language_model=server.url).notes[0]


def test_a_flood_is_cut_off(server):
    server.raw = b"x" * 3_000_000
    assert "more than 1 MB" in layout_from(TEXT, language_model=server.url).notes[0]


def test_nobody_there(server):
    url = server.url
    server.close()
    model = Endpoint(url)
    assert "cannot be reached" in layout_from(TEXT, language_model=model).notes[0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return LocalModel(tiny_model_folder(tmp_path_factory.mktemp("tiny")))


def test_a_random_local_models_garbage_is_refused_with_a_line(tiny, monkeypatch):
    monkeypatch.setattr(embedding, "best_similarity", lambda: (LexicalSimilarity(), None))
    layout = layout_from(TEXT, language_model=tiny)
    assert layout.seats == layout_from(TEXT).seats
    assert len(layout.notes) == 1
    assert "returned no usable placement" in layout.notes[0]
    with pytest.raises(AnswerError):
        ask(tiny, TEXT)
