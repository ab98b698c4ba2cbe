"""The built-in stages."""

from visavis.corpora.curation.stages.segments import Segments

BUILT_IN = (Segments,)
"""In the order in which the documentation lists them."""
