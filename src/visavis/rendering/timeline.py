"""`timeline.png`: who speaks, who looks at whom, who nods, smiles and blinks, on one page.

Person A above, B below, mirrored, with the line of mutual gaze between them, so that what the two do together stands
close together. Colours are Okabe and Ito's, which colour-blind readers can tell apart; shapes differ as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.motion import events
from visavis.motion.runs import runs
from visavis.rendering.typography import can_write, font_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

COLOURS = {"A": "#D55E00", "B": "#0072B2", "mutual": "#009E73", "smile": "#E69F00", "nod": "#CC79A7",
           "shake": "#7A4FA3", "blink": "#555555"}  # fmt: skip
LOOKING_ANGLE = np.radians(10)
"""Whose gaze passes the middle of the partner's eyes within this angle looks at the partner's face."""

_ROW_SECONDS = (10, 20, 30, 60, 120, 300, 600, 1200)
_MOST_ROWS = 12
_WORDS_UP_TO = 20  # seconds per row; with more, words do not fit
_BLINKS_UP_TO = 60
_INCHES = 15.0

# Lanes of one person from the middle outwards: bottom and top in units of the row.
_LANES = {"gaze": (0.14, 0.44), "marks": (0.54, 0.84), "speech": (0.94, 1.54), "words": (1.62, 2.76)}
_WORD_LINES = 3


@dataclass
class _Lane:
    """What one person does, as intervals (N, 2) in seconds; None where it is not known."""

    person: Participant
    looks: NDArray[np.float64] | None = None
    marks: dict[str, NDArray[np.float64]] = field(default_factory=dict)


def draw_timeline(conversation: Conversation, path: str | Path) -> Path:
    """Draws a conversation over time, in rows from 10 seconds to 20 minutes long.

    Gaze, nods, smiles and blinks are found in the motion (`visavis.motion.events`, and gaze within 10 degrees of the
    partner's eyes); of people without motion they come from the `gaze_target` track and from events.

    Args:
        conversation: Whatever is known of it is drawn.
        path: The PNG; it appears when it is complete.

    Raises:
        InputError: The conversation has no duration, or the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if conversation.duration <= 0:
        raise InputError(f"conversation {conversation.id!r} has no duration, so no timeline can be drawn")
    seconds = next((s for s in _ROW_SECONDS if conversation.duration <= s * _MOST_ROWS), 3600)
    rows = int(np.ceil(conversation.duration / seconds - 1e-6))
    top = _LANES["words"][1] if seconds <= _WORDS_UP_TO and _has_words(conversation) else _LANES["speech"][1]
    row_inches = 0.6 * top + 0.32
    height = rows * row_inches + 0.5
    figure = Figure(figsize=(_INCHES, height), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    lanes = _lanes(conversation)
    for row in range(rows):
        bottom = (height - 0.4 - (row + 1) * row_inches + 0.28) / height
        axes = figure.add_axes((0.062, bottom, 0.928, (row_inches - 0.32) / height))
        _draw_row(axes, lanes, row * seconds, seconds, top, conversation.duration)
    _draw_title(figure, conversation, lanes, height)
    path = Path(path)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


# --- what there is to draw -------------------------------------------------------------------------------------


def _has_words(conversation: Conversation) -> bool:
    return any(person.words for person in conversation)


def _lanes(conversation: Conversation) -> tuple[_Lane, _Lane]:
    a, b = conversation.participants
    return _lane(a, b), _lane(b, a)


def _lane(person: Participant, partner: Participant) -> _Lane:
    lane = _Lane(person, looks=_looks(person, partner))
    finders = {"smile": events.smiles, "nod": events.nods, "shake": events.shakes, "blink": events.blinks}
    motion = person.motion
    for name, find in finders.items():
        try:
            if motion is not None:
                lane.marks[name] = find(motion)
                continue
        except InputError:
            pass  # the motion space does not have the columns; the person's events may still tell
        if name in person.events:
            lane.marks[name] = np.array([(w.start, w.end) for w in person.events[name]]).reshape(-1, 2)
    return lane


def _looks(person: Participant, partner: Participant) -> NDArray[np.float64] | None:
    """When a person looks at the partner, if that can be told."""
    from visavis.motion.gaze import gaze_angle_to_partner

    mine, theirs = person.motion, partner.motion
    if mine and theirs and person.seat and partner.seat and mine.fps == theirs.fps:
        frames = min(len(mine), len(theirs))
        try:
            angle = gaze_angle_to_partner(mine.slice(0, frames), person.seat, theirs.slice(0, frames), partner.seat)
            return runs(angle < LOOKING_ANGLE) / mine.fps
        except InputError:
            pass  # the motion space has no gaze
    track = person.tracks.get("gaze_target")
    if track is not None and "code" in track.columns:
        return runs((track["code"] > 0.5) & track.valid) / track.fps
    return None


def common(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where intervals of both lists overlap, (N, 2)."""
    found = [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]
    return np.array(found).reshape(-1, 2)


# --- drawing ---------------------------------------------------------------------------------------------------


def _draw_row(
    axes: Axes, lanes: tuple[_Lane, _Lane], start: float, seconds: float, top: float, duration: float
) -> None:
    axes.set_xlim(start, start + seconds)
    axes.set_ylim(-top, top)
    axes.axvspan(max(start, duration), start + seconds, color="#EEEEEE", lw=0)
    for sign, letter, lane in zip((1, -1), "AB", lanes, strict=True):
        for name, (low, high) in _LANES.items():
            if name == "speech":
                axes.axhspan(sign * low, sign * high, color=COLOURS[letter], alpha=0.06, lw=0)
        _draw_looks(axes, lane, letter, sign)
        _draw_marks(axes, lane, sign, seconds)
        _draw_speech(axes, lane.person, letter, sign, start, seconds)
        if top > _LANES["speech"][1]:
            _draw_words(axes, lane.person, letter, sign, start, seconds)
    if lanes[0].looks is not None and lanes[1].looks is not None:
        _bars(axes, common(lanes[0].looks, lanes[1].looks), -0.1, 0.1, COLOURS["mutual"])
    axes.axhline(0, color="#BBBBBB", lw=0.5, zorder=0)
    _draw_scale(axes, lanes, start, seconds)


def _called(lane: _Lane, letter: str) -> str:
    return _written(lane.person.name, letter)


def _written(name: str, otherwise: str) -> str:
    """A name, if there is one and a font for it."""
    return name if name and can_write(name, font_for({name: 1.0})) else otherwise


def _font(text: str, size: float, *, bold: bool = False) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=font_for({text: 1.0}, bold=bold), size=size)


def _draw_scale(axes: Axes, lanes: tuple[_Lane, _Lane], start: float, seconds: float) -> None:
    ticks = np.linspace(start, start + seconds, 11)
    axes.set_xticks(ticks, [_clock(tick, seconds / 10) for tick in ticks], fontsize=7.5)
    labelled = [(sum(_LANES[lane]) / 2, text) for lane, text in (("gaze", "looks at"), ("marks", "moves"))]
    ys = [s * y for s in (1, -1) for y, _ in labelled] + [s * sum(_LANES["speech"]) / 2 for s in (1, -1)]
    names = [f"{_called(a, x)} {text}".strip() for a, x in zip(lanes, "AB", strict=True) for _, text in labelled]
    names += [f"{_called(lane, x)} speaks" for lane, x in zip(lanes, "AB", strict=True)]
    names = [name if len(name) < 18 else f"{name[:8]}… {name.rsplit(' ', 1)[-1]}" for name in names]
    axes.set_yticks(ys, names, fontsize=7)
    for label, y in zip(axes.get_yticklabels(), ys, strict=True):
        label.set_color(COLOURS["A" if y > 0 else "B"])
        label.set_parse_math(False)
        label.set_fontproperties(_font(label.get_text(), 7))
    axes.tick_params(length=0, pad=3)
    axes.tick_params(axis="x", length=3, pad=2, color="#BBBBBB")
    axes.grid(axis="x", color="#DDDDDD", lw=0.5)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _clock(seconds: float, step: float) -> str:
    whole = round(seconds, 1)
    text = f"{int(whole // 60)}:{whole % 60:02.0f}"
    return f"{text}.{round(whole * 10) % 10}" if step % 1 else text


def _bars(axes: Axes, spans: NDArray[np.float64], low: float, high: float, colour: str, **style: object) -> None:
    widths = [(start, end - start) for start, end in spans]
    axes.broken_barh(widths, (min(low, high), abs(high - low)), facecolors=colour, lw=0, **style)  # type: ignore[arg-type]


def _draw_looks(axes: Axes, lane: _Lane, letter: str, sign: int) -> None:
    if lane.looks is not None:
        low, high = _LANES["gaze"]
        _bars(axes, lane.looks, sign * low, sign * high, COLOURS[letter], alpha=0.55)


def _draw_marks(axes: Axes, lane: _Lane, sign: int, seconds: float) -> None:
    """Smiles as bars, nods and shakes as arrows in the way that the head goes, blinks as ticks."""
    low, high = _LANES["marks"]
    middle = (low + high) / 2
    if "smile" in lane.marks:
        _bars(axes, lane.marks["smile"], sign * low, sign * high, COLOURS["smile"], alpha=0.75)
    if "blink" in lane.marks and seconds <= _BLINKS_UP_TO:
        places = lane.marks["blink"].mean(axis=1)
        axes.vlines(places, sign * low, sign * (low + 0.14), color=COLOURS["blink"], lw=1.0)
    for name, marker in (("nod", "$\\updownarrow$"), ("shake", "$\\leftrightarrow$")):
        spans = lane.marks.get(name)
        if spans is not None and len(spans):
            axes.hlines(np.full(len(spans), sign * middle), *spans.T, color=COLOURS[name], lw=2.5)
            size = 110 if seconds <= _BLINKS_UP_TO else 40
            axes.scatter(
                spans.mean(1), np.full(len(spans), sign * middle), size, COLOURS[name], marker=marker, zorder=3
            )


def _draw_speech(axes: Axes, person: Participant, letter: str, sign: int, start: float, seconds: float) -> None:
    """The probability of speaking as an area, or utterances as bars where it is not known; backchannels hatched."""
    low, high = _LANES["speech"]
    if person.speaking is not None and len(person.speaking):
        track = person.speaking
        # More than a frame per pixel would only be drawn over.
        track = track.at(min(track.fps, 1200 / seconds))
        first, last = (int(t * track.fps) for t in (start, start + seconds))
        part = np.clip(track.values[first : last + 1, 0], 0, 1)
        times = (np.arange(len(part)) + first) / track.fps
        edge = sign * (low + (high - low) * part)
        axes.fill_between(times, sign * low, edge, step="post", color=COLOURS[letter], alpha=0.85, lw=0)
    else:
        turns = np.array([(u.start, u.end) for u in person.utterances]).reshape(-1, 2)
        _bars(axes, turns, sign * low, sign * high, COLOURS[letter], alpha=0.85)
    spans = [(u.start, u.end) for u in person.utterances if u.kind == "backchannel"]
    spans = spans or [(w.start, w.end) for w in person.events.get("backchannel", ())]
    widths = [(a, b - a) for a, b in spans]
    box = (min(sign * low, sign * high), high - low)
    axes.broken_barh(widths, box, facecolors="none", edgecolors="white", hatch="//////", lw=0, zorder=3)
    axes.broken_barh(widths, box, facecolors="none", edgecolors=COLOURS[letter], lw=1.0, zorder=3)


def _draw_words(axes: Axes, person: Participant, letter: str, sign: int, start: float, seconds: float) -> None:
    """Words above the speech, on the first line where there is room; what does not fit, or has no font, is left out."""
    from matplotlib.font_manager import FontProperties

    low, high = _LANES["words"]
    width = seconds / (_INCHES * 0.928 / 0.078)  # seconds per letter of this size
    step = (high - low) / _WORD_LINES
    ends = [start] * _WORD_LINES
    here = [word for word in person.words if start <= word.start < start + seconds]
    path = font_for(dict.fromkeys((word.text for word in here), 1.0))
    for word in here:
        if not word.text or not can_write(word.text, path):
            continue
        length = width * (len(word.text) + 1)
        line = next((i for i in range(_WORD_LINES) if ends[i] <= word.start), None)
        if line is None or word.start + length > start + seconds + 3 * width:
            continue
        ends[line] = word.start + length
        y = sign * (low + (line + 0.5) * step)
        face = FontProperties(fname=path, size=8)
        axes.text(word.start, y, word.text, font=face, va="center", color=COLOURS[letter], parse_math=False)


def _draw_title(figure: object, conversation: Conversation, lanes: Sequence[_Lane], height: float) -> None:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    assert isinstance(figure, Figure)
    names = " and ".join(_called(lane, letter) for lane, letter in zip(lanes, "AB", strict=True))
    title = f"{_written(conversation.id, 'conversation')}: {names}, {_clock(conversation.duration, 1)} min"
    at = 1 - 0.2 / height
    figure.text(0.012, at, title, font=_font(title, 11, bold=True), va="center", parse_math=False)
    key: list[Patch | Line2D] = [
        Patch(facecolor=COLOURS["A"], label="A speaks"),
        Patch(facecolor=COLOURS["B"], label="B speaks"),
        Patch(facecolor="none", edgecolor="#444444", hatch="//////", label="backchannel"),
    ]
    if any(lane.looks is not None for lane in lanes):
        key += [
            Patch(facecolor="#999999", alpha=0.55, label="looks at partner"),
            Patch(facecolor=COLOURS["mutual"], label="both look"),
        ]
    shown = {name for lane in lanes for name, spans in lane.marks.items() if len(spans)}
    if "smile" in shown:
        key.append(Patch(facecolor=COLOURS["smile"], alpha=0.75, label="smile"))
    for name, marker in (("nod", "$\\updownarrow$"), ("shake", "$\\leftrightarrow$"), ("blink", "|")):
        if name in shown:
            key.append(Line2D([], [], color=COLOURS[name], marker=marker, lw=0, markersize=8, label=name))
    figure.legend(
        handles=key, loc="center right", bbox_to_anchor=(0.995, at), ncols=len(key), fontsize=7.5, frameon=False,
        handlelength=1.3, columnspacing=1.2,
    )  # fmt: skip
