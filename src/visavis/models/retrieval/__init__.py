"""RealTalk: the reaction of a listener in words, and the clips of listeners that show it."""
