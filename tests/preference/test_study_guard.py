"""A served study and the rest of the world: other sites, half requests, people who hang up, one who takes it all."""

import contextlib
import json
import shutil
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from study_toys import Server, answer, made, write_plan

from visavis.preference.forced_choice.design import read_design
from visavis.preference.guard import network_of

IMPATIENT = """
from visavis.preference import connections, guard
connections.MOST, connections.WHOLE_WITHIN, guard.BODY_WITHIN = 20, 1.0, 1.0
connections.READ_WITHIN, connections.LEAVE_WITHIN = 1.0, 0.5
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    made(write_plan(folder / "plan", items=2, answers=20), folder / "study")
    return folder / "study"


@pytest.fixture(scope="module")
def server(built):
    server = Server(built, "--name", "Study.Example.org")
    yield server
    assert server.stop() == 0
    assert server.said().startswith("stopped;"), server.said()  # and nothing else, whatever happened


@pytest.fixture
def impatient(built, tmp_path):
    """One that waits a second for what it usually waits a minute for, and has twenty connections."""
    study = tmp_path / "study"
    shutil.copytree(built, study, ignore=shutil.ignore_patterns("*.csv", ".serving"))
    server = Server(study, before=IMPATIENT)
    yield server
    assert server.stop() == 0
    assert server.said().startswith("stopped;"), server.said()


JOIN = {"code": "anna", "consent": True}


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "[::1]:{port}", "192.168.1.20:8000", "[fe80::1]",
        "study.example.org", "STUDY.example.org.:443", socket.gethostname(), f"{socket.gethostname()}:8000",
    ],
)  # fmt: skip
def test_names_that_no_page_elsewhere_can_use_are_answered(server, host):
    assert server.ask("GET", "/", headers={"Host": host.format(port=server.port)})[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example",
        "study.example.org.uk", "evil.study.example.org", "[::1", "[::1].evil.example", "0x7f.1", "127.1", "", ":8000",
    ],
)  # fmt: skip
def test_a_name_that_somebody_let_point_here_is_refused(server, built, host):
    medium = next(iter(read_design(built).media.values())).file
    for method, path, body in (("GET", "/", None), ("GET", f"/{medium}", None), ("POST", "/api/join", JOIN)):
        status, _, data = server.ask(method, path, body, headers={"Host": host.format(port=server.port)})
        assert status in (400, 421)
        assert b"question" not in data
    assert not (built / "participants.csv").read_text().count("anna")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # not a browser
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://study.example.org"}, 200),  # behind a web server that asks under an address of its own
        ({"Origin": "https://behind.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://[evil"}, 403),
        ({"Origin": "http://study.example.org.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_only_the_studys_own_page_posts(server, headers, status):
    own = {name: value.format(port=server.port) for name, value in headers.items()}
    own["Host"] = f"127.0.0.1:{server.port}"
    assert server.ask("POST", "/api/join", {"code": "otto", "consent": True}, own)[0] == status
    assert server.ask("POST", "/api/answer", answer("otto", 9), own)[0] == (409 if status == 200 else 403)


def test_another_sites_page_may_link_to_the_study(server):
    assert server.ask("GET", "/", headers={"Sec-Fetch-Site": "cross-site", "Origin": "http://x.example"})[0] == 200


def begun(port, data):
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    link.sendall(data)
    return link


HALF = [
    b"",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long",
    b"POST /api/join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{",
    b"GET /page/study.css HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT",  # the second of two
]


def refused_within(seconds, link, data, pause=0.0):
    """Whether the other side takes no more, if `data` is sent again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            link.sendall(data)
        except OSError:
            return True
        time.sleep(pause)
    return False


def closed(link):
    """Whether the other side has ended the connection."""
    with contextlib.suppress(ConnectionResetError):
        while link.recv(65536):
            pass
    return True


@pytest.mark.parametrize("data", HALF, ids=["nothing", "headers", "body", "second"])
def test_half_a_request_is_not_waited_for(impatient, data):
    start = time.monotonic()
    link = begun(impatient.port, data)
    assert closed(link)
    assert time.monotonic() - start < 4


def test_headers_that_trickle_in_do_not_hold_a_connection(impatient):
    link = begun(impatient.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    assert refused_within(4, link, b"X-A: b\r\n", pause=0.1)


def test_somebody_who_stops_reading_is_not_waited_for(impatient, tmp_path):
    big = next((tmp_path / "study" / "media").iterdir())
    big.write_bytes(bytes(40_000_000))  # more than systems keep for a reader
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect(("127.0.0.1", impatient.port))
    link.sendall(f"GET /media/{big.name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    time.sleep(3)
    received = 0
    with contextlib.suppress(ConnectionResetError):
        while piece := link.recv(1 << 20):
            received += len(piece)
    assert received < 40_000_000


def test_thousands_of_half_requests_keep_nobody_out(impatient):
    links = []
    for number in range(300):
        with contextlib.suppress(OSError):
            links.append(begun(impatient.port, HALF[number % 2]))
        if number % 50 == 0:
            start = time.monotonic()
            assert impatient.ask("GET", "/")[0] == 200
            assert time.monotonic() - start < 1
    time.sleep(0.3)
    held = 0
    for link in links:
        link.setblocking(False)
        try:
            link.recv(1)
        except BlockingIOError:
            held += 1
        except OSError:
            pass
    assert held <= 20
    for link in links:
        link.close()


def test_people_who_hang_up_leave_no_word(server, built):
    medium = next(iter(read_design(built).media.values())).file
    for data in (*HALF, f"GET /{medium} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), b"\x16\x03\x01\x02", b"\0" * 99):
        begun(server.port, data).close()
        link = begun(server.port, data)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()  # resets the connection
    time.sleep(0.2)
    assert server.ask("GET", "/")[0] == 200
    assert server.said() == ""


def test_a_study_that_is_stopped_waits_for_nobody(built, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(built, study, ignore=shutil.ignore_patterns("*.csv", ".serving"))
    big = next((study / "media").iterdir())
    big.write_bytes(bytes(40_000_000))
    server = Server(study, before=IMPATIENT)
    links = [begun(server.port, data) for data in HALF]
    links.append(begun(server.port, f"GET /media/{big.name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
    time.sleep(0.3)
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 3
    assert server.said().startswith("stopped;"), server.said()
    for link in links:
        link.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        b"GET /",
        b"POST /api/join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 900000000\r\n\r\n",
    ],
    ids=["header", "address", "body"],
)
def test_what_does_not_end_is_cut_off(impatient, head):
    assert refused_within(4, begun(impatient.port, head), b"x" * 10_000)
    status = Path(f"/proc/{impatient.process.pid}/status")
    if status.exists():  # on Linux
        held = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        assert held < 300_000  # kB


def test_one_client_does_not_take_all_places(built, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(built, study, ignore=shutil.ignore_patterns("*.csv", ".serving"))
    server = Server(study)
    try:
        found = []

        def join(**forwarded):
            found.append(server.ask("POST", "/api/join", {"code": None, "consent": True}, forwarded)[0])

        clients = [threading.Thread(target=join) for _ in range(40)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert sorted(found) == [200] * 10 + [429] * 30
        found.clear()
        for address in ("198.51.100.7", "198.51.100.7, 203.0.113.9", "2001:db8::1"):  # through a web server here
            join(**{"X-Forwarded-For": address})
        assert found == [200] * 3
        assert json.loads(server.ask("POST", "/api/join", {"code": "late", "consent": True})[2])["error"]
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("::1", "::/64"), ("testclient", "testclient"), (None, ""),
    ],
)  # fmt: skip
def test_a_line_is_one_network(address, network):
    from starlette.requests import Request

    client = (address, 1234) if address else None
    assert network_of(Request({"type": "http", "client": client, "headers": []})) == network


def test_answers_that_were_not_watched_are_stored_with_a_mark(built, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(built, study, ignore=shutil.ignore_patterns("*.csv", ".serving"))
    server = Server(study)
    try:
        state = server.json("POST", "/api/join", {"code": "anna", "consent": True})[1]
        time.sleep(0.9)  # two videos of 0.4 s
        server.json("POST", "/api/answer", answer("anna", 0, seconds=0.85))
        server.json("POST", "/api/answer", answer("anna", 1, seconds=600.0))
        server.json("POST", "/api/answer", answer("anna", 2, seconds=0.0))
        assert state["total"] == 3
    finally:
        server.stop()
    lines = [line.split(",") for line in (study / "answers.csv").read_text().splitlines()]
    assert [line[-1] for line in lines] == ["rushed", "0", "1", "1"]


def test_media_tell_no_times_of_their_own(server, built):
    said = set()
    for medium in read_design(built).media.values():
        _, headers, _ = server.ask("GET", f"/{medium.file}")
        said.add(headers["last-modified"])
    assert len(said) == 1
