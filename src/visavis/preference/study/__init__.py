"""Two-alternative forced-choice studies: made, served to a browser, and counted.

Whoever takes part sees a speaker beside two listeners, one by each of two methods, and chooses the one that answers a
question better (RealTalk, section 5.3 and Table 2).
"""

from visavis.preference.study.answers import Answers
from visavis.preference.study.build import build_study
from visavis.preference.study.design import Design, Trial, make_sessions, read_design
from visavis.preference.study.plan import Plan, read_plan
from visavis.preference.study.register import Register
from visavis.preference.study.results import Results, count

__all__ = [
    "Answers",
    "Design",
    "Plan",
    "Register",
    "Results",
    "Trial",
    "build_study",
    "count",
    "make_sessions",
    "read_design",
    "read_plan",
]
