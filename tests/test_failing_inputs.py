"""Recorded faces and names that once came out wrong, by the executable; recordings are tested with what reads them."""

import shutil

import numpy as np
import pytest

from visavis.formats.arkit_csv import read_csv

CURVES = {
    "facelandmarklink_30.01fps.csv": 300, "excel_semicolon.csv": 60, "repeated_timecode.csv": 40, "a2f_columns.csv": 60,
}  # fmt: skip


@pytest.fixture
def cases(real_data):
    folder = real_data / "cases"
    if not folder.is_dir():
        pytest.skip(f"needs the failing inputs, which are not here: {folder}")
    return folder


@pytest.mark.parametrize("name", CURVES)
def test_a_recorded_face_keeps_its_time(visavis, cases, name):
    code, out, err = visavis("info", cases / name)
    assert (code, err) == (0, "")
    assert f"{CURVES[name]} at 30/s, {CURVES[name] / 30:.2f} s" in out
    motion = read_csv(cases / name)
    jaw, turns = motion["jawOpen"].ravel(), 2 * np.pi * motion.times
    wave = np.stack([np.sin(turns), np.cos(turns), np.ones_like(turns)], axis=1)  # what they hold: one turn a second
    fitted = wave @ np.linalg.lstsq(wave, jaw, rcond=None)[0]
    assert np.corrcoef(jaw, fitted)[0, 1] > 0.99


@pytest.mark.parametrize(
    "name", ["10:30 call.opus", "concat:a|b.opus", "http:call.opus", "-call.opus", "a?b #1 %d.opus"]
)
def test_a_recording_of_any_name_is_described(visavis, cases, tmp_path, monkeypatch, name):
    shutil.copy(cases / "echo_b.opus", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    code, out, err = visavis("info", "--", name)
    assert (code, err) == (0, "")
    assert "27.4" in out or "0:27" in out, out
