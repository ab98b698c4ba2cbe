"""visavis simulate --dialogues, as a stranger runs it."""

import json

import pytest

from visavis.conversation.corpus import Corpus


@pytest.fixture
def casino(tmp_path):
    (tmp_path / "casino").mkdir()
    logs = [
        {"id": f"mturk_agent_{1 + i % 2}", "text": f"I would like {i + 1} packages of water for the trip, please. 🙂"}
        for i in range(6)
    ]
    info = {f"mturk_agent_{i}": {"outcomes": {}} for i in (1, 2)}
    dialogues = [{"dialogue_id": i, "chat_logs": logs, "participant_info": info} for i in range(3)]
    (tmp_path / "casino" / "casino_train.json").write_text(json.dumps(dialogues))
    return tmp_path / "casino"


def test_the_help_has_an_example(visavis):
    code, out, _ = visavis("simulate", "--help")
    assert code == 0
    assert "visavis simulate -o talks/ --dialogues" in out
    assert "--hold-out" in out


def test_a_corpus_is_made(visavis, casino, tmp_path):
    code, out, _ = visavis(
        "simulate", "--dialogues", f"casino={casino}", "-o", tmp_path / "c", "--conversations", 2, "--seconds", 20,
        "--hold-out", "casino",
    )  # fmt: skip
    assert (code, out.strip()) == (0, str(tmp_path / "c"))
    corpus = Corpus.open(tmp_path / "c")
    assert len(corpus) == 2
    talk = corpus[corpus.ids[0]]
    assert talk.duration <= 20
    assert talk.a.motion.space.name == "arkit"
    assert talk.provenance["split"] == "test"
    assert visavis("info", tmp_path / "c")[0] == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--dialogues", "casino"], "--dialogues casino: pass NAME=FOLDER"),
        (["--dialogues", "casino=missing"], "missing: no such folder; pass the folder that contains casino_train.json"),
        (["--dialogues", "venus=x"], "there are no dialogues of 'venus'; there are: switchboard-turns"),
        (["--dialogues", "casino=a", "--dialogues", "casino=b"], "--dialogues casino is given twice"),
        (["--dialogues", "casino=a", "--reactions"], "omit --reactions and --voices"),
        (["--dialogues", "casino=a", "--voices", "builtin"], "omit --reactions and --voices"),
        (["--dialogues", "casino=a", "--sound"], "--sound needs --reactions"),
        (["--hold-out", "casino"], "--hold-out needs --dialogues"),
        (["--dialogues", "casino=a", "--space", "flame"], "cannot be simulated in motion space 'flame'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(visavis, tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    code, out, err = visavis("simulate", *options, "-o", "c")
    assert (code, out) == (2, "")
    assert told in err.splitlines()[-1]
    assert not (tmp_path / "c").exists()


def test_more_than_there_is_is_one_line(visavis, casino, tmp_path):
    code, _, err = visavis("simulate", "--dialogues", f"casino={casino}", "-o", tmp_path / "c", "--conversations", 9)
    assert code == 2
    assert "ask for at most 3 conversations" in err.splitlines()[-1]
