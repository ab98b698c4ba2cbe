"""Two made-up calls in the published layout, and the real ones where they are there."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.conversation.corpus import Corpus
from visavis.corpora.importing import import_corpus
from visavis.corpora.video_calls import read
from visavis.errors import InputError

INDIVIDUALS = """dyadic,A_or_B,participant,gender,resolution,cq,time_partner,time_card,time_room
d1,A,s1,Male,high,4,0.1,0.05,0.05
d1,B,s2,Female,high,5,0.2,0,0
d1,A,s1,Male,low,2,0.1,0.05,0.05
d1,B,s2,Female,low,3,0.2,0,0
"""


def table(**changes):
    frames = 6
    rows = {
        "session": ["s1"] * 2 * frames,
        "resolution": ["1080p"] * frames + ["240p"] * frames,
        "frame": [*range(frames), *range(frames)],
        "au06_a": np.linspace(0, 5, 12, dtype=np.float32),
        "au06_b": np.zeros(12, np.float32),
        "au12_a": np.linspace(5, 0, 12, dtype=np.float32),
        "au12_b": np.ones(12, np.float32),
        "body_motion_a": [0, 1, 375, 49624, 7, 8] * 2,
        "body_motion_b": [3] * 12,
        "gaze_a": np.array([3.0, 3, 3, 2, 1, 0] * 2, np.float32),
        "gaze_b": [3] * 12,
    }
    return pa.table({k: v for k, v in (rows | changes).items() if v is not None})


@pytest.fixture
def folder(tmp_path):
    pq.write_table(table(), tmp_path / "frames.parquet")
    (tmp_path / "individuals.csv").write_text(INDIVIDUALS)
    return tmp_path


def test_signals_come_through_unchanged(folder):
    call = read(folder)["s1-1080p"]()
    motion = call.a.motion
    assert (len(motion), motion.fps, motion.space.name) == (6, 30.0, "video-call")
    assert motion["AU12"].tolist() == table()["au12_a"].to_numpy()[:6].tolist()
    assert np.rint(np.expm1(motion["bodyMotion"])).astype(int).tolist() == [0, 1, 375, 49624, 7, 8]
    looks = motion["gaze"]
    assert looks.sum(1).tolist() == [1, 1, 1, 1, 1, 0]
    assert [motion.space.sets["gaze"][i] for i in looks[:5].argmax(1)] == [
        "gazePartner", "gazePartner", "gazePartner", "gazeCard", "gazeRoom",
    ]  # fmt: skip


def test_looks_at_the_partner_and_smiles_are_marked(folder):
    raised = np.zeros(240, np.float32)
    raised[60:120] = 3.0  # 2 s
    raised[200:206] = 3.0  # too short
    rows = {name: np.zeros(240, np.float32) for name in table().column_names} | {"au12_a": raised}
    rows |= {
        "session": ["s1"] * 240,
        "resolution": ["1080p"] * 240,
        "frame": range(240),
        "gaze_a": [3] * 90 + [1] * 150,
    }
    pq.write_table(pa.table(rows), folder / "frames.parquet")
    call = read(folder)["s1-1080p"]()
    (smile,) = call.a.events["smile"]
    assert (smile.start, smile.end) == pytest.approx((2.0, 4.0), abs=0.2)
    target = call.a.tracks["gaze_target"]
    assert (target["code"].sum(), target.valid.all(), call.b.tracks["gaze_target"].valid.any()) == (90, True, False)


def test_session_resolution_and_ratings_are_known(folder):
    low = read(folder)["s1-240p"]()
    assert low.provenance["session"] == "s1"
    assert low.provenance["resolution"] == "240p"
    assert low.provenance["self_rated_quality"] == {"A": 2.0, "B": 3.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gaze_b": None}, "frames.parquet: has no column 'gaze_b'"),
        ({"frame": [0, 1, 2, 4, 5, 6, *range(6)]}, "call s1-1080p: frame 3 of 6 is missing"),
        ({"au12_b": np.full(12, 7.0, np.float32)}, "au12_b is 7.0 at frame 0; 0 to 5 is needed"),
        ({"au06_b": np.full(12, np.nan, np.float32)}, "au06_b is nan at frame 0"),
        ({"gaze_b": pa.array([3, None] * 6)}, "column 'gaze_b' has no value at row 1"),
    ],
)
def test_what_is_wrong_is_named(folder, changes, message):
    pq.write_table(table(**changes), folder / "frames.parquet")
    with pytest.raises(InputError, match=message):
        [make() for make in read(folder).values()]


def test_missing_and_broken_files_are_named(folder):
    (folder / "frames.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match=r"frames\.parquet: not a readable Parquet table"):
        read(folder)
    (folder / "frames.parquet").unlink()
    with pytest.raises(InputError, match=r"frames\.parquet: missing; pass the folder"):
        read(folder)
    with pytest.raises(InputError, match="no such folder; pass the folder that contains frames"):
        read(folder / "elsewhere")


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    return Corpus.open(import_corpus("video-calls", real_data / "video-calls", tmp_path_factory.mktemp("real") / "c"))


def test_real_calls_survive_the_round_trip(real, real_data):
    recordings = read(real_data / "video-calls")
    assert real.ids == tuple(recordings)
    assert len(real) == 45
    for id, make in recordings.items():
        fresh, kept = make(), real[id]
        assert kept.provenance == fresh.provenance
        for ours, theirs in zip(kept, fresh, strict=True):
            assert (ours.motion, ours.tracks, ours.events) == (theirs.motion, theirs.tracks, theirs.events)
    assert len({call.provenance["session"] for call in real}) == 15


def test_real_people_smile_together_and_strangers_do_not(real):
    calls = list(real)
    a, b = (np.array([person.motion["AU12"] for person in people]) for people in zip(*calls, strict=True))
    a, b = ((smiles - smiles.mean(1, keepdims=True)) / smiles.std(1, keepdims=True) for smiles in (a, b))
    together = a @ b.T / a.shape[1]
    sessions = np.array([call.provenance["session"] for call in calls])
    strangers = together[sessions[:, None] != sessions[None]]
    # Pearson's r per call: mean 0.244, median 0.214 over the 45 calls; 0.005 between people of different sessions.
    assert np.diag(together).mean() == pytest.approx(0.244, abs=0.005)
    assert np.median(np.diag(together)) == pytest.approx(0.214, abs=0.005)
    assert strangers.mean() == pytest.approx(0.0, abs=0.01)


def test_gaze_codes_agree_with_the_seconds_that_the_release_counted(real, real_data):
    from visavis.corpora.reading import read_table
    from visavis.corpora.video_calls import RESOLUTIONS

    rows = read_table(real_data / "video-calls" / "individuals.csv", ("time_partner", "time_card", "time_room"))
    sessions = {row["dyadic"]: row["participant"] for _, row in rows if row["A_or_B"] == "A"}
    names = {theirs: ours for ours, theirs in RESOLUTIONS.items()}
    checked = 0
    for _, row in rows:
        id = f"{sessions[row['dyadic']]}-{names[row['resolution']]}"
        if id in real:
            person = real[id].a if row["A_or_B"] == "A" else real[id].b
            seconds = person.motion["gaze"].sum(0) / person.motion.fps
            counted = [float(row[name]) for name in ("time_partner", "time_card", "time_room")]
            assert seconds == pytest.approx(counted, abs=0.4), id
            checked += 1
    assert checked == 90
