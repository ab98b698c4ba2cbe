"""What a corpus is made of, as numbers and pictures: the parts of ``visavis report``."""
