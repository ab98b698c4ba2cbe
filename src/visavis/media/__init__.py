"""Audio and video: from any container onto one clock, and out again."""

from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.decode import DecodedAudio, check_media, read_audio, read_tracks
from visavis.media.frames import Video, open_video
from visavis.media.recording import Recording, open_recording
from visavis.media.video import VideoWriter

__all__ = [
    "SAMPLE_RATE",
    "Audio",
    "DecodedAudio",
    "Recording",
    "Video",
    "VideoWriter",
    "check_media",
    "open_recording",
    "open_video",
    "read_audio",
    "read_tracks",
]
