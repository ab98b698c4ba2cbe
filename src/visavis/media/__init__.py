"""Sound and pictures: in from any container, onto one clock, and out again."""

from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.decode import DecodedAudio, read_audio
from visavis.media.recording import Recording, open_recording
from visavis.media.video import VideoWriter

__all__ = ["SAMPLE_RATE", "Audio", "DecodedAudio", "Recording", "VideoWriter", "open_recording", "read_audio"]
