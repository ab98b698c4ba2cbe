"""What simulated people say: a small grammar of conversational English that yields thousands of sentences.

Sentences need not make sense of the conversation; they must sound like one, and use every sound of English often.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

Kind = Literal["turn", "backchannel", "question", "answer"]

# Lists of words to choose from; an item may name other lists in braces.
_GRAMMAR_TEXT = """
person: my brother | my sister | my mom | my dad | my boss | my neighbor | my cousin | my roommate | our teacher
  | this guy Bob | my friend Joyce | Vivian | Paul | uncle George | a woman from church | the other coach | my
  oldest daughter | Beth | the new manager | my wife | my husband | Philip | Shawn | an old friend of ours
they: they | we | people | the kids | my parents | the neighbors | the folks at work | most of us | both of them
thing: the car | a bigger house | that movie | the wooden boat | the whole budget | a used piano | the garden |
  the kitchen | a puppy | the computer | the old truck | that book | a bunch of peaches | the blue bike | my
  phone | a very good camera | the fish | the pool | the shower | a warm jacket | the window | the television |
  the fireplace | a chocolate cake | the big bathtub | a pair of shoes | the oven | the roof | a cheap umbrella
  | the lawn mower
food: pizza | fish and chips | beef soup | mashed potatoes | vegetable curry | fresh bread | ripe mangoes |
  blueberry pie | a bowl of pasta | mushrooms | peanut butter | cheap coffee | hot chocolate | a cheese sandwich
  | barbecue | homemade pickles | five bananas | apple juice | boiled eggs | rice and beans | strawberry jam
place: the beach | the lake | the mountains | downtown | Boston | Mexico | the office | the gym | the farm | the
  airport | the hospital | their place | a museum | the north shore | Chicago | my hometown | the library | the
  swimming pool | the bowling alley | a small village | the fair | Washington | the movie theater | the park
time: last week | yesterday | this morning | on Saturday | before Christmas | in February | a few years ago |
  back in high school | the other day | over the weekend | last summer | at about five | after work | in the
  evening | for a couple of months | every Thursday | once in a while | when I was young | on my birthday | at
  the moment
ahead: tomorrow | next week | this summer | on Friday | pretty soon | in the fall | before winter | after lunch
  | when we move | by the end of the month | in about an hour | some time in March | whenever they call back
adj: beautiful | expensive | weird | funny | busy | cheap | huge | tough | boring | amazing | noisy | pretty
  wild | very useful | a bit awkward | super easy | really fresh | so peaceful | kind of blurry | too warm |
  quite smooth | awfully short | comfortable | more fun than I thought | worth every penny | rough | lovely |
  obvious | perfect
past: bought | sold | moved | washed | borrowed | fixed | lost | watched | noticed | brought | missed | loved |
  broke | built | chose | found | covered | painted | pushed | enjoyed | gave up on | threw away | took care of
base: buy | sell | move | wash | borrow | fix | watch | bring | keep | love | build | choose | find | cover |
  paint | push | use | share | save | give away | put back | look for | pay for | get rid of | show you | think
  about
act: go swimming | take a walk | cook for everybody | play baseball | watch a movie | stay up late | go fishing
  | have a picnic | work from home | jog around the lake | visit the family | take some pictures | read the
  paper | learn some French | ride my bike | play the guitar | go shopping | bake bread | chop wood | move the
  furniture | feed the chickens | wash the windows | shovel snow | go bowling | fix up the basement | throw a
  party
doing: swimming | cooking | playing chess | working on the garage | watching the game | looking for a job |
  jogging | gardening | painting the fence | learning to drive | saving money | moving boxes | teaching math |
  traveling | shopping around | fishing | singing in a choir | writing a book | taking pictures | shoveling snow
feel: happy | surprised | worried | nervous | proud | tired | confused | thrilled | annoyed | curious |
  embarrassed | hopeful | frustrated | relieved | shocked | pleased
job: teacher | nurse | lawyer | farmer | plumber | police officer | chef | engineer | bus driver | musician |
  judge | salesman | programmer | coach | mechanic | librarian | dentist | movie producer | pharmacist |
  photographer
weather: rain | snow | fog | sunshine | thunder | humid air | wind | a big storm | frost | beautiful weather
number: two | three | four | five | six | seven | eight | nine | ten | fifteen | twenty | forty | a hundred | a
  few
unit: miles | hours | dollars | months | people | weeks | pounds | blocks | phone calls | boxes | minutes |
  years
opener: well | you know | I mean | so | actually | honestly | see | okay so | oh | but anyway | to be fair | by
  the way | I guess | the thing is | and then | now | basically | for me | look
tag: you know | I guess | or something | I suppose | and all that | to be honest | believe it or not | if that
  makes sense | more or less | which is fine | at least for now | so far | as far as I know
clause: {person} {past} {thing} {time} | we went to {place} {time} | {they} used to {act} | I've been {doing}
  {time} | it was {adj} | I was so {feel} about it | there was {weather} {time} | {person} wants to be a {job} |
  it took about {number} {unit} | {they} never {past} {thing} | we had {food} for lunch | I would love to {act}
  | {thing} was {adj} | I'm going to {base} {thing} {ahead} | they should probably {base} {thing} | {person} was
  {doing} | you can always {act} | I don't even have to {base} {thing} | {place} is {adj} | nobody could {base}
  {thing} | we might {act} {ahead} | I thought {thing} would be {adj} | the weather was {adj} {time} | it costs
  {number} or {number} {unit} | {person} felt {feel} | they moved to {place} | my job as a {job} was {adj} | you
  have to {base} {thing} first | {person} showed me how to {base} {thing} | both of us were {feel} | I forgot
  about {thing} | we put {thing} in the back | she made {food} for {person} | he gave {thing} to {person} | the
  whole place smelled of {food} | I just wish {they} would {base} {thing} | my favorite part was {doing} | every
  week we {act} | it makes me {feel} | we could not find {thing} | Phil and Moe chew five huge mushrooms | the
  boy enjoys a good view of {place} | {person} fell off {thing} | you would have been {feel} | we bumped into
  {person} at {place} | the job pays {number} {unit} more | our flight to {place} was {adj} | {person} usually
  measures everything {number} times | I watched a show about {place} | the music over there was {adj} | we
  waved at {person} | few people ever {base} {thing} | somebody from {place} phoned me {time} | the baby pulled
  {thing} down | we grew up near {place}
link: and | but | so | because | and then | although | which means | since | even though | while | or maybe
question: did you ever {base} {thing}? | where did you {base} {thing}? | what was {place} like? | have you been {doing}?
  | do you like {food}? | how long did it take? | why would {they} {base} {thing}? | who showed you {thing}?
  | are you going to {act} {ahead}? | was it {adj}? | how is {person} doing? | what do you think about {thing}?
  | would you rather {act} or {act}? | how much was {thing}? | when did you move to {place}? | is {place} far from here?
  | so what happened with {thing}? | do you ever {act}? | could {person} help you {base} {thing}?
  | what kind of {job} was he?
  | weren't you {feel}? | how many {unit} is that? | which one was {adj}? | do they have {food} over there?
  | did {person} really want to be a {job}? | what's your favorite part? | is it {adj} or {adj}? | how about you?
affirm: yes | yeah | sure | of course | probably | I think so | absolutely | definitely | I hope so | oh yeah | kind of
deny: no | not really | I doubt it | not yet | no way | well, no | maybe not | I don't think so | never
backchannel: mm-hm | mm-hm | mm-hm | uh-huh | uh-huh | yeah | yeah | yeah | right | right | okay | oh | oh wow | wow
  | really? | oh really? | I see | sure | yep | exactly | of course | no way | that's true | oh no | huh | hmm | yes
  | yeah, yeah | right, right | oh my goodness | that's great | that's funny | I know | totally | oh boy | oh good
  | sounds good | that's too bad | is that right? | interesting | makes sense | you bet | for sure | wonderful | gosh
"""


def _grammar() -> dict[str, tuple[str, ...]]:
    lists: dict[str, str] = {}
    name = ""
    for line in _GRAMMAR_TEXT.strip().splitlines():
        if line.startswith("  "):
            lists[name] += f" {line.strip()}"
        else:
            name, _, first = line.partition(":")
            lists[name] = first
    return {name: tuple(item.strip() for item in text.split("|")) for name, text in lists.items()}


_GRAMMAR = _grammar()


def utterance(rng: np.random.Generator, kind: Kind = "turn", words: int = 12) -> str:
    """One utterance.

    Args:
        rng: Decides all of it.
        kind: ``turn``, ``question`` (ends asking), ``answer`` (starts with yes or no), or ``backchannel``.
        words: About how many words; a backchannel keeps its own length of one to three.

    Returns:
        English with capitals and punctuation.
    """
    if kind == "backchannel":
        return _finish([_fill("{backchannel}", rng)])
    pieces: list[str] = []
    if kind == "answer":
        pieces.append(_fill("{affirm}," if rng.random() < 0.65 else "{deny},", rng))
        if words <= 2:
            return _finish(pieces)
    closing = _fill("{question}", rng) if kind == "question" else ""
    budget = words - len(closing.split())
    while sum(len(p.split()) for p in pieces) < budget:
        pieces.append(_sentence(rng, budget - sum(len(p.split()) for p in pieces)))
    return _finish([*pieces, closing] if closing else pieces)


def _sentence(rng: np.random.Generator, words: int) -> str:
    """One to three clauses, joined, and a full stop."""
    text = _fill("{clause}", rng)
    if rng.random() < 0.3:
        text = _fill("{opener}, ", rng) + text
    for _ in range(2):
        if len(text.split()) < words - 5 and rng.random() < 0.6:
            text += _fill(", {link} {clause}", rng)
    if rng.random() < 0.15:
        text += _fill(", {tag}", rng)
    return text + ("!" if rng.random() < 0.06 else ".")


def _fill(template: str, rng: np.random.Generator) -> str:
    """Replaces every ``{list}`` by one of its items, and theirs in turn."""
    while match := re.search(r"\{(\w+)\}", template):
        items = _GRAMMAR[match[1]]
        template = template[: match.start()] + items[rng.integers(len(items))] + template[match.end() :]
    return template


def _finish(pieces: list[str]) -> str:
    """Joins sentences, with a capital at the start of each and an end mark at the last."""
    text = " ".join(pieces).strip().rstrip(",")
    text = text if text[-1] in ".!?" else f"{text}."
    return re.sub(r"(^|[.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text)
