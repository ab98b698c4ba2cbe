"""From folders of videos to corpora: small stages, cached by content, on this machine or a Ray cluster."""

from visavis.corpora.curation.funnel import Level, read_records
from visavis.corpora.curation.run import Curated, curate
from visavis.corpora.curation.settings import load_stages
from visavis.corpora.curation.stage import Item, Outcome, Source, Stage
from visavis.corpora.curation.walk import Record

__all__ = ["Curated", "Item", "Level", "Outcome", "Record", "Source", "Stage", "curate", "load_stages", "read_records"]
