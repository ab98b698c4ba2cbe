"""Real dialogues, of which only words are known, acted out by simulated people."""
