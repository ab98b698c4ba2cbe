"""The server over real HTTP: what it gives out, what it refuses, and what it stores when it is killed."""

import csv
import json
import shutil
import threading
from collections import Counter

import pytest
from study_toys import METHODS, Server, answer, made, short_film, write_plan

from visavis.preference.forced_choice.design import read_design


def make_study(folder, **changes):
    plan = write_plan(folder / "plan", items=2, **changes)
    made(plan, folder / "study")
    return folder / "study"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("served"), answers=50, title="<script>alert(1)</script>")


@pytest.fixture(scope="module")
def server(study):
    server = Server(study)
    yield server
    assert server.stop() == 0


def rows(study):
    with (study / "answers.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def join(server, code=None):
    status, state = server.json("POST", "/api/join", {"code": code, "consent": True})
    assert status == 200
    return state


def test_people_join_answer_and_go_on_where_they_were(server, study):
    state = join(server, "anna")
    assert (state["done"], state["finished"]) == (0, False)
    for number in range(state["total"]):
        assert state["trial"]["number"] == number
        status, state = server.json("POST", "/api/answer", answer("anna", number))
        assert status == 200
        assert server.json("GET", "/api/state?code=anna")[1] == state
        assert join(server, "anna") == state
    assert state["finished"]
    mine = [row for row in rows(study) if row["participant"] == "anna"]
    assert [int(row["trial"]) for row in mine] == list(range(state["total"]))
    assert {row["chosen"] == row["left"] for row in mine} == {True}


def test_the_browser_does_not_learn_the_methods(server, study):
    seen = [server.ask("GET", path)[2] for path in ("/", "/page/study.js", "/page/study.css")]
    state = join(server, "blind")
    for number in range(state["total"]):
        seen.append(json.dumps(state).encode())
        state = server.json("POST", "/api/answer", answer("blind", number))[1]
    for method in METHODS:
        assert not any(method.encode() in data for data in seen)


def test_what_authors_write_is_escaped_and_nothing_comes_from_elsewhere(server):
    _, headers, page = server.ask("GET", "/")
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;alert(1)" in page
    assert b"http" not in page
    assert headers["content-security-policy"].startswith("default-src 'self'")


def test_sound_is_asked_for_where_there_is_any(server, tmp_path):
    assert b"turn your sound on" in server.ask("GET", "/")[2]
    plan = write_plan(tmp_path / "plan", items=1)
    short_film(tmp_path / "plan" / "s0.mp4", 200)
    made(plan, tmp_path / "silent")
    silent = Server(tmp_path / "silent")
    try:
        assert b"sound" not in silent.ask("GET", "/")[2]
    finally:
        silent.stop()


def test_media_come_in_the_ranges_that_browsers_ask_for(server, study):
    medium = next(iter(read_design(study).media.values()))
    whole = (study / medium.file).read_bytes()
    status, headers, data = server.ask("GET", f"/{medium.file}")
    assert (status, headers["content-type"], data) == (200, "video/mp4", whole)
    status, headers, data = server.ask("GET", f"/{medium.file}", headers={"Range": "bytes=100-299"})
    assert (status, headers["content-range"], data) == (206, f"bytes 100-299/{len(whole)}", whole[100:300])
    status, _, data = server.ask("GET", f"/{medium.file}", headers={"Range": "bytes=-50"})
    assert (status, data) == (206, whole[-50:])
    assert server.ask("GET", f"/{medium.file}", headers={"Range": f"bytes={len(whole)}-"})[0] == 416


@pytest.mark.parametrize(
    "path",
    [
        "/media/../design.json", "/media/..%2fdesign.json", "/media/%2e%2e/answers.csv", "/media//etc/passwd",
        "/media/..%5cdesign.json", "/design.json", "/answers.csv", "/participants.csv", "/page/../server.py",
        "/page/page.html.j2", "/page/%2e%2e%2fserver.py", "/media/", "/media/" + "x" * 5000, "/media/a%00.mp4", "/docs",
    ],
)  # fmt: skip
def test_nothing_else_can_be_fetched(server, path):
    status, _, data = server.ask("GET", path)
    assert status in (400, 404)
    assert b"sessions" not in data
    assert b"participant," not in data


BAD_JOINS = [
    {"code": "x" * 65, "consent": True}, {"code": "a b", "consent": True}, {"code": "a,b\nc", "consent": True},
    {"code": "=cmd()", "consent": True}, {"code": "-1", "consent": True},
    {"code": "-A1", "consent": True}, {"code": "../anna", "consent": True}, {"code": "Žofie", "consent": True},
    {"code": "", "consent": True}, {"code": 5, "consent": True}, {"code": "otto"}, {"code": "otto", "consent": False},
    {"code": "otto", "consent": True, "place": 3}, [], "otto", None,
]  # fmt: skip
BAD_ANSWERS = [
    {"trial": -1}, {"trial": 1.5}, {"trial": "0"}, {"trial": True}, {"trial": 10**30}, {"choice": "middle"},
    {"choice": None}, {"seconds": -1}, {"seconds": "soon"}, {"plays": [0, 1]}, {"plays": [1]}, {"plays": [1, 1, 1]},
    {"plays": [1, 10**9]}, {"code": "o" * 300}, {"code": ["otto"]}, {"pair": "s0"}, {"scene": "s1"}, {"kind": "pair"},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_JOINS, ids=lambda b: json.dumps(b)[:40])
def test_hostile_people_do_not_get_in(server, study, body):
    before = (study / "participants.csv").read_bytes()
    status, reply = server.json("POST", "/api/join", body)
    assert status == 400
    assert reply["error"]
    assert (study / "participants.csv").read_bytes() == before


@pytest.mark.parametrize("changes", BAD_ANSWERS, ids=str)
def test_forged_answers_are_refused(server, study, changes):
    join(server, "otto")
    before = (study / "answers.csv").read_bytes()
    assert server.json("POST", "/api/answer", answer("otto", 0) | changes)[0] == 400
    assert (study / "answers.csv").read_bytes() == before


def test_answers_ahead_of_ones_turn_and_by_strangers_are_refused(server, study):
    join(server, "otto")
    before = (study / "answers.csv").read_bytes()
    assert server.json("POST", "/api/answer", answer("otto", 3))[0] == 409
    assert server.json("POST", "/api/answer", answer("nobody", 0))[0] == 404
    assert server.json("GET", "/api/state?code=nobody")[0] == 404
    assert server.json("GET", "/api/state")[0] == 404
    assert (study / "answers.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (b"not json", {}), (b"", {"Content-Type": "application/json"}), (b'{"code": "otto"', {}),
        (b"[" * 4000, {}), (b"x" * 100_000, {}), (b'{"code":"otto","consent":true}', {"Content-Type": "text/plain"}),
        (b'{"code":"otto","trial":0,"choice":"left","seconds":NaN,"plays":[1,1]}', {}), (b"\xff\xfe\x00", {}),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(server, data, headers):
    for path in ("/api/join", "/api/answer"):
        assert server.ask("POST", path, data, headers)[0] == 400


def test_many_clicks_at_once_are_one_answer(server, study):
    join(server, "clicker")
    replies = []

    def click(choice):
        replies.append(server.json("POST", "/api/answer", answer("clicker", 0, choice)))

    clicks = [threading.Thread(target=click, args=("left" if i % 2 else "right",)) for i in range(12)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert {status for status, _ in replies} == {200}
    assert len({json.dumps(state) for _, state in replies}) == 1
    assert sum(row["participant"] == "clicker" for row in rows(study)) == 1


def test_a_taken_port_and_a_served_study_are_said_in_one_line(visavis, server, study, tmp_path):
    code, _, err = visavis("study", "serve", study, "--port", 0)
    assert code == 2
    assert "already being served" in err
    other = tmp_path / "study"
    shutil.copytree(study, other, ignore=shutil.ignore_patterns("*.csv", ".serving"))
    code, _, err = visavis("study", "serve", other, "--port", server.port)
    assert code == 2
    assert f"127.0.0.1:{server.port}: cannot listen on this address" in err
    assert len(err.splitlines()) == 1


def test_a_killed_server_has_every_answer_that_it_acknowledged(tmp_path):
    study = make_study(tmp_path, answers=20)
    acknowledged = Counter()

    def take_part(server, code):
        try:
            state = join(server, code)
            while not state["finished"]:
                number = state["done"]
                status, state = server.json("POST", "/api/answer", answer(code, number))
                if status == 200:
                    acknowledged[code, number] = 1
        except (OSError, ValueError, AssertionError):  # it was killed
            return

    for kill_after in (0.1, None):
        server = Server(study)
        people = [threading.Thread(target=take_part, args=(server, f"p{i}")) for i in range(8)]
        for thread in people:
            thread.start()
        if kill_after is not None:
            people[0].join(kill_after)
            server.kill()
        for thread in people:
            thread.join()
        server.stop()
        stored = Counter((row["participant"], int(row["trial"])) for row in rows(study))
        assert set(stored.values()) <= {1}
        assert not acknowledged - stored
    design = read_design(study)
    assert len(stored) == sum(map(len, design.sessions[:8]))
