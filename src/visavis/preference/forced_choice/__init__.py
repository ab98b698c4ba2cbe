"""Two-alternative forced-choice studies: made, served to a browser, and counted.

Whoever takes part sees a speaker beside two listeners, one by each of two methods, and chooses the one that answers a
question better (RealTalk, section 5.3 and Table 2). `plan` reads what the author wrote, `design` decides who sees what
when, `build` makes the folder, `register` and `server` take the answers, `results` counts them, `report` shows them.
"""
