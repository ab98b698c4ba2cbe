"""The example of VENUS's Figure 9, with numbers where it has dots."""

import copy

import numpy as np


def features(count: int, seed: int) -> list[float]:
    return [float(str(v)) for v in np.random.default_rng(seed).normal(size=count).astype(np.float32)]


def figure_9(face_size: int = 153) -> dict:
    """The paper's example, with numbers where it has dots, a second speaker and a harmful utterance."""
    return {
        "Channel_id": "UCbk_QsfaFZG6PdQeCvaYXJQ",
        "Video_id": "G51M8YGs_OM",
        "Duration": "01:01:00 ~ 01:11:00",
        "FPS": 25,
        "Segment_id": 5,
        "Conversation": [
            {
                "Utt_id": 0, "Speaker": 0, "Text": "After that, they come and recruit everyone in",
                "Start time": 0.109, "End time": 66.088,
                "Words": [{"Word": "after", "Start_time": 0.109, "End_time": 0.896},
                          {"Word": "that", "Start_time": 0.9, "End_time": 1.0}],
            },
            {
                "Utt_id": 2, "Speaker": 1, "Text": "right", "Start time": 65.5, "End time": 66.0,
                "Words": [{"Word": "right", "Start_time": 65.5, "End_time": 66.0}],
            },
        ],
        "Facial expression": [
            {"Utt_id": 0, "Frame": 2, "Features": features(face_size, 0)},
            {"Utt_id": 0, "Frame": 3, "Features": features(face_size, 1)},
            {"Utt_id": 2, "Frame": 1638, "Features": features(face_size, 2)},
        ],
        "Body language": [
            {"Utt_id": 0, "Frame": 2, "Features": features(179, 3)},
            {"Utt_id": 2, "Frame": 1639, "Features": features(179, 4)},
        ],
        "Speaker bbox": [
            {"Frame": 2, "Bbox": [167.741073, 49.3815689, 783.573852, 474.881866]},
            {"Frame": 1638, "Bbox": [900.5, 40.25, 1100.0, 470.0]},
            {"Frame": 9000, "Bbox": [160.0, 50.0, 780.0, 470.0]},
        ],
        "Harmful_utterance_id": [1],
    }  # fmt: skip


def as_float32(document: dict) -> dict:
    """Boxes in the figure have more digits than a float32; everything else is float32 already."""
    rounded = copy.deepcopy(document)
    for entry in rounded["Speaker bbox"]:
        entry["Bbox"] = [float(str(np.float32(value))) for value in entry["Bbox"]]
    return rounded
