import numpy as np
import pytest

from visavis.errors import InputError
from visavis.formats.timecodes import parse, seconds_of, steady

NTSC = 1000 / 1001


def app(seconds, base=60):
    """As Live Link Face writes it: frames of a base with their thousandths."""
    whole, thousandths = divmod(round(seconds * base * 1000), base * 1000)
    frames, part = divmod(thousandths, 1000)
    return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frames:02d}.{part:03d}"


def counted(i, base, mark=":"):
    """The i-th frame of a timecode that counts the video's own."""
    return f"{i // base // 3600:02d}:{i // base // 60 % 60:02d}:{i // base % 60:02d}{mark}{i % base:02d}"


def drop_frame(i, base, mark=":"):
    """The i-th frame of NTSC's timecode, which leaves numbers out (SMPTE ST 12-1)."""
    left_out, per_ten = base // 15, 600 * base - 9 * (base // 15)
    tens, rest = divmod(i, per_ten)
    minutes = max(0, (rest - left_out) // (60 * base - left_out)) if rest >= 60 * base else 0
    return counted(i + left_out * (9 * tens + minutes), base, mark)


def tracker(i, fps):
    """As Face Landmark Link writes it: the frame modulo the rate, and the row's number where thousandths belong."""
    second = int(i / fps)
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}:{int(i % fps):02d}.{i % 1000:03d}"


def read(codes):
    """Rate and frames of rows with these timecodes."""
    parsed = [parse(code) for code in codes]
    assert None not in parsed
    return steady(seconds_of(parsed), range(2, len(codes) + 2))


RNG = np.random.default_rng(0)
T30 = np.arange(240) / 30
JITTERED = np.sort(T30 + RNG.normal(0, 0.004, len(T30)))

EVEN = {
    "the app at 30": (30, [app(100 + i / 30) for i in range(200)]),
    "the app at 59.97": (59.97, [app(3599 + i / 59.97) for i in range(600)]),
    "the app at NTSC's rate": (60 * NTSC, [app(100.21 + i / 60 / NTSC) for i in range(600)]),
    "the app at a film's rate": (24 * NTSC, [app(7 + i / 24 / NTSC) for i in range(240)]),
    "over midnight": (30, [app(86_395 + i / 30) for i in range(300)]),
    "less than a second": (30, [app(5 + i / 30) for i in range(20)]),
    "drop-frame 29.97": (30 * NTSC, [drop_frame(i, 30) for i in range(1700, 1900)]),
    "drop-frame 59.94": (60 * NTSC, [drop_frame(i, 60) for i in range(3500, 11000)]),
    "drop-frame at a tenth minute": (30 * NTSC, [drop_frame(i, 30) for i in range(16100, 18100)]),
    "semicolons of drop-frame": (30 * NTSC, [drop_frame(i, 30, ";") for i in range(200)]),
    "periods before frames": (25, [counted(i, 25, ".") for i in range(200)]),
    "counted 24": (24, [counted(i, 24) for i in range(90)]),
    "counted 23.976": (24 * NTSC, [tracker(i, 24 * NTSC) for i in range(3000)]),
    "a tracker at 30.01": (30, [tracker(i, 30.01) for i in range(1, 301)]),
    "a tracker at 60.03": (60, [tracker(i, 60.03) for i in range(1, 601)]),
    "a tracker at 29.97": (29.97, [tracker(i, 29.97) for i in range(1, 3001)]),
    "a tracker at 59.94": (59.94, [tracker(i, 59.94) for i in range(1, 4001)]),
    "a tracker at 29.5": (29.5, [tracker(i, 29.5) for i in range(1, 901)]),
    "a tracker at 15": (15, [tracker(i, 15) for i in range(1, 301)]),
    "50 in whole sixtieths": (50, [counted(int(i * 1.2), 60) for i in range(600)]),
    "30 in whole fiftieths": (30, [counted(int(i * 50 / 30), 50) for i in range(300)]),
    "milliseconds as frames": (30, [f"00:00:{i // 30:02d}:{round(i % 30 * 1000 / 30):03d}" for i in range(100)]),
    "time of day": (25, [f"14:03:{i // 25:02d}.{i % 25 * 40:03d}" for i in range(100)]),
    "hundredths": (25, [f"14:03:{i // 25:02d}.{i % 25 * 4:02d}" for i in range(100)]),
    "seconds": (30, [f"{i / 30:.6f}" for i in range(100)]),
    "seconds of 1970": (30, [f"{1.7e9 + i / 30:.4f}" for i in range(300)]),
    "milliseconds": (30, [f"{i * 1000 / 30:.3f}" for i in range(100)]),
    "nanoseconds": (30, [str(round(i * 1e9 / 30)) for i in range(100)]),
    "decimal commas": (25, [f"{i / 25:.2f}".replace(".", ",") for i in range(100)]),
    "jittered": (30, [app(9 + t) for t in JITTERED]),
    "every code twice": (60, [counted(i // 2, 30) for i in range(300)]),
    "one repeated": (30, [app(max(t - (i == 70) / 30, 0)) for i, t in enumerate(T30)]),
    "one late": (30, [app(t + (i == 70) * 0.09) for i, t in enumerate(T30)]),
    "one early": (30, [app(t - (i == 70) * 1.5) for i, t in enumerate(T30)]),
    "one of another hour": (30, [app(t + (i == 70) * 7200) for i, t in enumerate(T30)]),
    "the first before the clock was set": (30, [app(0), *(app(50_000 + t) for t in T30[1:])]),
    "the last far away": (30, [*(app(t) for t in T30[:-1]), app(5000)]),
    "a frame number that no second has": (30, [counted(i, 30) if i != 59 else "00:00:01:30" for i in range(150)]),
}  # fmt: skip


@pytest.mark.parametrize("name", EVEN)
def test_the_rate_of_even_rows_is_told_by_their_evenness(name: str) -> None:
    fps, codes = EVEN[name]
    rate, frames = read(codes)
    assert rate == pytest.approx(fps, rel=6e-4)
    assert frames.tolist() == list(range(len(codes)))


def test_rows_that_were_lost_leave_gaps() -> None:
    kept = np.sort(RNG.choice(900, 830, replace=False))
    for codes in ([app(i / 30) for i in kept], [counted(i, 30) for i in kept], [f"{i / 30:.4f}" for i in kept]):
        rate, frames = read(codes)
        assert rate == pytest.approx(30, rel=1e-3)
        assert frames.tolist() == (kept - kept[0]).tolist()


@pytest.mark.parametrize("pause", [0.5, 20, 600])
def test_a_pause_stays_a_pause(pause: float) -> None:
    times = np.r_[T30, T30 + T30[-1] + pause]
    rate, frames = read([app(t) for t in times])
    assert rate == pytest.approx(30, rel=1e-3)
    assert np.allclose(frames / rate, times, atol=0.02)


def test_a_jittered_recording_with_a_pause_keeps_its_time() -> None:
    times = np.r_[JITTERED, JITTERED + 15]
    rate, frames = read([app(t) for t in times])
    assert rate == pytest.approx(30, rel=5e-3)
    assert np.abs(frames / rate - (times - times[0])).max() < 0.08


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([app(t) for t in (*T30, *T30[:100])], "runs backwards from line 241 to line 242"),
        ([app(t) for t in (*T30[:100], *T30)], "runs backwards from line 101 to line 102"),
        ([app(t) for t in T30[::-1]], "does not advance"),
        (["00:00:00:00"] * 5, "does not advance"),
        ([str(i) for i in range(100)], "count frames"),
        (["00:00:00:00", "0.1"], "some timecodes"),
    ],
)
def test_times_that_are_no_recording_are_refused(codes: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(codes)


@pytest.mark.parametrize("text", ["", "noon", "nan", "inf", "1:2", "00:00:00:00:00", "1e400", "-", "00:00:00:xx"])
def test_what_is_no_timecode_is_told(text: str) -> None:
    assert parse(text) is None
