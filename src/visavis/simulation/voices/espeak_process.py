"""Speaks one text with eSpeak NG's library and ends: ``python espeak_process.py``, started by `espeak_library`.

The library keeps what it said before in mind, so that the same text sounds a little different each time, and cannot be
started anew within a process. In a process of its own, the same text always sounds the same, and what goes wrong in it
harms nobody. Nothing but the standard library is imported, which makes it start at once.

Standard input is a JSON object (``library``, ``data``, ``voice``, ``rate``, ``pitch``, ``text``); standard output is a
line of JSON (``sample_rate`` and ``marks``, or ``error``), then samples of 16 bits.
"""

import ctypes
import json
import sys
from itertools import count

SYNCHRONOUS, NO_EXIT, UTF8, CHARACTERS = 2, 0x8000, 1, 1
RATE, PITCH = 1, 3
WORD = 1


class Id(ctypes.Union):
    """The last member of ``espeak_EVENT``."""

    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int), ("identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", Id),
    )  # fmt: skip


class Voice(ctypes.Structure):
    """``espeak_VOICE`` of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p), ("languages", ctypes.c_char_p), ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte), ("age", ctypes.c_ubyte), ("variant", ctypes.c_ubyte), ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int), ("spare", ctypes.c_void_p),
    )  # fmt: skip


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


def speak(asked: dict[str, str]) -> tuple[dict[str, object], bytes]:
    """What is printed, and the samples."""
    library = ctypes.CDLL(asked["library"])
    data = asked["data"].encode() if asked["data"] else None
    sample_rate = library.espeak_Initialize(SYNCHRONOUS, 0, data, NO_EXIT)
    if sample_rate <= 0:
        return {"error": "does not start"}, b""
    pieces: list[bytes] = []
    marks: list[tuple[int, int]] = []

    def take(samples: int | None, length: int, events: "ctypes._Pointer[Event]") -> int:
        for number in count():
            if not events[number].type:
                break
            if events[number].type == WORD:
                marks.append((events[number].text_position - 1, events[number].sample))
        if samples and length > 0:
            pieces.append(ctypes.string_at(samples, 2 * length))
        return 0

    callback = Callback(take)
    library.espeak_SetSynthCallback(callback)
    voice = asked["voice"].encode()
    if library.espeak_SetVoiceByName(voice) and library.espeak_SetVoiceByProperties(
        ctypes.byref(Voice(languages=voice))
    ):
        return {"error": "voice"}, b""
    library.espeak_SetParameter(RATE, int(asked["rate"]), 0)
    library.espeak_SetParameter(PITCH, int(asked["pitch"]), 0)
    text = asked["text"].encode("utf-8", "ignore").replace(b"\0", b" ") + b"\0"
    if library.espeak_Synth(text, len(text), 0, CHARACTERS, 0, UTF8, None, None):
        return {"error": "could not say it"}, b""
    return {"sample_rate": sample_rate, "marks": marks}, b"".join(pieces)


if __name__ == "__main__":
    told, sound = speak(json.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + sound)
