"""Endpoints: busy ones are asked again within bounds, hopeless ones are not, and nothing goes to another host."""

import time
from email.utils import formatdate

import pytest

from endpoint_toys import Server
from visavis.errors import InputError
from visavis.language.endpoint import FIRST_WAIT, LONGEST_WAIT, Endpoint
from visavis.language.protocol import LanguageModelError, Sampling
from visavis.language.registry import get_language_model

QUESTION = [{"role": "user", "content": "?"}]
SAMPLING = Sampling(temperature=0.5, max_tokens=20)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("VISAVIS_LLM_KEY", "secret")
    monkeypatch.setenv("VISAVIS_LLM_MODEL", "imitation")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def slept(monkeypatch):
    """Pauses between attempts, none of which is waited for."""
    pauses = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again(server, slept, status):
    server.statuses, server.replies = [(status, {}), (status, {})], ["yes"]
    assert Endpoint(server.url, retries=3)(QUESTION, 0, SAMPLING) == "yes"
    assert len(server.requests) == 3
    assert server.requests[0][2] == server.requests[2][2]


def test_pauses_double_and_vary(server, slept):
    server.status = 503
    with pytest.raises(LanguageModelError, match=r"answered 503 .*, 5 times$"):
        Endpoint(server.url, retries=4)(QUESTION, 0, SAMPLING)
    assert len(slept) == 4
    for attempt, pause in enumerate(slept):
        assert FIRST_WAIT * 2**attempt / 2 <= pause <= FIRST_WAIT * 2**attempt
    assert len({round(pause / 2**attempt, 9) for attempt, pause in enumerate(slept)}) > 1


def test_an_endpoint_that_names_a_pause_gets_it(server, slept):
    later = formatdate(time.time() + 30, usegmt=True)
    server.statuses = [(429, {"Retry-After": "7"}), (503, {"Retry-After": later}), (429, {"Retry-After": "soon"})]
    server.replies = ["yes"]
    assert Endpoint(server.url, retries=3)(QUESTION, 0, SAMPLING) == "yes"
    assert slept[0] == 7.0
    assert 27 < slept[1] <= 31
    assert 2.0 <= slept[2] <= 4.0


def test_an_endpoint_that_wants_a_long_pause_is_given_up_at_once(server, slept):
    server.statuses = [(429, {"Retry-After": str(LONGEST_WAIT * 10).partition(".")[0]})]
    with pytest.raises(LanguageModelError, match="asks to wait 600 s"):
        Endpoint(server.url, retries=5)(QUESTION, 0, SAMPLING)
    assert slept == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 404])
def test_what_will_not_change_is_not_tried_again(server, slept, status):
    server.status = status
    with pytest.raises(LanguageModelError, match=f"answered {status}"):
        Endpoint(server.url, retries=5)(QUESTION, 0, SAMPLING)
    assert len(server.requests) == 1


def test_a_slow_server_is_asked_again_and_then_given_up(server, slept):
    server.delay = 0.5
    with pytest.raises(LanguageModelError, match=r"gave no answer in 0.1 s, 2 times"):
        Endpoint(server.url, timeout=0.1, retries=1)(QUESTION, 0, SAMPLING)


def test_how_long_an_answer_may_take_can_be_said(server, slept, monkeypatch):
    server.delay = 0.3
    monkeypatch.setenv("VISAVIS_LLM_TIMEOUT", "0.1")
    with pytest.raises(LanguageModelError, match=r"gave no answer in 0.1 s"):
        Endpoint(server.url)(QUESTION, 0, SAMPLING)
    monkeypatch.setenv("VISAVIS_LLM_TIMEOUT", "5")
    Endpoint(server.url)(QUESTION, 0, SAMPLING)
    for wrong in ("soon", "0", "-3", "inf", "nan"):
        monkeypatch.setenv("VISAVIS_LLM_TIMEOUT", wrong)
        with pytest.raises(InputError, match="VISAVIS_LLM_TIMEOUT"):
            Endpoint(server.url)


def test_without_retries_failure_is_quick(server, slept):
    server.status = 429
    with pytest.raises(LanguageModelError, match="answered 429"):
        get_language_model(server.url)(QUESTION, 0, SAMPLING)
    assert len(server.requests) == 1
    assert slept == []


def test_nobody_there_is_said_at_once(server, slept):
    server.close()
    with pytest.raises(LanguageModelError, match="cannot be reached"):
        Endpoint(server.url, retries=5)(QUESTION, 0, SAMPLING)
    assert slept == []


def test_a_dripping_server_is_given_up(server):
    server.drip = 60
    start = time.monotonic()
    with pytest.raises(LanguageModelError, match="gave no answer"):
        Endpoint(server.url, timeout=0.3)(QUESTION, 0, SAMPLING)
    assert time.monotonic() - start < 1.5


def test_the_key_is_not_carried_to_another_host(server):
    other = Server()
    server.status, server.redirect = 307, other.url
    with pytest.raises(LanguageModelError, match="answered 307"):
        Endpoint(server.url)(QUESTION, 0, SAMPLING)
    assert other.requests == []
    other.close()


def test_a_stop_is_asked_for_only_where_there_is_one(server):
    server.replies = ["a", "b"]
    model = Endpoint(server.url)
    model(QUESTION, 0, SAMPLING)
    model(QUESTION, 0, Sampling(0.5, 20, stop="\n"))
    assert "stop" not in server.requests[0][2]
    assert server.requests[1][2]["stop"] == "\n"


def test_addresses_are_checked(monkeypatch):
    monkeypatch.delenv("VISAVIS_LLM_MODEL", raising=False)
    with pytest.raises(InputError, match="VISAVIS_LLM_MODEL"):
        get_language_model("http://127.0.0.1:1/v1")
    with pytest.raises(InputError, match="http or https"):
        Endpoint("file:///etc/passwd", "m")
