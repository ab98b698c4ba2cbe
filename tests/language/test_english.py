import csv
from pathlib import Path

import pytest

from visavis.language.english import looks_english

ENGLISH = """
hi|hello|ok|yes|no|no way!|wow|thanks|my dad died|my father died yesterday|I got the job!|I'm sad|im so sad
we won|she left me|guess what|what?|why me?|Maria|Jose is in Madrid|José is in Madrid|Ahmed and Li went to Tokyo
Carlos got promoted|Zoë and Chloë are twins|Beyoncé cancelled|Dr. Müller called|Hi, Phoebe|the café was closed
we met at a café in Montréal|it was a déjà vu|my fiancé is here|naïve question|jalapeños are hot|lol|omg lol
gonna be late|wanna go?|gimme a sec|u there?|idk tbh|bruh|y'all ready?|thx|sooo tired|ohhh|I recieved teh letter
i wnat to go hoem|definately not|I beleive you|tommorow is my birthday|be supportive|be funny
is the speaker's boss|a strict teacher|angry|sad|happy|amused|hmm|mm-hmm|haha|ugh|ouch|2 + 2 = 4|Meet me at 5pm
Schadenfreude is real|kindergarten starts monday|dad|son|pan|I am a man|in the end|the pain in my arm|menu
hotel|I HATE MONDAYS|asap|brb|don't|It’s fine|Are you a fan of soccer?|Netflix crashed
I can't believe you’d say that to me
rip grandpa|chemo starts tmrw|Las Vegas baby|San Diego rocks|omw|fml|brb mtg|g'day|stoic|aloof
tomorow sucks|goverment shutdown
"""

OTHERS = """
Mi padre murió ayer|mi padre murio ayer|MI PADRE MURIÓ AYER|Mi Padre Murió Ayer|mon père est mort
mon pere est mort|je suis triste|ich bin traurig|mio padre è morto|mio padre e morto|meu pai morreu
mein Vater ist gestorben|mi perro ha muerto|estoy triste|me duele la cabeza|te quiero mucho
he perdido mi trabajo|hola|gracias|lo siento|triste|feliz|sé amable|bonjour|merci|merci beaucoup|oui|j'ai faim
je t'aime|c'est génial|il est parti|quoi?|danke|guten Morgen|warum?|traurig|nein|ja|ciao|grazie|sono triste
ti amo|mi dispiace|obrigado|bom dia|desculpa|mijn vader is overleden|dank je wel|min far är död|min far er død
isäni kuoli|olen surullinen|mój ojciec umarł|jestem smutny|můj otec zemřel|babam öldü|apám meghalt
tatăl meu a murit|ayahku meninggal|bố tôi mất rồi|tôi buồn|мой отец умер|привет|батько помер|我爸爸去世了|你好
父が亡くなりました|悲しいです|아버지가 돌아가셨어요|슬퍼요|مات أبي|אבא שלי מת|είμαι λυπημένος|मैं दुखी हूँ
พ่อของฉันเสียชีวิต|que pena|la casa es grande|el gato come|mort|muerto|padre|mi padre|no sé|si|non|me muero
date prisa|que legal|che bello|das ist toll|no puedo más|mein Freund hat mich verlassen
a mi padre lo despidieron|ella me dejó|es una pena|la vita è bella|tais-toi|sei nett|stai zitto|cala a boca
mama a murit|tata a murit|mae fy nhad wedi marw|he suspendido|he aprobado|no me digas|no me importa|vive la france
vive les vacances|mama ni mgonjwa|adios|c'est la vie|hou je mond|jag är trött|yorgunum|saya lelah|nimechoka|umoran sam
"""


@pytest.mark.parametrize("text", [*ENGLISH.strip().replace("\n", "|").split("|"), "", "?", "😀"])
def test_english_is_english_with_slang_names_loans_and_typos_and_however_short(text: str) -> None:
    assert looks_english(text)


@pytest.mark.parametrize("text", OTHERS.strip().replace("\n", "|").split("|"))
def test_other_languages_are_not_however_short(text: str) -> None:
    assert not looks_english(text)


@pytest.mark.parametrize("text", ["on divorce", "formidable", "no", "courage"])
def test_words_that_are_whole_in_english_too_get_the_benefit_of_the_doubt(text: str) -> None:
    assert looks_english(text)


def test_few_of_many_hard_texts_are_doubted_and_fewer_others_taken_for_english() -> None:
    with (Path(__file__).parent / "short_texts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    english = [looks_english(row["text"]) for row in rows if row["language"] == "en"]
    others = [looks_english(row["text"]) for row in rows if row["language"] != "en"]
    assert len(english) > 200
    assert len(others) > 300
    assert english.count(False) < 0.2 * len(english)
    assert others.count(True) < 0.03 * len(others)
