"""Two-alternative forced-choice studies: built, served to a browser, and analysed.

Participants see a speaker next to two listeners, one by each of two methods, and choose the one that answers a question
better (RealTalk, section 5.3 and Table 2). `plan` reads what the author wrote, `design` decides who sees what when,
`build` makes the folder, `register` and `server` collect the answers, `results` analyses them, `report` presents them.
"""
