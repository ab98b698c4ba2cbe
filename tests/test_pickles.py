"""Pickles by others: nothing in them is run, and none takes more memory than it has content."""

import io
import pickle
import resource
import struct
from contextlib import suppress

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.pickles import load_arrays


def read(data):
    return load_arrays(io.BytesIO(data))


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_arrays_in_plain_containers_are_read_back(protocol):
    kept = {
        "a": np.arange(6.0).reshape(2, 3), "b": [1, "x", (None, True)], "c": {"d": np.float32(2.5)},
        "e": np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)), "f": np.array(["é", "x"]),
    }  # fmt: skip
    found = read(pickle.dumps(kept, protocol))
    for name in "aef":
        assert found[name].tolist() == kept[name].tolist()
    assert found["b"] == kept["b"]
    assert found["c"] == kept["c"]


class Calls:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


GREEDY = {
    "an array that is not filled": pickle.dumps(Calls(np._core.multiarray._reconstruct, np.ndarray, (10**10,), b"b")),
    "a number of 2 GB": pickle.dumps(Calls(np._core.multiarray.scalar, np.dtype("V2000000000"))),
    "a number that is cut short": pickle.dumps(Calls(np._core.multiarray.scalar, np.dtype("f8"), b"123")),
    "an open file": pickle.dumps(Calls(open, "/dev/null", "w")),
    "an object numbered 4 billion": b"\x80\x02]r" + struct.pack("<I", 0xFFFFFFF0) + b".",
    "an object numbered as text": b"]p99999999999999\n.",
    "an object with a negative number": b"]p-5\n.",
    "a text of 2^62 bytes": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"a.",
    "a frame of 2^62 bytes": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.",
    "an integer of 2 GB": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"\x01.",
    "an array made of its size": pickle.dumps(Calls(np.ndarray, (10**10,))),
    "an array deep inside": pickle.dumps({"a": [({"b": Calls(np.ndarray, (10**10,))},)]}),
    "an array of nothing, often": pickle.dumps(Calls(np.ndarray, (10**15,), np.dtype("V0"))),
    "nested without end": b"]" * 100_000 + b"a" * 99_999 + b".",
    "cut off": pickle.dumps(np.arange(100))[:-40],
    "empty": b"",
    "text": b"hello",
    "no stop": b"N",
    "code": pickle.dumps(Calls(eval, "1 + 1")),
}


@pytest.mark.parametrize("kind", GREEDY)
def test_what_is_no_pickle_of_arrays_is_refused_at_once_and_for_little(kind):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as caught:
        read(GREEDY[kind])
    assert "\n" not in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024  # KiB


def test_any_byte_of_a_pickle_may_be_wrong():
    whole = pickle.dumps({"a": np.arange(5.0), "b": ["x", 1.5]}, 2)
    for at in range(len(whole)):
        for value in (0, 0x72, 0xFF, whole[at] ^ 1):
            with suppress(InputError):  # where the byte decides nothing, it is another array
                read(whole[:at] + bytes([value]) + whole[at + 1 :])
