"""Small corpora in the published layouts, made on the spot."""

import json
import pickle

import numpy as np
import soundfile

CODES = {"exp": 50, "pose": 6, "detail": 128}


def voice(path, seconds, *, channels=1, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).normal(size=(round(seconds * 16_000), channels)) * 0.1
    soundfile.write(path, samples.clip(-1, 1), 16_000)


def emoca(folder, clip, frames, *, missing=(), seed=0):
    """One folder per frame, numbered from 1; returns the codes (frames, 56) in our order."""
    rng = np.random.default_rng(seed)
    codes = {name: rng.normal(size=(frames, size)).astype(np.float32) for name, size in CODES.items()}
    for i in range(frames):
        if i not in missing:
            place = folder / clip / "EMOCA_v2_lr_mse_20" / f"{i + 1:06d}_000"
            place.mkdir(parents=True)
            for name in CODES:
                np.save(place / f"{name}.npy", codes[name][i])
    return np.concatenate([codes["exp"], codes["pose"]], 1)


def vico(folder, *, frames=30, codes=True):
    rows = ["attitude,audio,listener,speaker,listener_id,speaker_id,data_split"]
    motions = {}
    for i, split in enumerate(("train", "test")):
        rows.append(f"positive,a{i},v{i}_l,v{i}_s,{10 + i},{20 + i},{split}")
        voice(folder / "audios" / f"a{i}.wav", frames / 30, seed=i)
        for j, side in enumerate("ls" if codes else ""):
            motions[f"v{i}_{side}"] = emoca(folder / "emoca", f"v{i}_{side}", frames, seed=2 * i + j)
    (folder / "RLD_data.csv").write_text("\n".join(rows) + "\n")
    return motions


def learning2listen(folder, *, windows=3):
    """Windows in which p0 listens to p1, and one fewer the other way round; returns all arrays by file name."""
    place = folder / "conan" / "train"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    arrays = {}
    for listener, count in ((0, windows), (1, windows - 1)):
        speaker = 1 - listener
        names = [[[f"video{i}", str(speaker), str(1000 * i + f)] for f in range(64)] for i in range(count)]
        arrays |= {
            f"p{listener}_list_faces_clean_deca": rng.normal(size=(count, 64, 184)),
            f"p{speaker}_speak_faces_clean_deca": rng.normal(size=(count, 64, 184)),
            f"p{speaker}_speak_audio_clean_deca": rng.random((count, 256, 128)),
            f"p{speaker}_speak_files_clean_deca": np.array(names),
        }
    for name, array in arrays.items():
        np.save(place / f"{name}.npy", array)
    return arrays


def lm_listener(folder, *, frames=45):
    import torch

    rng = np.random.default_rng(0)
    segments = []
    for i in range(2):
        start = 300 + 900 * i
        words = [
            {"text": "so", "start": start / 30 + 0.1, "end": start / 30 + 0.4},
            {"text": "anyway", "end": start / 30 + 0.9},
            {"text": "late", "start": start / 30 + 1.4, "end": start / 30 + 9.0},
        ]
        segment = {
            "fname": f"done_trevor_videos0/{i}TREVOR", "split_start_frame": np.int64(start),
            "split_end_frame": start + frames, "during_words": words, "before_words": [{"text": "before", "end": 1.0}],
        }  # fmt: skip
        for person in ("p0", "p1"):
            for name, size in (*CODES.items(), ("shape", 100)):
                segment[f"{person}_{name}"] = torch.from_numpy(rng.normal(size=(frames, size)).astype(np.float32))
        segments.append(segment)
    (folder / "trevor").mkdir(parents=True)
    torch.save(segments, folder / "trevor" / "segments_train.pth")
    return segments


CANDOR_ID = "0020a0c5-1658-4747-99c1-2839e736b481"
CANDOR_TURNS = [  # speaker, start, stop, words
    ("bob", 0.2, 2.2, "Hello there, my friend."),
    ("alice", 2.0, 2.6, "Mhm."),
    ("bob", 2.8, 4.6, "How was your day?"),
    ("alice", 4.8, 7.4, "Long and rather wet."),
]


def candor(folder, *, seconds=8.0, media=True):
    """Alice speaks on the left channel, Bob on the right."""
    place = folder / CANDOR_ID
    (place / "transcription").mkdir(parents=True)
    speakers = [{"user_id": "bob", "channel": "R"}, {"user_id": "alice", "channel": "L"}]
    (place / "metadata.json").write_text(json.dumps({"id": CANDOR_ID, "speakers": speakers}))
    rows = ["turn_id,speaker,start,stop,utterance,interval,delta,questions,end_question,overlap,n_words"]
    items = {"ch_0": [], "ch_1": []}
    for number, (speaker, start, stop, text) in enumerate(CANDOR_TURNS):
        words = text.split()
        rows.append(f'{number},{speaker},{start},{stop},"{text}",,{stop - start},0,False,False,{len(words)}')
        step = (stop - start) / len(words)
        for i, word in enumerate(words):
            bare = word.rstrip(",.?")
            mine = items["ch_0" if speaker == "alice" else "ch_1"]
            mine.append(_item("pronunciation", bare, start + i * step, start + (i + 0.9) * step))
            mine += [_item("punctuation", mark) for mark in word[len(bare) :]]
    (place / "transcription" / "transcript_cliffhanger.csv").write_text("\n".join(rows) + "\n")
    channels = [{"channel_label": label, "items": found} for label, found in items.items()]
    results = {"transcripts": [], "channel_labels": {"channels": channels, "number_of_channels": 2}}
    (place / "transcription" / "transcribe_output.json").write_text(json.dumps({"results": results}))
    if media:
        (place / "processed").mkdir()
        _stereo_mp3(place / "processed" / f"{CANDOR_ID}.mp3", seconds)
    return place


def _item(kind, text, start=None, end=None):
    times = {} if start is None else {"start_time": f"{start:.3f}", "end_time": f"{end:.3f}"}
    return {**times, "type": kind, "alternatives": [{"confidence": "0.9", "content": text}]}


def _stereo_mp3(path, seconds):
    """Noise of different loudness on the two channels."""
    left, right = np.random.default_rng(0).normal(size=(2, round(seconds * 48_000))) * [[0.2], [0.05]]
    soundfile.write(path, np.stack([left, right], 1).clip(-1, 1), 48_000, format="MP3")


def biwi(folder, *, frames=6):
    """Faces that move in three directions about their templates; returns vertices by name."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(3, 70_110)).astype(np.float32) / 100
    (folder / "vertices_npy").mkdir(parents=True)
    templates, found = {}, {}
    for name in ("F2_e01", "M3_e02", "F2_e34", "F1_e37", "F1_e05"):
        subject = name.split("_")[0]
        templates.setdefault(subject, rng.normal(size=(23_370, 3)))
        weights = rng.normal(size=(frames, 3)).astype(np.float32)
        found[name] = templates[subject].reshape(1, -1) + weights @ directions
        np.save(folder / "vertices_npy" / f"{name}.npy", found[name])
        voice(folder / "wav" / f"{name}.wav", frames / 25 + 0.01)
    with (folder / "templates.pkl").open("wb") as file:
        pickle.dump(templates, file)
    return found


def litter(folder):
    """What macOS and Windows leave beside every file, and in every folder, of an archive that came from a Mac."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
                (path / name).write_bytes(b"\x00\x00\x00\x01Bud1")
        elif path.name[0] != "." and path.suffix not in (".db", ".ini"):
            for copy in (path.with_name(f"._{path.name}"), folder / "__MACOSX" / path.relative_to(folder)):
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + bytes(128))
