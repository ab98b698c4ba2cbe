"""Every verb that reads YAML, from a file or an option, takes anything for it and answers in a line."""

import pytest

from duet_toys import toy_conversation
from film_toys import film
from visavis.conversation.corpus_write import write_corpus

ODD = {
    "a date that no calendar has": b"2026-99-99",
    "a time zone that no clock has": b"2001-12-14t21:59:43.10-99:00",
    "nested without end": b"[" * 5000,
    "mappings without end": b"{a: " * 5000,
    "a mark of another type": b"!!timestamp 2026-99-99",
    "code": b"!!python/object/apply:os.system [ls]",
    "an alias of itself": b"&a [*a]",
    "an alias of nothing": b"*a",
    "digits": b"9" * 5000,
    "a number beyond all": b"1e999",
    "no number": b".nan",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "c"
    write_corpus((toy_conversation(seed) for seed in range(2)), folder)
    return folder


def refused(answer, *names):
    code, out, err = answer
    last = err.splitlines()[-1]
    assert code == 2, err
    assert out == ""
    assert last.startswith("visavis: error: ")
    assert "internal error" not in last
    assert any(name in last for name in names), last


@pytest.mark.parametrize("kind", ODD)
def test_settings_in_options(visavis, tmp_path, corpus, kind):
    value = ODD[kind].decode()
    train = ("train", "duet", "--corpus", corpus, "-o", tmp_path / "out", "--preset", "debug")
    refused(visavis(*train, "--set", f"diffusion.guidance_scale={value}"), "guidance_scale")
    refused(visavis(*train, "--set", f"network={value}"), "network")
    curate = ("curate", tmp_path, "-o", tmp_path / "out", "--show", "--config", "talk")
    refused(visavis(*curate, "--set", f"clips.seconds={value}"), "clips")
    recording = film(tmp_path / "talk.mp4", 0.3, 0.3)
    skip = ("--skip", "faces,bodies,speaking,active-speaker,safety")
    refused(
        visavis("extract", recording, "-o", tmp_path / "out", *skip, "--use", f"words=whisper,seed={value}"),
        "use",
        "words",
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [*ODD, "not UTF-8", "UTF-16 cut off", "a NUL", "two documents", "nothing", "a pipe"])
def test_settings_in_files(visavis, tmp_path, corpus, kind):
    import os

    more = {
        "not UTF-8": b"a: \xff", "UTF-16 cut off": b"\xff\xfea\0:", "a NUL": b"a: \0",
        "two documents": b"a: 1\n---\nb: 2", "nothing": b"",
    }  # fmt: skip
    file = tmp_path / "settings.yaml"
    if kind == "a pipe":
        os.mkfifo(file)
    else:
        file.write_bytes(ODD[kind] if kind in ODD else more[kind])
    out = ("-o", tmp_path / "out")
    if kind != "nothing":  # a family's own settings are settings
        refused(visavis("train", "duet", "--corpus", corpus, *out, "--preset", file), "settings.yaml")
    refused(visavis("curate", tmp_path, *out, "--show", "--config", file), "settings.yaml")
    refused(visavis("study", "build", file, *out), "settings.yaml")
    checkpoint = tmp_path / "model"
    checkpoint.mkdir()
    file.rename(checkpoint / "config.yaml")
    (checkpoint / "model.safetensors").touch()
    refused(visavis("info", checkpoint), "config.yaml", "model")
    assert not (tmp_path / "out").exists()
