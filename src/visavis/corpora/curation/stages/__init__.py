"""The built-in stages."""

from visavis.corpora.curation.stages.clips import Clips, masked
from visavis.corpora.curation.stages.duplicates import Duplicates
from visavis.corpora.curation.stages.extraction import ActiveSpeaker, Bodies, Faces, Speaking, Words
from visavis.corpora.curation.stages.face_quality import FaceQuality
from visavis.corpora.curation.stages.segments import Segments
from visavis.corpora.curation.stages.speaker import SpeakerCrops, SpeakerFrames
from visavis.corpora.curation.stages.split_screen import SplitScreen
from visavis.corpora.curation.stages.talk import Language, Safety, TwoSpeakers
from visavis.corpora.curation.stages.thumbnail import Thumbnail

BUILT_IN = (
    Thumbnail, Duplicates, Segments, SplitScreen, Speaking, TwoSpeakers, Words, Language, Safety, Faces, FaceQuality,
    ActiveSpeaker, SpeakerFrames, SpeakerCrops, Bodies, Clips,
)  # fmt: skip
"""In an order in which they work."""

__all__ = ["BUILT_IN", "masked"]
