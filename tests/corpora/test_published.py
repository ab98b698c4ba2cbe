"""Readers against small corpora in the published layouts."""

import numpy as np
import pytest

import layouts
from visavis.conversation.corpus import Corpus
from visavis.corpora import biwi, candor, learning2listen, lm_listener, vico
from visavis.corpora.importing import import_corpus
from visavis.errors import InputError

MAKERS = {
    "vico": layouts.vico,
    "learning2listen": layouts.learning2listen,
    "lm-listener": layouts.lm_listener,
    "candor": layouts.candor,
    "biwi": layouts.biwi,
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_read_survives_the_round_trip(name, tmp_path):
    from visavis.corpora.readers import get_reader

    MAKERS[name](tmp_path / "raw")
    written = Corpus.open(import_corpus(name, tmp_path / "raw", tmp_path / "corpus"))
    recordings = get_reader(name)(tmp_path / "raw")
    assert written.ids == tuple(recordings)
    for id, make in recordings.items():
        fresh = make()
        assert written[id].provenance == fresh.provenance
        assert fresh.provenance["session"]
        for ours, theirs in zip(written[id], fresh, strict=True):
            assert (ours.motion, ours.audio, ours.speaking) == (theirs.motion, theirs.audio, theirs.speaking)
            assert (ours.utterances, ours.tracks) == (theirs.utterances, theirs.tracks)


@pytest.mark.parametrize("name", MAKERS)
def test_an_empty_folder_is_refused(name, tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        import_corpus(name, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_vico_speakers_are_a_and_listeners_b(tmp_path):
    codes = layouts.vico(tmp_path)
    clip = vico.read(tmp_path)["a1"]()
    assert clip.a.motion.values == pytest.approx(codes["v1_s"])
    assert clip.b.motion.values == pytest.approx(codes["v1_l"])
    assert (clip.a.motion.space.name, clip.a.motion.fps) == ("emoca56", 30.0)
    assert (clip.a.speaking.values.min(), clip.b.speaking.values.max()) == (1, 0)
    assert (clip.a.audio.duration, clip.b.audio) == (1.0, None)
    assert clip.provenance["split"] == "test"
    assert clip.provenance["attitude"] == "positive"


def test_vico_without_codes_has_sound_and_roles(tmp_path):
    layouts.vico(tmp_path, codes=False)
    clip = vico.read(tmp_path)["a0"]()
    assert clip.a.motion is None
    assert clip.a.audio is not None


def test_vico_challenge_table_is_read(tmp_path):
    (tmp_path / "train.csv").write_text("video_id,uuid,speaker_id,listener_id\nv,1a2b,3,4\n")
    layouts.voice(tmp_path / "audios" / "1a2b.wav", 1.0)
    spoken = layouts.emoca(tmp_path / "emoca", "1a2b.speaker", 30)
    layouts.emoca(tmp_path / "emoca", "1a2b.listener", 30, seed=1)
    assert vico.read(tmp_path)["1a2b"]().a.motion.values == pytest.approx(spoken)


def test_frames_without_a_face_are_bridged_and_marked(tmp_path):
    codes = layouts.emoca(tmp_path, "clip", 10, missing=(0, 4, 5))
    from visavis.corpora.emoca_codes import read_codes

    motion, tracked = read_codes(tmp_path, "clip", 30.0, 12)
    assert tracked.valid.tolist() == [False, *[True] * 3, False, False, *[True] * 4, False, False]
    assert motion.values[4] == pytest.approx(codes[3] + (codes[6] - codes[3]) / 3, abs=1e-5)
    assert motion.values[0] == pytest.approx(codes[1])
    assert motion.values[11] == pytest.approx(codes[9])


def test_vico_errors_name_file_and_remedy(tmp_path):
    layouts.vico(tmp_path)
    np.save(tmp_path / "emoca/v0_s/EMOCA_v2_lr_mse_20/000003_000/pose.npy", np.zeros(3))
    with pytest.raises(InputError, match="000003_000: pose has 3 numbers; 6 are needed"):
        vico.read(tmp_path)["a0"]()
    (tmp_path / "audios/a1.wav").unlink()
    with pytest.raises(InputError, match=r"a1\.wav: missing; the table lists it"):
        vico.read(tmp_path)["a1"]()
    (tmp_path / "emoca/v1_l").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="v1_l: missing; emoca/ must contain the codes of every clip"):
        vico.read(tmp_path)
    (tmp_path / "RLD_data.csv").write_text("attitude,audio\npositive,a0\n")
    with pytest.raises(InputError, match=r"RLD_data\.csv: has no column 'listener'; it has attitude, audio"):
        vico.read(tmp_path)


def test_learning2listen_sides_and_columns(tmp_path):
    arrays = layouts.learning2listen(tmp_path)
    windows = learning2listen.read(tmp_path)
    assert len(windows) == 5
    assert tuple(learning2listen.read(tmp_path / "conan")) == tuple(windows)
    window = windows["conan-train-p0-00002"]()
    assert window.b.motion.values == pytest.approx(arrays["p0_list_faces_clean_deca"][2, :, :56])
    assert window.a.motion.values == pytest.approx(arrays["p1_speak_faces_clean_deca"][2, :, :56])
    assert window.a.motion["jaw"] == pytest.approx(arrays["p1_speak_faces_clean_deca"][2, :, 53:56])
    assert window.a.tracks["mel"].values == pytest.approx(arrays["p1_speak_audio_clean_deca"][2], abs=1e-6)
    assert window.a.tracks["mel"].duration == pytest.approx(window.duration)
    provenance = window.provenance
    assert (provenance["session"], provenance["split"], provenance["first_frame"]) == ("video2", "train", "2000")


def test_learning2listen_errors_name_file_and_shape(tmp_path):
    layouts.learning2listen(tmp_path)
    np.save(tmp_path / "conan/train/p1_speak_audio_clean_deca.npy", np.zeros((3, 128, 128)))
    with pytest.raises(InputError, match=r"p1_speak_audio_clean_deca\.npy: has type .* \(3, 128, 128\); 3 x 256 x 128"):
        learning2listen.read(tmp_path)
    (tmp_path / "conan/train/p1_speak_faces_clean_deca.npy").unlink()
    with pytest.raises(InputError, match=r"p1_speak_faces_clean_deca\.npy: missing; it belongs to the corpus"):
        learning2listen.read(tmp_path)


def test_lm_listener_p0_listens_and_words_are_on_the_segments_clock(tmp_path):
    segments = layouts.lm_listener(tmp_path)
    found = list(lm_listener.read(tmp_path).values())[1]()
    assert found.b.motion["expression"] == pytest.approx(segments[1]["p0_exp"].numpy())
    assert found.a.motion["head"] == pytest.approx(segments[1]["p1_pose"][:, :3].numpy())
    assert found.a.motion["jaw"] == pytest.approx(segments[1]["p1_pose"][:, 3:].numpy())
    assert [(w.text, round(w.start, 3), round(w.end, 3)) for w in found.a.words] == [
        ("so", 0.1, 0.4), ("anyway", 0.9, 0.9), ("late", 1.4, 1.5),
    ]  # fmt: skip
    assert found.provenance["words_before"] == "before"
    assert found.provenance["session"] == "done_trevor_videos0/1TREVOR"


def test_lm_listener_runs_nothing_that_a_file_says(tmp_path):
    import os

    import torch

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    (tmp_path / "trevor").mkdir()
    torch.save([{"p0_exp": Evil()}], tmp_path / "trevor/segments_train.pth")
    with pytest.raises(InputError, match=r"segments_train\.pth: contains objects other than tensors, numbers and text"):
        lm_listener.read(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_lm_listener_errors_name_segment_and_field(tmp_path):
    import torch

    segments = layouts.lm_listener(tmp_path)
    path = tmp_path / "trevor/segments_train.pth"
    torch.save([segments[0], {**segments[1], "p1_pose": torch.zeros(44, 6)}], path)
    with pytest.raises(InputError, match=r"segment 1: 'p1_pose' has shape \(44, 6\); \(45, 6\) is needed"):
        lm_listener.read(tmp_path)
    torch.save([{k: v for k, v in segments[0].items() if k != "during_words"}], path)
    with pytest.raises(InputError, match="segment 0: has no field 'during_words'"):
        lm_listener.read(tmp_path)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"segments_train\.pth: "):
        lm_listener.read(tmp_path)


def test_candor_left_is_a_and_words_are_in_their_utterances(tmp_path):
    layouts.candor(tmp_path)
    talk = candor.read(tmp_path)[layouts.CANDOR_ID]()
    assert [person.name for person in talk] == ["alice", "bob"]
    assert [[u.text for u in person.utterances] for person in talk] == [
        ["Mhm.", "Long and rather wet."],
        ["Hello there, my friend.", "How was your day?"],
    ]
    loudness = [float(np.abs(person.audio.samples).mean()) for person in talk]
    assert loudness[0] > 2 * loudness[1]
    assert talk.b.speaking["speaking"][[1, 20, 60, 80]].tolist() == [0, 1, 0, 1]


def test_candor_without_media_has_words_and_roles(tmp_path):
    layouts.candor(tmp_path, media=False)
    talk = candor.read(tmp_path)[layouts.CANDOR_ID]()
    assert (talk.a.audio, talk.duration) == (None, 7.4)
    assert len(talk.b.words) == 8


def test_candor_motion_comes_from_codes_at_the_videos_rate(tmp_path):
    from visavis.media.video import VideoWriter

    place = layouts.candor(tmp_path, seconds=2.0)
    (place / "transcription/transcript_cliffhanger.csv").write_text(
        "turn_id,speaker,start,stop,utterance\n0,bob,0.2,1.9,Hello\n"
    )
    codes = {user: layouts.emoca(tmp_path / "emoca", f"{place.name}_{user}", 30) for user in ("alice", "bob")}
    with pytest.raises(InputError, match=r"alice\.mp4: missing; the frame rate of the codes"):
        candor.read(tmp_path)[place.name]()
    for user in codes:
        with VideoWriter(place / "processed" / f"{user}.mp4", (16, 16), 15.0) as video:
            video.write(np.zeros((16, 16, 3), np.uint8))
    talk = candor.read(tmp_path)[place.name]()
    assert talk.b.motion.fps == 15.0
    assert len(talk.b.motion) == round(talk.duration * 15)
    assert talk.b.motion.values[:30] == pytest.approx(codes["bob"])


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("metadata.json", '{"speakers": [{"user_id": "bob", "channel": "R"}]}', "must name a user_id for the channels"),
        ("metadata.json", "{", r"metadata\.json: not valid JSON"),
        ("transcription/transcribe_output.json", '{"results": {}}', r"channel_labels\.channels' is not as published"),
        (
            "transcription/transcript_cliffhanger.csv",
            "turn_id,speaker,start,stop,utterance\n0,carol,0,1,x\n",
            "line 2: 'speaker' is 'carol', who is not in",
        ),
        (
            "transcription/transcript_cliffhanger.csv",
            "turn_id,speaker,start,stop,utterance\n0,bob,soon,1,x\n",
            "line 2: 'start' is 'soon'; seconds from 0 are needed",
        ),
        (
            "transcription/transcript_cliffhanger.csv",
            "turn_id,speaker,start,stop,utterance\n0,bob,2,1,x\n",
            "line 2: stops at 1.0 s, before",
        ),
    ],
)
def test_candor_errors_name_file_and_field(tmp_path, file, text, message):
    place = layouts.candor(tmp_path, media=False)
    (place / file).write_text(text)
    with pytest.raises(InputError, match=message):
        candor.read(tmp_path)[place.name]()


def test_biwi_vertices_come_back_from_the_components(tmp_path):
    vertices = layouts.biwi(tmp_path / "raw")
    corpus = Corpus.open(import_corpus("biwi", tmp_path / "raw", tmp_path / "corpus"))
    for name, true in vertices.items():
        spoken = corpus[name]
        subject = spoken.provenance["session"]
        back = biwi.vertices_of(spoken.a.motion, subject, tmp_path / "corpus")
        assert back.shape == (6, 23_370, 3)
        assert np.allclose(back.reshape(6, -1), true, atol=1e-4)
    assert corpus["F2_e01"].provenance["explained"] == pytest.approx(1.0, abs=1e-3)
    splits = {name: corpus[name].provenance["split"] for name in corpus.ids}
    assert splits == {"F2_e01": "train", "M3_e02": "train", "F2_e34": "val", "F1_e37": "test-b", "F1_e05": None}


def test_biwi_errors_name_file_and_field(tmp_path):
    import pickle

    layouts.biwi(tmp_path)
    with (tmp_path / "templates.pkl").open("wb") as file:
        pickle.dump({"F2": np.zeros((23_370, 3))}, file)
    biwi.components.cache_clear()
    with pytest.raises(InputError, match=r"templates\.pkl: has no template of 'F1'"):
        biwi.read(tmp_path)["F2_e01"]()
    (tmp_path / "wav/F2_e01.wav").unlink()
    with pytest.raises(InputError, match=r"F2_e01\.wav: missing; vertices_npy/F2_e01\.npy needs its audio"):
        biwi.read(tmp_path)
