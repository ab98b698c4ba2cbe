"""MARS: a language model that speaks text, face and body (Speaking Beyond Language, section 3.3)."""
