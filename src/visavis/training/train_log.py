"""The log of a training run: a CSV file with one row per step and quantity, continued by a resumed run."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from visavis.errors import InputError, plainly
from visavis.files import atomic_write

COLUMNS = ("step", "name", "value")


class TrainLog:
    """Appends to ``log.csv``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """One row for each quantity.

        Raises:
            InputError: The file cannot be written.
        """
        new = not self.path.exists()
        try:
            with self.path.open("a", newline="") as file:
                writer = csv.writer(file)
                if new:
                    writer.writerow(COLUMNS)
                writer.writerows([step, name, value] for name, value in values.items())
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {plainly(error)}") from None

    def cut(self, step: int) -> None:
        """Takes back all rows of later steps, and a row that was cut off while it was written."""
        if not self.path.exists():
            return
        with self.path.open(newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == len(COLUMNS)]
        kept = [row for row in rows[1:] if row[0].isdigit() and int(row[0]) <= step and row[2]]
        with atomic_write(self.path) as working, working.open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *kept])
