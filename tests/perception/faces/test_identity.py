"""Who is who: made-up tracklets whose people are known."""

import numpy as np
import pytest
from face_toys import tracklet

from visavis.perception.faces.identity import identify
from visavis.perception.faces.people import two_people


def agrees(labels, people) -> bool:
    """Whether two labellings are the same but for names."""
    pairs = set(zip(labels.tolist(), people, strict=True))
    return len(pairs) == len(set(labels.tolist())) == len(set(people))


def test_people_keep_their_names_across_cuts_that_change_their_places():
    rng = np.random.default_rng(0)
    tracklets, people = [], []
    for shot in range(40):
        sides = rng.permutation(2)
        for who in (0, 1) if shot % 3 else (rng.integers(2),):
            tracklets.append(tracklet(int(who), 50 * shot, 50 * shot + 50, 300 * sides[who], shot))
            people.append(int(who))
    labels = identify(tracklets)
    assert agrees(labels, people)


def test_who_leaves_and_returns_is_the_same_person():
    labels = identify([tracklet(0, 0, 500), tracklet(1, 0, 100, 300), tracklet(1, 300, 500, 320)])
    assert labels.tolist() == [0, 1, 1]


def test_after_a_crossing_looks_decide_and_not_places():
    before = [tracklet(0, 0, 100, 0), tracklet(1, 0, 100, 300)]
    after = [tracklet(0, 104, 200, 300), tracklet(1, 104, 200, 0)]
    assert agrees(identify(before + after), [0, 1, 0, 1])


def test_nobody_is_in_two_places_at_once():
    """Twins, told apart by nothing but that both are there."""
    labels = identify([tracklet(0, 0, 100, 0, noise=0.0), tracklet(0, 0, 100, 300, noise=0.0)])
    assert labels[0] != labels[1]


def test_a_face_badly_seen_stays_with_who_was_just_there():
    strange = tracklet(7, 110, 130, 5)  # looks like nobody
    half = tracklet(0, 110, 130, 5)
    mixed = type(strange)(
        0, strange.frames, strange.values, strange.embeddings * 0.8 + half.embeddings * 0.2, strange.weights
    )
    labels = identify([tracklet(0, 0, 100, 0), tracklet(1, 0, 130, 300), mixed])
    assert labels.tolist().count(labels[0]) == 2
    assert labels[2] == labels[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_tracklets_does_not_matter(seed):
    tracklets = [tracklet(w, 60 * i, 60 * i + 60, 200 * w, i) for i in range(10) for w in range(2)]
    order = np.random.default_rng(seed).permutation(len(tracklets))
    labels = identify([tracklets[i] for i in order])
    assert agrees(labels, [int(i) % 2 for i in order])


def test_of_three_people_the_two_seen_most_remain_and_a_note_says_so():
    tracklets = [tracklet(5, 0, 100, 600), tracklet(0, 0, 400, 300), tracklet(1, 0, 300, 0)]
    people, notes = two_people(tracklets, 400)
    assert [int(p.seen.sum()) for p in people] == [300, 400]  # the one on the left is A
    assert any("3 people's faces" in note for note in notes)


def test_nobody_and_somebody_are_said():
    people, notes = two_people([], 100)
    assert people == []
    assert "no face is visible" in notes[0]
    people, notes = two_people([tracklet(0, 10, 60)], 100)
    assert len(people) == 1
    assert "only one person's face" in notes[0]
