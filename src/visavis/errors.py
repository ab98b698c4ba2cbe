"""The one error a user is meant to read."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: what is wrong, where (file, field, frame), and what to do about it. The executable
    prints it without a traceback and exits with code 2.
    """


class MissingExtraError(InputError):
    """An optional part is not installed; the message names the ``pip install`` that brings it."""

    def __init__(self, what: str, extra: str) -> None:
        """Says that `what` needs ``visavis[extra]``."""
        super().__init__(f"{what} needs an optional part that is not installed: pip install 'visavis[{extra}]'")
