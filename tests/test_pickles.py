import io
import pickle
import struct

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.pickles import load_arrays


class Made:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def reconstruct(shape):
    return Made(np._core.multiarray._reconstruct, np.ndarray, shape, b"b")


@pytest.mark.parametrize("protocol", range(2, 6))
def test_arrays_numbers_and_containers_come_back(protocol):
    value = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": [np.float32(1.5), np.int64(3), "text", None],
        "c": (np.eye(2) > 0,),
    }
    value["d"] = np.asfortranarray(np.arange(6).reshape(2, 3))
    found = load_arrays(io.BytesIO(pickle.dumps(value, protocol)))
    for name in ("a", "d"):
        assert np.array_equal(found[name], value[name])
    assert found["b"] == value["b"]
    assert np.array_equal(found["c"][0], value["c"][0])


HOSTILE = {
    "a huge array": reconstruct((10**10,)),
    "a huge array of no rows": reconstruct((0, 10**10)),
    "an array made by its type": Made(np.ndarray, (10**10,)),
    "a huge scalar": Made(np._core.multiarray.scalar, np.dtype("V2000000000")),
    "a short scalar": Made(np._core.multiarray.scalar, np.dtype("f8"), b"123"),
    "an open file": Made(open, "/dev/null", "w"),
    "eval": Made(eval, "1+1"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_run_or_take_memory_that_the_file_does_not_hold_is_refused(name):
    with pytest.raises(InputError, match=r"not loaded|not an intact pickle|does not fill"):
        load_arrays(io.BytesIO(pickle.dumps(HOSTILE[name])))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        b"\x80\x04]\x94r" + struct.pack("<I", 2**28) + b".",  # keeps the list at place 2^28, after as many empty ones
        b"]p268435456\n.",
        b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"abc.",  # says that 2^40 bytes follow
        pickle.dumps(np.arange(1000))[:-100],
    ],
)
def test_damage_is_one_line(content):
    with pytest.raises(InputError) as caught:
        load_arrays(io.BytesIO(content))
    assert "\n" not in str(caught.value)
