"""The built-in stages, one file for each idea; `visavis.corpora.curation.registry` lists them."""
