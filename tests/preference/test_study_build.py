"""From a plan and its videos to a folder that can be served; what cannot be used is named line by line."""

import json
import sys

import numpy as np
import pytest
import yaml
from study_toys import METHODS, made, parsed, short_film, write_plan

from visavis.errors import InputError
from visavis.media.frames import open_video
from visavis.preference.forced_choice.design import read_design
from visavis.preference.kinds import DESIGN_NAME


def notes(err):
    return [line for line in err.splitlines() if line.startswith("visavis: note:")]


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return write_plan(tmp_path_factory.mktemp("plan"), items=2)


@pytest.fixture(scope="module")
def study(plan):
    """The study that is made of it, to be looked at only."""
    out = plan.parent.parent / "deep" / "study"
    made(plan, out)
    return out


@pytest.fixture
def own_plan(plan, tmp_path):
    """A copy whose videos may be harmed."""
    for path in plan.parent.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / plan.name


def change(plan, **changes):
    values = yaml.safe_load(plan.read_text()) | changes
    plan.write_text(yaml.safe_dump(values))
    return plan


def test_a_study_is_a_folder_that_needs_nothing_beside_it(study):
    design = read_design(study)
    assert len(design.media) == 8
    for medium in design.media.values():
        assert open_video(study / medium.file).duration == pytest.approx(0.4, abs=0.05)
        assert not any(method in medium.file for method in METHODS)
    assert sorted(path.name for path in study.iterdir()) == [DESIGN_NAME, "media"]
    assert [path.name for path in study.parent.iterdir()] == ["study"]


def test_nothing_about_the_files_tells_whose_they_are(study):
    files = list((study / "media").iterdir())
    assert len({path.stat().st_mtime_ns for path in files}) == 1
    order = sorted(files, key=lambda path: path.stat().st_ino)  # as they were made
    assert order == sorted(files)
    assert len({path.stat().st_mode for path in files}) == 1


def test_what_can_be_heard_is_known(visavis, own_plan, tmp_path, study):
    """A track of silence is no sound; a silent film has no track."""
    folder = own_plan.parent
    films = [study / medium.file for medium in read_design(study).media.values() if medium.sound]
    assert len(films) == 2  # the speakers
    short_film(folder / "s0.mp4", 99, sound=0.0)
    short_film(folder / "s1.mp4", 98)
    made(own_plan, tmp_path / "silent")
    assert not read_design(tmp_path / "silent").is_heard
    short_film(folder / "s1.mp4", 98, sound=0.02)
    made(own_plan, tmp_path / "quiet")
    assert read_design(tmp_path / "quiet").is_heard
    items = yaml.safe_load(own_plan.read_text())["items"]
    short_film(folder / "social-0.mp4", 97, sound=0.1)
    items[0]["speaker"] = {"text": "Hello."}
    items[1]["speaker"] = {}
    made(change(own_plan, items=items), tmp_path / "alone")  # the options are heard where there is no speaker
    assert read_design(tmp_path / "alone").is_heard


def test_the_same_plan_makes_the_same_design(visavis, plan, study, tmp_path):
    out = tmp_path / "study"
    code, shown, err = visavis("study", "build", plan, "-o", out)
    assert (code, shown.strip()) == (0, str(out))
    assert "4 pairs, 2 answers each: 4 people" in err
    assert (out / DESIGN_NAME).read_bytes() == (study / DESIGN_NAME).read_bytes()


def test_everything_that_is_wrong_with_the_files_is_told_at_once(visavis, own_plan, tmp_path):
    folder = own_plan.parent
    (folder / "l2l-1.mp4").unlink()
    whole = (folder / "rude-1.mp4").read_bytes()
    (folder / "rude-1.mp4").write_bytes(whole[: len(whole) // 2])
    short_film(folder / "social-0.mp4", 77, seconds=1.6)
    out = tmp_path / "study"
    code, shown, err = visavis("study", "build", own_plan, "-o", out)
    assert (code, shown) == (2, "")
    lines = notes(err)
    assert len(lines) == 3
    assert "s0: files of unequal length (0.4, 1.6, 0.4, 0.4 s)" in lines[0]
    assert "l2l-1.mp4: no such file" in lines[1]
    assert "rude-1.mp4" in lines[2]
    assert "3 file(s) or item(s)" in err.splitlines()[-1]
    assert not out.exists()


def damage(path):
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 700  # past what the encoder says about itself
    data[start:] = np.random.default_rng(0).bytes(len(data) - start)
    path.write_bytes(data)


def other_codec(path):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def not_a_film(path):
    path.write_text("Dear diary")


@pytest.mark.parametrize(
    ("harm", "says"),
    [(damage, "damaged"), (other_codec, "browsers do not play mpeg4"), (not_a_film, "not a readable media")],
)
def test_films_that_browsers_would_not_play_are_refused(visavis, own_plan, tmp_path, harm, says):
    harm(own_plan.parent / "social-0.mp4")
    code, _, err = visavis("study", "build", own_plan, "-o", tmp_path / "study")
    assert code == 2
    assert len(notes(err)) == 1
    assert says in notes(err)[0]


def test_two_methods_that_show_the_same_are_refused(visavis, own_plan, tmp_path):
    folder = own_plan.parent
    (folder / "rude-0.mp4").write_bytes((folder / "social-0.mp4").read_bytes())
    code, _, err = visavis("study", "build", own_plan, "-o", tmp_path / "study")
    assert code == 2
    assert "s0: social and rude show the same video" in err


def test_a_folder_with_something_in_it_is_left_alone(visavis, plan, tmp_path):
    (tmp_path / "answers.csv").write_text("precious")
    code, _, err = visavis("study", "build", plan, "-o", tmp_path)
    assert code == 2
    assert "is not empty" in err
    assert (tmp_path / "answers.csv").read_text() == "precious"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"question": ""}, "question"),
        ({"ours": "../social"}, "ours"),
        ({"ours": "=1+1"}, "ours"),
        ({"against": []}, "against"),
        ({"against": ["social"]}, "a method appears twice"),
        ({"against": ["truth"]}, "item 's0' has no option for 'truth'"),
        ({"items": []}, "items"),
        ({"answers": 0}, "answers"),
        ({"answers": "many"}, "answers"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_plans_that_make_no_study_are_refused(own_plan, changes, says):
    with pytest.raises(InputError) as refused:
        parsed(change(own_plan, **changes))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "just words", "a: [1", "- 1\n- 2", "\x00", "a: &a [*a]"])
def test_files_that_are_no_plans_are_refused(visavis, tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    code, _, err = visavis("study", "build", path, "-o", tmp_path / "study")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert str(path) in err


def test_items_of_the_same_name_are_refused(own_plan):
    items = yaml.safe_load(own_plan.read_text())["items"]
    items[1]["id"] = "s0"
    with pytest.raises(InputError, match="two items are named 's0'"):
        parsed(change(own_plan, items=items))


@pytest.mark.parametrize(
    "harm",
    [
        lambda design: design.pop("media"),
        lambda design: design["media"].clear(),
        lambda design: design["scenes"].pop("s0"),
        lambda design: design.update(schema_version=2),
        lambda design: design.update(sessions="none"),
        lambda design: next(iter(design["media"].values())).update(file="media/../../secret.mp4"),
    ],
)
def test_a_damaged_design_is_refused(study, tmp_path, harm):
    path = tmp_path / DESIGN_NAME
    design = json.loads((study / DESIGN_NAME).read_text())
    harm(design)
    path.write_text(json.dumps(design))
    with pytest.raises(InputError, match="rebuild the study"):
        read_design(tmp_path)


def test_what_is_no_study_is_not_served_or_reported(visavis, tmp_path):
    for command in (("serve", tmp_path), ("report", tmp_path, "-o", tmp_path / "report")):
        code, _, err = visavis("study", *command)
        assert code == 2
        assert "is not a study" in err
    assert not (tmp_path / "report").exists()


def test_a_study_whose_files_are_gone_is_not_served(visavis, study, tmp_path):
    (tmp_path / DESIGN_NAME).write_bytes((study / DESIGN_NAME).read_bytes())
    code, _, err = visavis("study", "serve", tmp_path, "--port", 0)
    assert code == 2
    assert "no such file; restore it" in err


@pytest.mark.parametrize("library", ["starlette.applications", "uvicorn"])
def test_serving_names_the_part_that_is_missing(visavis, study, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    code, _, err = visavis("study", "serve", study, "--port", 0)
    assert code == 2
    assert "pip install 'visavis[studio]'" in err
    for path in (*study.glob("*.csv"), study / ".serving"):
        path.unlink()


def test_a_study_of_sound_and_words_alone_has_videos_to_choose_from(visavis, own_plan, tmp_path):
    import soundfile

    soundfile.write(own_plan.parent / "s0.wav", np.sin(np.arange(6400) / 9), 16_000)
    items = yaml.safe_load(own_plan.read_text())["items"]
    items[0]["speaker"] = {"audio": "s0.wav"}
    items[1]["speaker"] = {"text": "Only words."}
    items.append({"id": "s2", "options": items[1]["options"]})
    code, _, err = visavis("study", "build", change(own_plan, items=items), "-o", tmp_path / "study")
    assert code == 0, err
    design = read_design(tmp_path / "study")
    assert design.media[design.scenes["s0"].speaker].kind == "audio"
    assert design.scenes["s1"].speaker is None
    assert design.scenes["s2"].text is None
