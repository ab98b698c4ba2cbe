"""A reporter that remembers what it was told."""

from contextlib import contextmanager

from visavis.reporter import Reporter


class Recorded(Reporter):
    """Keeps what is said, notes, for each progress bar its title and the shares that were shown, and details."""

    def __init__(self):
        self.said = []
        self.notes = []
        self.titles = []
        self.shares = []
        self.details = []

    def say(self, line):
        self.said.append(line)

    def note(self, line):
        self.notes.append(line)

    @contextmanager
    def progress(self, title):
        self.titles.append(title)
        yield self.shares.append

    def detail(self, words):
        self.details.append(words)
