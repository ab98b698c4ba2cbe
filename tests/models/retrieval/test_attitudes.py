"""Goals in people's own words come to the attitude that they mean."""

from dataclasses import replace

import pytest

from visavis.assets import resolve
from visavis.errors import InputError
from visavis.models.retrieval.attitudes import load_attitudes, read_goal
from visavis.models.retrieval.prompting import SOCIAL, Question, load_shots
from visavis.models.retrieval.stepwise import describe_by_examples, other_goals


@pytest.fixture
def embedding():
    try:
        resolve("all-MiniLM-L6-v2")
    except InputError as error:
        pytest.skip(f"the sentence embedding is not available: {error}")


SITUATIONS = sorted({shot.said for shot in load_shots()})


@pytest.mark.parametrize("attitude", load_attitudes(), ids=lambda attitude: attitude.name)
def test_every_situation_has_an_expression_for_every_attitude(attitude):
    assert sorted({shot.said for shot in load_shots() if shot.goal in attitude.shown_as}) == SITUATIONS
    assert attitude.shown_as <= {shot.goal for shot in load_shots()}


@pytest.mark.parametrize(
    ("goal", "name"),
    [
        ("be hostile towards the speaker", "rude"),
        ("act polite", "fitting"),
        ("react in a socially inappropriate way", "rude"),
        ("do not be rude", "fitting"),
        ("don't show any sympathy", "rude"),
        ("does not care about the speaker at all", "rude"),
        ("comfort the speaker", "warm"),
        ("is a very good friend of the speaker", "warm"),
        ("be a very shy person", "shy"),
        ("is the speaker's boss", None),
        ("hide that you are bored", None),
    ],
)
def test_goals_are_read_by_what_they_mean(goal, name, embedding):
    attitude, _, alike = read_goal(goal, other_goals())
    assert (attitude and attitude.name) == name
    assert alike > 0.5


@pytest.mark.parametrize(
    ("said", "goal", "look"),
    [
        ("My cat passed away yesterday.", "be caring", "sad and tender"),
        ("My cat passed away yesterday.", "be rude", "bored and cold"),
        ("I got the job, I start on Monday!", "be a good friend", "beams with joy"),
        ("There was a dead rat in my soup.", SOCIAL, "disgust"),
        ("The doctor says it is cancer.", "be shy", "worried"),
    ],
)
def test_the_goal_decides_how_and_the_situation_what(said, goal, look, embedding):
    found = describe_by_examples(Question(said, goal))
    assert look in found.expression
    assert found.likely[0][1] > 0.3


def test_a_goal_like_none_is_taken_for_the_fitting_one(embedding):
    strange, social = (describe_by_examples(Question("We won!", goal)) for goal in ("xqj vvk", SOCIAL))
    assert strange.notes
    assert replace(strange, notes=()) == social


@pytest.mark.parametrize("said", ["I lost my baby", "My brother killed himself", "I failed my exam", "my baby is sick"])
def test_bad_news_are_not_met_as_the_good_ones_that_they_resemble(embedding, said):
    found = describe_by_examples(Question(said, SOCIAL))
    assert any(word in found.communicates for word in ("sad", "afraid"))
    assert any(word in found.expression for word in ("sad", "sympathetic", "worried"))


@pytest.mark.parametrize("said", ["my brother came home safe", "I got promoted", "We're pregnant!"])
def test_good_news_still_are(embedding, said):
    assert "happy" in describe_by_examples(Question(said, SOCIAL)).communicates
