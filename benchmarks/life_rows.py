"""The rows of docs/results/life.md: what is counted, what is aimed at, and what 0.1.0 had."""

from __future__ import annotations

from visavis.workflows.benchmark.life import BAND_NAMES
from visavis.workflows.benchmark.life_lines import Goal, Line, at_least, at_most, between, share, within

ARGYLE = "Argyle & Ingham 1972"
SECTIONS: dict[str, tuple[Line, ...]] = {
    "Lids and eyes": (
        Line("blinks a minute", "blinks a minute", between(15, 30), "5.5", 1),
        Line("a blink lasts, median (ms)", "blink ms", between(100, 300), digits=0),
        Line("saccades a second", "saccades", before="0.34"),
        Line("fixations that begin a second", "fixations", share(0.2)),
        Line("from one fixation to the next, median (ms)", "fixation ms", share(0.2), digits=0),
        Line("looks at the partner, speaking", "look speaking", within(0.08), "0.82", real=0.41, source=ARGYLE),
        Line("looks at the partner, listening", "look listening", within(0.08), "0.96", real=0.75, source=ARGYLE),
        Line("a look at the partner lasts, median (s)", "look s", share(0.25)),
        Line("both look (share of time)", "mutual", before="0.78", real=0.31, source=ARGYLE),
        Line("both look, mean length (s)", "mutual s", before="2.2", real=1.2, source="Argyle & Cook 1976"),
    ),
    "Nods": (
        Line("nods a minute planned, listening", "planned nods listening", share(0.25)),
        Line("nods a minute planned, talking", "planned nods speaking", share(0.25)),
        Line("nods a minute planned, overlap", "planned nods overlap", share(0.25)),
        Line("nods a minute planned, silence", "planned nods silence", share(0.25)),
        Line("nods a minute seen in motion, listening", "nods listening"),
        Line("nods a minute seen in motion, talking", "nods speaking"),
        Line("shakes a minute seen in motion", "shakes a minute"),
        Line("planned nods that are seen in motion", "nods performed"),
        Line("the same, shifted in time", "nods performed by chance"),
        Line("planned shakes that are seen in motion", "shakes performed"),
        Line("the same, shifted in time", "shakes performed by chance"),
    ),
    "The head": (
        Line("speed, speaking (deg/s)", "head speed speaking", Goal("0.7-1.3 x", 0.7, 1.3, True), "13", 1),
        Line("speed, listening (deg/s)", "head speed listening", Goal("0.7-1.3 x", 0.7, 1.3, True), "5.7", 1),
        *(
            Line(f"power at {band} Hz, {state} (deg^2)", f"head {band} {state}", Goal("0.7-1.3 x", 0.7, 1.3, True))
            for state in ("speaking", "listening") for band in BAND_NAMES
        ),
    ),
    "Smiles and brows": (
        Line("smiles of A and B, correlation (AU12)", "smile r", between(0.17, 0.27)),
        Line("the same, re-paired", "smile r re-paired", between(-0.03, 0.03)),
        Line("smiles, standard deviation", "smile std", before="0.076", digits=3),
        Line("raised inner brows, standard deviation", "brow std", before="0.067", digits=3),
        Line("smiling within 1 s of one's laughter against elsewhere", "smiles with laughs",
             Goal("at least half of real", 0.5, relative=True), digits=1),
    ),
    "Hands": (
        Line("planned strokes to the nearest pitch accent, median (ms)", "stroke ms, plan", at_most(120), digits=0),
        Line("strokes in motion to the nearest pitch accent, median (ms)", "stroke ms, motion", at_most(120), digits=0),
        Line("moments drawn from the same person's speech, median (ms)", "stroke ms, chance", digits=0),
        Line("planned strokes to the nearest in motion, median (ms)", "stroke ms, performed", digits=0),
    ),
    "Told from real people": (
        Line("by smile, gaze and body of video calls, AUC", "told calls", at_most(0.65)),
        Line("the same, share told rightly", "told calls right"),
        Line("by smiles alone, AUC", "told smile"),
        Line("by looks alone, AUC", "told looks"),
        Line("by body alone, AUC", "told body"),
        Line("a look at the partner in those calls lasts, median (s)", "look s in calls"),
        Line("by head and lids of tracked faces, AUC", "told faces", at_most(0.65)),
        Line("the same, share told rightly", "told faces right"),
    ),
    "Mouths": (
        Line("jaw p95-p5 while speaking", "jaw", between(0.38, 0.48), "0.29"),
        Line("openings past 0.2 a second", "openings", between(0.8, 1.1), "0.62"),
        Line("articulation error x 100", "articulation error x 100", at_most(8.5), "10.4"),
        Line("the same of a mouth in its mean pose", "still", before="16.9"),
        Line("jaw, correlation with the truth", "jaw correlation"),
        Line("jawOpen on three tracked English speakers, correlation", "clips", at_least(0.41), "0.41"),
        Line("right person's lips, separate tracks, AUC", "lips apart", at_least(0.93), "0.93"),
        Line("speaking probabilities, separate tracks, AUC", "heard apart"),
        Line("right person's lips, mono mix, AUC", "lips mono", at_least(0.90), "0.88"),
        Line("speaking probabilities, mono mix, AUC", "heard mono"),
    ),
    "Beside held-out simulated people": (
        *(
            Line(f"standard deviation against the truth's, {part}", part, between(0.85, 1.15), before)
            for part, before in (("blink", "0.37"), ("eyes", "0.48"), ("head", "0.46"), ("brows", "0.53"))
        ),
        Line("FD expression", "FD expression", at_most(0.06), "0.159", 3),
        Line("FD pose", "FD pose", at_most(0.006), "0.018", 4),
        Line("network passes a window", "passes", at_most(8), "16", 0),
    ),
    "Emotion": (
        Line("a speaker's face, own words, times chance", "emotion speaker", at_least(2)),
        Line("the same, another turn's words", "emotion speaker shuffled"),
        Line("a listener's face, own words, times chance", "emotion listener"),
        Line("the same, another turn's words", "emotion listener shuffled"),
    ),
}  # fmt: skip
