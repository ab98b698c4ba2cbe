"""Whether people do what their words call for: counted right, and in real dialogues."""

from dataclasses import replace

from dialogue_toys import utterance
from visavis.conversation import Conversation, Interval, Participant
from visavis.corpora.switchboard_turns import read
from visavis.perception.emotion.classifier import Emotion
from visavis.simulation.dialogues.cutting import pieces_of
from visavis.simulation.dialogues.responses import as_text, count
from visavis.simulation.dialogues.simulator import act_out


def test_known_movements_are_counted():
    brief = replace(utterance("uh-huh", 8.0), kind="backchannel")
    a = Participant(
        "A",
        utterances=(utterance("well I don't know um maybe", 1.0), brief),
        events={
            "nod": (Interval("concord", 8.2, 8.6),),
            "gesture": (Interval("shrug", 1.5, 2.0), Interval("beat", 1.0, 3.0)),
            "look": (Interval("partner", 0.0, 2.15), Interval("away", 2.15, 2.6), Interval("partner", 2.6, 9.0)),
        },
    )
    counts = count([Conversation("c", (a, Participant("B")), 9.0)])
    nods, shrugs, away = counts.values()
    assert (nods.called, nods.others) == ([1, 1], [0, 6])
    # The shrug is there at "don't know", and half a second after "I" has ended and as "um" begins.
    assert (shrugs.called, shrugs.others) == ([1, 1], [2, 5])
    assert (away.called, away.others) == ([1, 1], [2, 6])
    assert "| nods at acknowledgements | 100.0% of 1 | 0.0% of 6 |" in as_text(counts)


def test_people_do_what_their_words_call_for(real_data, monkeypatch):
    """In twenty telephone calls, of sixty those in which people say most often that they do not know.

    Their mood is neutral, which is told sooner.
    """
    neutral = Emotion("neutral", 1.0, 0.0, 0.0)
    monkeypatch.setattr("visavis.simulation.dialogues.simulator._emotions", lambda texts: [neutral for _ in texts])
    calls = list(read(real_data / "turn-taking").values())[::36][:60]
    talks = [next(pieces_of(make(), 120.0))[1] for make in calls]
    doubtful = sorted(talks, key=lambda talk: -count([talk])['shrugs at "I don\'t know"'].called[1])[:20]
    counts = count(act_out(talk, seed) for seed, talk in enumerate(doubtful))
    print(as_text(counts))
    nods, shrugs, away = (tally.rates for tally in counts.values())
    assert all(tally.called[1] >= 25 for tally in counts.values())
    assert nods[0] > 2 * nods[1]
    assert shrugs[0] > 5 * shrugs[1]
    assert away[0] > away[1] + 0.03
