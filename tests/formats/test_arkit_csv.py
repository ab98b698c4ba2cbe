import csv

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from visavis.errors import InputError
from visavis.formats.arkit_csv import ANGLES, HEADER, read_csv, write_csv
from visavis.motion import ARKIT, FLAME, Motion
from visavis.motion.gaze import eye_look_shapes
from visavis.motion.rotations import angle_between, compose


def motion(frames: int = 60, fps: float = 25, seed: int = 0) -> Motion:
    rng = np.random.default_rng(seed)
    values = rng.random((frames, 67)).astype(np.float32)
    values[:, 52:64] = rng.normal(0, 0.3, (frames, 12))
    return Motion(values, fps, ARKIT)


def test_header_is_the_apps(tmp_path):
    lines = write_csv(motion(2), tmp_path / "a.csv").read_text().splitlines()
    names = lines[0].split(",")
    assert len(names) == 63
    assert names[:5] == ["Timecode", "BlendshapeCount", "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft"]
    assert names[16:19] == ["JawForward", "JawRight", "JawLeft"]
    assert names[53:] == ["TongueOut", "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll",
                          "RightEyeYaw", "RightEyePitch", "RightEyeRoll"]  # fmt: skip
    assert lines[1].startswith("00:00:00:00.000,61,")
    assert lines[2].startswith("00:00:00:02.400,61,")


def test_timecodes_count_sixtieths(tmp_path):
    rows = list(csv.DictReader(write_csv(motion(26), tmp_path / "a.csv").open()))
    assert rows[24]["Timecode"] == "00:00:00:57.600"
    assert rows[25]["Timecode"] == "00:00:01:00.000"
    slow = list(csv.DictReader(write_csv(motion(2, 1 / 3661.02), tmp_path / "b.csv").open()))
    assert slow[1]["Timecode"] == "01:01:01:01.200"


@pytest.mark.parametrize("fps", [12.5, 24, 25, 29.97, 30, 60])
@pytest.mark.parametrize("frames", [3, 200])
def test_round_trip(tmp_path, fps, frames):
    original = motion(frames, fps)
    back = read_csv(write_csv(original, tmp_path / "a.csv"))
    assert back.fps == pytest.approx(fps, rel=1e-3)
    assert len(back) == frames
    assert np.abs(back["expression"] - original["expression"]).max() < 1e-7
    assert np.abs(back["eyes"] - original["eyes"]).max() < 1e-6
    assert np.abs(angle_between(back["head"], compose(original["neck"], original["head"]))).max() < 1e-5
    assert not back["neck"].any()


@pytest.mark.parametrize("fps", [1, 5, 10])
def test_slow_rows(tmp_path, fps):
    assert read_csv(write_csv(motion(40, fps), tmp_path / "a.csv")).fps == pytest.approx(fps)


def value(path, column):
    return float(next(csv.DictReader(path.open()))[column])


@pytest.mark.parametrize(
    ("column", "turn", "expected"),
    [
        ("HeadYaw", [0, 0.3, 0], -0.3),  # to the person's left
        ("HeadPitch", [0.3, 0, 0], 0.3),  # down
        ("HeadRoll", [0, 0, 0.3], -0.3),
    ],
)
def test_signs_and_units_of_the_head(tmp_path, column, turn, expected):
    path = write_csv(Motion.zeros(1, 25, ARKIT).with_columns("head", [turn]), tmp_path / "a.csv")
    assert value(path, column) == pytest.approx(expected)
    for other in {"HeadYaw", "HeadPitch", "HeadRoll"} - {column}:
        assert value(path, other) == pytest.approx(0, abs=1e-7)


def test_eyes_agree_with_the_look_shapes_as_in_the_apps_recordings(tmp_path):
    # In the recordings: LeftEyeYaw = -0.60 (out - in), LeftEyePitch = 0.5 (down - up), Roll = Yaw x Pitch.
    eyes = Rotation.from_euler("XY", [[0.2, 0.25]]).as_rotvec()
    shapes = eye_look_shapes(eyes, eyes)
    names = ["leftEye.x", "leftEye.y", "leftEye.z"]
    path = write_csv(Motion.zeros(1, 25, ARKIT).with_columns(names, eyes), tmp_path / "a.csv")
    down, inwards, out, up = shapes[0, :4]
    assert value(path, "LeftEyeYaw") == pytest.approx(-0.6 * (out - inwards), rel=0.1)
    assert value(path, "LeftEyePitch") == pytest.approx(0.5 * (down - up), rel=0.1)
    assert value(path, "LeftEyeRoll") == pytest.approx(value(path, "LeftEyeYaw") * value(path, "LeftEyePitch"), rel=0.1)


def test_resampling_to_the_apps_rate(tmp_path):
    path = write_csv(motion(50), tmp_path / "a.csv", fps=60)
    back = read_csv(path)
    assert (back.fps, len(back)) == (60, 120)


def table(rows, header=HEADER):
    return "\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)])


def row(timecode, fill=0.1):
    return [timecode, 61] + [fill] * 61


def test_the_apps_own_style_is_read(tmp_path):
    # 30 rows per second counted in 60ths, as the app does it, over midnight; capitals, order and extras do not matter.
    path = tmp_path / "a.csv"
    header = ["\ufeffTimecode", "BlendShapeCount", *(name.upper() for name in HEADER[2:]), "Extra"]
    codes = [f"23:59:{58 + i // 30:02d}:{2 * (i % 30) + 1:02d}.652" for i in range(60)]
    codes += [f"00:00:00:{2 * i + 1:02d}.651" for i in range(30)]
    path.write_text(table([[*row(code), "x"] for code in codes], header))
    found = read_csv(path)
    assert (found.fps, len(found)) == (30, 90)
    assert np.allclose(found["expression"], 0.1)


@pytest.mark.parametrize("base", [24, 25, 30])
def test_other_timecode_bases_are_recognised(tmp_path, base):
    path = tmp_path / "a.csv"
    path.write_text(table([row(f"10:00:{i // base:02d}:{i % base:02d}") for i in range(3 * base)]))
    found = read_csv(path)
    assert (found.fps, len(found)) == (base, 3 * base)


def renamed(change):
    return [change(name) for name in HEADER]


def snake(name):
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def short(name):
    return name.replace("Left", "_L").replace("Right", "_R") if name not in ANGLES else name


NAMES = {
    "lower case": renamed(str.lower),
    "ARKit's": renamed(lambda name: name[0].lower() + name[1:]),
    "snake case": renamed(snake),
    "with blanks": renamed(lambda name: snake(name).replace("_", " ").title()),
    "Audio2Face's": renamed(lambda name: "timeCode" if name == "Timecode" else f"blendShapes.{name}"),
    "with a prefix": renamed(lambda name: name if name == "Timecode" else f"Face|bs_{name}"),
    "Unity's": renamed(short),
    "quoted": renamed(lambda name: f'"{name}"'),
    "padded": renamed(lambda name: f"  {name} "),
    "in another order": [*HEADER[:1], *HEADER[:0:-1]],
}


@pytest.mark.parametrize("names", NAMES)
def test_columns_under_other_names_are_read(tmp_path, names):
    path = tmp_path / "a.csv"
    rows = [row(f"00:00:00:{2 * i:02d}.000", 0.1) for i in range(20)]
    shapes = np.linspace(0, 1, 52)
    at = [HEADER.index(name) for name in HEADER[2:54]]
    for line in rows:
        for column, value in zip(at, shapes, strict=True):
            line[column] = value
    if names == "in another order":
        rows = [[line[0], *line[:0:-1]] for line in rows]
    path.write_text(table(rows, NAMES[names]))
    found = read_csv(path)
    assert found.fps == 30
    assert np.allclose(found["expression"], shapes, atol=1e-6)


ROWS = [row(f"00:00:00:{2 * i:02d}.000", i / 20) for i in range(20)]
SAVED = {
    "semicolons and decimal commas": table(ROWS).replace(",", ";").replace(".", ","),
    "decimal commas, but for the timecode": "\n".join(
        line.split(",", 1)[0] + ";" + line.split(",", 1)[1].replace(",", ";").replace(".", ",")
        for line in table(ROWS).splitlines()
    ),
    "tabs": table(ROWS).replace(",", "\t"),
    "quoted cells": "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in table(ROWS).splitlines()),
    "quoted decimal commas": "\n".join(
        ",".join(f'"{cell}"' for cell in line.replace(".", ";").split(",")).replace(";", ",")
        for line in table(ROWS).splitlines()
    ),
    "Windows' lines": table(ROWS).replace("\n", "\r\n"),
    "old Macs' lines": table(ROWS).replace("\n", "\r"),
    "a line that names the separator": "sep=;\n" + table(ROWS).replace(",", ";"),
    "blank lines": table(ROWS).replace("\n", "\n\n"),
    "blanks after commas": table(ROWS).replace(",", ", "),
    "plus signs": table(ROWS).replace(",0.", ",+0."),
    "percent": table([[line[0], 52, *(100 * v for v in line[2:54])] for line in ROWS], HEADER[:54]),
}


@pytest.mark.parametrize(
    ("saved", "encoding"),
    [*((saved, "utf-8") for saved in SAVED), *(("tabs", f"utf-{name}") for name in ("8-sig", "16", "16-le", "16-be"))],
)
def test_tables_as_spreadsheets_save_them_are_read(tmp_path, saved, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(SAVED[saved].encode(encoding))
    found = read_csv(path)
    assert (found.fps, len(found)) == (30, 20)
    assert np.allclose(found["jawOpen"], np.arange(20) / 20, atol=1e-6)


def test_a_shape_that_goes_a_little_beyond_one_is_no_percentage(tmp_path):
    rows = [row(f"00:00:00:{i:02d}", 0.1) for i in range(20)]
    rows[3][5] = 57.0
    (tmp_path / "a.csv").write_text(table(rows))
    assert np.isclose(read_csv(tmp_path / "a.csv")["jawOpen"], 0.1).all()


def test_a_given_rate_needs_no_timecode(tmp_path):
    (tmp_path / "a.csv").write_text(table([line[1:] for line in ROWS], HEADER[1:]))
    assert read_csv(tmp_path / "a.csv", fps=25).fps == 25
    with pytest.raises(InputError, match="no column Timecode"):
        read_csv(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "fps", "frames"),
    [
        ("facelandmarklink_30.01fps", 30.01, 300),
        ("excel_semicolon", 30, 60),
        ("a2f_columns", 30, 60),
        ("repeated_timecode", 30, 40),
    ],
)
def test_recordings_that_were_misread(real_data, name, fps, frames):
    found = read_csv(real_data / "cases" / f"{name}.csv")
    assert found.fps == pytest.approx(fps, abs=0.02)
    assert len(found) == frames
    if name == "facelandmarklink_30.01fps":
        sine = np.sin(2 * np.pi * (np.arange(frames) + 1) / 30.01)
        fitted = np.stack([sine, np.cos(2 * np.pi * (np.arange(frames) + 1) / 30.01), np.ones(frames)], 1)
        residual = found["jawOpen"] - fitted @ np.linalg.lstsq(fitted, found["jawOpen"], rcond=None)[0]
        assert residual.std() < 0.1 * found["jawOpen"].std()


def test_lost_faces_are_filled(tmp_path):
    path = tmp_path / "a.csv"
    rows = [row(f"00:00:{i // 60:02d}:{i % 60:02d}.000", i / 100) for i in range(90)]
    rows[40] = ["00:00:00:40.000", 0, *[""] * 61]
    del rows[50:55]
    path.write_text(table(rows))
    found = read_csv(path)
    assert (found.fps, len(found)) == (60, 90)
    assert np.allclose(found["jawOpen"], np.arange(90) / 100, atol=1e-6)


@pytest.mark.parametrize("missing", [(40,), (0, 1), (88, 89), (0, 7, 8, 9, 89), range(1, 89, 2)])
def test_rows_without_timecode_are_where_their_neighbours_put_them(tmp_path, missing):
    path = tmp_path / "a.csv"
    codes = ["" if i in missing else f"00:00:{i // 60:02d}:{i % 60:02d}.000" for i in range(90)]
    rows = [row(code, i / 100) for i, code in enumerate(codes)]
    path.write_text(table(rows))
    found = read_csv(path)
    assert (found.fps, len(found)) == (60, 90)
    assert np.allclose(found["jawOpen"], np.arange(90) / 100, atol=1e-6)


def test_older_files_without_rotations(tmp_path):
    path = tmp_path / "a.csv"
    header = [name for name in HEADER if not name.endswith(("Yaw", "Pitch", "Roll")) and name != "TongueOut"]
    path.write_text(table([[f"00:00:00:{i:02d}", 51, *[0.3] * 51] for i in range(9)], header))
    found = read_csv(path)
    assert found["jawOpen"].tolist() == pytest.approx([0.3] * 9)
    assert not found["tongueOut"].any()
    assert read_csv(path, fps=25).fps == 25


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no column Timecode"),
        ("a,b\n1,2", "no column Timecode"),
        (table([], HEADER[:20]), "no column MouthClose, MouthFunnel, MouthPucker"),
        (table([row("00:00:00:00"), row("noon")]), "line 3, column 'Timecode': 'noon'"),
        (table([row("00:00:00:00", "x")]), "line 2, column 'EyeBlinkLeft': 'x'"),
        (table([row("00:00:00:00", "nan")]), "line 2, column 'EyeBlinkLeft': 'nan'"),
        (table([row("00:00:00:00", "1e300")]), "line 2, column 'EyeBlinkLeft': '1e300'"),
        (table([row("00:00:00:00")[:30]]), "line 2, column 'MouthDimpleRight': ''"),
        (table([row("00:00:01:00"), row("00:00:00:59")]), "does not advance from line 2 to line 3"),
        (
            table([row(f"{h}:00:00:0{i}") for h in ("00", "02") for i in range(3)]),
            "6 rows span 7200 s .* after line 4",
        ),
        (table([row(f"00:00:{i % 9:02d}:00") for i in range(18)]), "runs backwards from line 10 to line 11"),
        (table([row(f"00:00:{i % 9:02d}:00") for i in range(6, 18)]), "runs backwards from line 4 to line 5"),
        (
            table([row(i) for i in range(9)]),
            r"the timecodes count frames and do not say how many a second has; give the rate of the rows",
        ),
        (table([row("") for i in range(9)]), "only 0 of 9 rows have a timecode; give the rate"),
        (table([row("00:00:01:00"), row(""), row("")]), "only 1 of 3 rows have a timecode; give the rate"),
        (table([row("00:00:00:00"), row("0.04"), row("0.08")]), "some timecodes are hh:mm:ss:ff and others"),
        (table([row("00:00:00:00") for i in range(9)]), "does not advance"),
        (table([[*row(f"00:00:00:{i:02d}")[:-1], 20.5] for i in range(9)]), "not radians, as they go to 20"),
        (table([row("00:00:00:00")] * 2, [*HEADER[:9], "eyeBlink_L", *HEADER[10:]]), "two columns for 'eyeblinkleft'"),
        (",".join(f"a{i}jawopen" for i in range(100_000)), "has 100,000 columns"),
        ("Timecode,\x00" * 3, "not a CSV table|no column|NUL"),
        ("x" * 200_000, "not a CSV table|no column|NUL"),
    ],
)
def test_bad_files_get_one_line(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_csv(path)
    assert "\n" not in str(caught.value)
    assert "bad.csv" in str(caught.value)


def test_other_bad_input(tmp_path):
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    for name in ("binary.csv", "missing.csv"):
        with pytest.raises(InputError, match=name):
            read_csv(tmp_path / name)
    with pytest.raises(InputError, match="needs motion in 'arkit', not 'flame'"):
        write_csv(Motion.zeros(1, 25, FLAME), tmp_path / "a.csv")
    with pytest.raises(InputError, match="cannot be written"):
        write_csv(motion(), tmp_path / "no" / "a.csv")


def test_no_frames(tmp_path):
    assert len(read_csv(write_csv(Motion.zeros(0, 25, ARKIT), tmp_path / "a.csv"))) == 0
