"""Transport streams: where they begin, where their codecs change and where they end."""

from __future__ import annotations

import numpy as np
import pytest

from media_toys import joined, record, tone
from visavis.media.parts import parts_of, rest_of
from visavis.media.transport import codecs_change, last_packet, starts_packets


def stream(path, codec, hertz=400.0):
    return record(path, tone(hertz, 1.0), codec)


@pytest.mark.parametrize(("first", "second"), [("aac", "mp2"), ("mp2", "ac3"), ("aac", "libopus"), ("libopus", "aac")])
def test_codecs_change_where_the_next_begins(tmp_path, first, second):
    one, two = stream(tmp_path / "a.ts", first), stream(tmp_path / "b.ts", second)
    path = joined(tmp_path / "x.ts", one, two)
    size = one.stat().st_size
    with path.open("rb") as file:
        assert starts_packets(file, 0)
        assert starts_packets(file, size)
        assert codecs_change(file, 0, path.stat().st_size) == size
        assert codecs_change(file, size, path.stat().st_size) is None


@pytest.mark.parametrize("codec", ["aac", "mp2", "ac3"])
def test_the_same_codec_again_is_no_change(tmp_path, codec):
    one = stream(tmp_path / "a.ts", codec)
    path = joined(tmp_path / "x.ts", one, one)
    assert parts_of(path) == (range(2 * one.stat().st_size),)


@pytest.mark.parametrize("lost", [1, 100, 187])
def test_a_stream_that_goes_on_after_damage_has_not_ended(tmp_path, lost):
    one = stream(tmp_path / "a.ts", "aac")
    content = one.read_bytes()
    path = tmp_path / "x.ts"
    path.write_bytes(content[:-lost] + content)
    with path.open("rb") as file:
        assert last_packet(file, 0, path.stat().st_size) is None
    assert rest_of(path) == 0


@pytest.mark.parametrize("seed", range(20))
def test_damaged_tables_are_survived(tmp_path, seed):
    rng = np.random.default_rng(seed)
    content = np.frombuffer(stream(tmp_path / "a.ts", "aac").read_bytes(), np.uint8).copy()
    content[rng.integers(4, len(content), 400)] = rng.integers(0, 256, 400)
    content[4 : 188 * 3 : 188] = rng.integers(0, 256, 3)
    path = tmp_path / "x.ts"
    path.write_bytes(content.tobytes()[: int(rng.integers(377, len(content)))])
    assert parts_of(path)[0].start == 0
