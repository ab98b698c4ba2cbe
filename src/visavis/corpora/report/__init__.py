"""What a corpus contains, as numbers and pictures: the parts of ``visavis report``."""
