"""Addresses that are none, and servers that answer what no server should: one line each, within bounds."""

import json
import time

import pytest

from endpoint_toys import RawServer
from visavis.errors import InputError
from visavis.language.endpoint import Endpoint
from visavis.language.protocol import LanguageModelError, Sampling
from visavis.language.registry import get_language_model

QUESTION = [{"role": "user", "content": "?"}]
SAMPLING = Sampling(temperature=0.5, max_tokens=20)


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("VISAVIS_LLM_MODEL", "imitation")
    monkeypatch.delenv("VISAVIS_LLM_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://[bad", "is no valid URL"),
        ("http://[::1", "is no valid URL"),
        ("http://localhost:abc/v1", "is no valid URL"),
        ("http://localhost:99999/v1", "is no valid URL"),
        ("http://localhost:-1", "is no valid URL"),
        ("http://localhost:0/v1", "port 0"),
        ("http://local host/v1", "blanks"),
        ("http://localhost/v1\x00", "characters that URLs cannot have"),
        ("http://bücher.example/v1", "characters that URLs cannot have"),
        ("http://localhost/v1?key=1", "query"),
        ("http://", "expected an http or https URL"),
        ("http:///v1", "expected an http or https URL"),
        ("https:localhost", "expected an http or https URL"),
        ("ftp://localhost/v1", "expected an http or https URL"),
        ("file:///etc/passwd", "expected an http or https URL"),
        ("//localhost/v1", "expected an http or https URL"),
        ("localhost:8000/v1", "expected an http or https URL"),
        ("127.0.0.1:8000", "expected an http or https URL"),
        ("://", "expected an http or https URL"),
    ],
)
def test_what_is_no_address_is_refused_before_it_is_asked(address, says):
    with pytest.raises(InputError, match=says) as caught:
        get_language_model(address)
    assert "\n" not in str(caught.value)


def test_blanks_around_an_address_are_no_part_of_it():
    assert get_language_model(" HTTP://127.0.0.1:9/v1/ ").name == "imitation at 127.0.0.1:9"


def chunked(body):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


def plain(body, length=None):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def saying(content):
    return plain(json.dumps({"choices": [{"message": {"content": content}}]}).encode())


NO_HTTP = {
    "bad status line": b"HELLO WORLD\r\n\r\n",
    "bad status": b"HTTP/1.1 abc OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "noise": bytes(range(256)) * 4,
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 150 + b"\r\n",
    "a header line without end": b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000,
    "a status line without end": b"HTTP/1.1 200 " + b"b" * 100_000,
    "a chunk of no size": chunked(b"xyz\r\nhello\r\n"),
    "a chunk of negative size": chunked(b"-5\r\nhello\r\n"),
    "chunks that break off": chunked(b"ff\r\nhello"),
    "nothing": b"",
    "half a header": b"HTTP/1.1 200 OK\r\nConte",
    "not JSON": plain(b"<html>hello</html>"),
    "a body that breaks off": plain(b'{"choices": [{"mess', 500),
    "nested without end": plain(b"[" * 100_000),
    "a number of 5,000 digits": plain(b"1" * 5_000),
    "not UTF-8": plain(b'{"choices": "\xff"}'),
    "no choices": plain(b"{}"),
    "no choice": plain(b'{"choices": []}'),
    "choices of another kind": plain(b'{"choices": {"0": 1}}'),
    "no message": plain(b'{"choices": [null]}'),
    "no content": saying(None),
    "content of another kind": saying([1, 2]),
    "a length of no number": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "compressed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
}


@pytest.mark.parametrize("kind", NO_HTTP)
def test_an_answer_that_is_none_is_one_line(kind):
    server = RawServer(NO_HTTP[kind])
    with pytest.raises(LanguageModelError, match="imitation at 127") as caught:
        Endpoint(server.url, timeout=2)(QUESTION, 0, SAMPLING)
    server.close()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "more", "pause"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0),
        (b"HTTP/1.1 200 OK\r\n", b"a", 0.05),
        (b"HTTP/1.1 200 OK\r\na: b", b"\r\nc: d", 0.2),
        (b"H", b"", 0.0),
        (chunked(b""), b"1\r\na\r\n", 0.05),
        (chunked(b"f"), b"f", 0.05),
        (plain(b"", 10**15), b" ", 0.05),
    ],
    ids=["continue for ever", "a dripping header", "dripping headers", "hangs up", "dripping chunks", "a dripping size",
         "a dripping body"],
)  # fmt: skip
def test_a_server_that_never_comes_to_an_end_is_given_up_in_time(answer, more, pause):
    server = RawServer(answer, more, pause)
    start = time.monotonic()
    with pytest.raises(LanguageModelError):
        Endpoint(server.url, timeout=0.5)(QUESTION, 0, SAMPLING)
    assert time.monotonic() - start < 1.5
    server.close()


@pytest.mark.parametrize("answer", [plain(b"", 10**15), chunked(b"")], ids=["length", "chunks"])
def test_an_answer_of_any_size_takes_bounded_memory(answer):
    server = RawServer(answer, b"fffff\r\n" + b" " * 0xFFFFF + b"\r\n")
    with pytest.raises(LanguageModelError, match="more than 1 MB"):
        Endpoint(server.url, timeout=10)(QUESTION, 0, SAMPLING)
    server.close()


def test_an_answer_that_breaks_off_is_asked_for_again():
    server = RawServer(NO_HTTP["chunks that break off"])
    with pytest.raises(LanguageModelError, match="broke off in the middle of its answer, 3 times"):
        Endpoint(server.url, timeout=2, retries=2)(QUESTION, 0, SAMPLING)
    server.close()


def test_halves_of_characters_in_an_answer_are_replaced():
    server = RawServer(plain(rb'{"choices": [{"message": {"content": "a\udcff\ud800 b"}}]}'))
    assert Endpoint(server.url)(QUESTION, 0, SAMPLING) == "a?? b"
    server.close()


@pytest.mark.parametrize("key", ["abc\ndef", "schlüssel", "a\x00b"])
def test_a_key_that_fits_no_header_is_refused_and_not_shown(monkeypatch, key):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", {"VISAVIS_LLM_KEY": key, "VISAVIS_LLM_MODEL": "m"})
        with pytest.raises(InputError, match="VISAVIS_LLM_KEY contains") as caught:
            Endpoint("http://127.0.0.1:9/v1")
    assert key not in str(caught.value)
