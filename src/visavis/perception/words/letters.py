"""Pronunciation of English words: a short list of exceptions, then letter-to-sound rules.

It serves the built-in voice and the finding of word boundaries, where a wrong vowel does little harm.
"""

from __future__ import annotations

import re
from functools import lru_cache

from visavis.perception.words.phones import VOICELESS

# Frequent words that the rules get wrong.
_EXCEPTIONS_TEXT = """
a AH|able EY B AH L|about AH B AW T|absolutely AE B S AH L UW T L IY|actually AE K CH UW AH L IY
after AE F T ER|again AH G EH N|against AH G EH N S T|all AO L|almost AO L M OW S T|already AO L R EH D IY
also AO L S OW|always AO L W EY Z|am AE M|and AE N D|another AH N AH DH ER|answer AE N S ER|any EH N IY
anything EH N IY TH IH NG|anyway EH N IY W EY|apartment AH P AA R T M AH N T|are AA R|area EH R IY AH
around AH R AW N D|as AE Z|ask AE S K|aunt AE N T|away AH W EY|awesome AO S AH M|basically B EY S IH K L IY
be B IY|bear B EH R|beautiful B Y UW T AH F AH L|because B IH K AO Z|been B IH N|behind B IH HH AY N D
being B IY IH NG|both B OW TH|bought B AO T|breakfast B R EH K F AH S T|brother B R AH DH ER|brought B R AO T
build B IH L D|building B IH L D IH NG|bus B AH S|business B IH Z N AH S|busy B IH Z IY|buy B AY|by B AY
can K AE N|can't K AE N T|chocolate CH AO K L AH T|choose CH UW Z|city S IH T IY|come K AH M|comes K AH M Z
coming K AH M IH NG|company K AH M P AH N IY|computer K AH M P Y UW T ER|could K UH D|couldn't K UH D AH N T
country K AH N T R IY|couple K AH P AH L|course K AO R S|cousin K AH Z AH N|daughter D AO T ER|day D EY
dead D EH D|definitely D EH F AH N AH T L IY|did D IH D|didn't D IH D AH N T|different D IH F ER AH N T
do D UW|does D AH Z|doesn't D AH Z AH N T|doing D UW IH NG|don't D OW N T|done D AH N|door D AO R
drive D R AY V|during D UH R IH NG|early ER L IY|earth ER TH|eight EY T|either IY DH ER|enough IH N AH F
even IY V AH N|ever EH V ER|every EH V R IY|everybody EH V R IY B AA D IY|everyone EH V R IY W AH N
everything EH V R IY TH IH NG|exactly IH G Z AE K T L IY|expensive IH K S P EH N S IH V|eye AY|eyes AY Z
family F AE M AH L IY|father F AA DH ER|favorite F EY V R AH T|few F Y UW|find F AY N D|fire F AY ER
five F AY V|floor F L AO R|food F UW D|for F AO R|four F AO R|friday F R AY D EY|friend F R EH N D
friends F R EH N D Z|from F R AH M|front F R AH N T|fruit F R UW T|full F UH L|garage G ER AA ZH|gas G AE S
get G EH T|getting G EH T IH NG|give G IH V|given G IH V AH N|gives G IH V Z|go G OW|goes G OW Z
going G OW IH NG|gone G AO N|good G UH D|great G R EY T|group G R UW P|guess G EH S|guest G EH S T|guy G AY
guys G AY Z|had HH AE D|half HH AE F|has HH AE Z|have HH AE V|haven't HH AE V AH N T|having HH AE V IH NG
he HH IY|head HH EH D|hear HH IH R|heard HH ER D|heart HH AA R T|height HH AY T|here HH IH R|high HH AY
hmm HH M|honest AA N AH S T|honestly AA N AH S T L IY|hour AW ER|hours AW ER Z|house HH AW S|how HH AW
huge HH Y UW JH|hundred HH AH N D R AH D|husband HH AH Z B AH N D|i AY|i'd AY D|i'll AY L|i'm AY M|i've AY V
idea AY D IY AH|in IH N|instead IH N S T EH D|interesting IH N T R AH S T IH NG|into IH N T UW|is IH Z
island AY L AH N D|isn't IH Z AH N T|it's IH T S|job JH AA B|juice JH UW S|just JH AH S T|kind K AY N D
knew N UW|know N OW|known N OW N|laugh L AE F|learn L ER N|let's L EH T S|listen L IH S AH N|live L IH V
lives L IH V Z|living L IH V IH NG|lose L UW Z|love L AH V|loved L AH V D|machine M AH SH IY N|man M AE N
many M EH N IY|married M EH R IY D|maybe M EY B IY|me M IY|men M EH N|mhm M HH AH M|mind M AY N D
minute M IH N AH T|mm M|moment M OW M AH N T|monday M AH N D EY|money M AH N IY|month M AH N TH
months M AH N TH S|most M OW S T|mother M AH DH ER|mountain M AW N T AH N|mountains M AW N T AH N Z
move M UW V|moved M UW V D|movie M UW V IY|movies M UW V IY Z|museum M Y UW Z IY AH M|music M Y UW Z IH K
my M AY|myself M AY S EH L F|neighbor N EY B ER|neighbors N EY B ER Z|never N EH V ER|nine N AY N|no N OW
nobody N OW B AA D IY|none N AH N|nothing N AH TH IH NG|now N AW|ocean OW SH AH N|of AH V|off AO F
office AO F AH S|often AO F AH N|oh OW|ok OW K EY|okay OW K EY|old OW L D|on AA N|once W AH N S|one W AH N
ones W AH N Z|only OW N L IY|open OW P AH N|or AO R|other AH DH ER|our AW ER|out AW T|over OW V ER|own OW N
parents P EH R AH N T S|people P IY P AH L|person P ER S AH N|phone F OW N|piano P IY AE N OW
picture P IH K CH ER|pictures P IH K CH ER Z|pretty P R IH T IY|probably P R AA B AH B L IY
project P R AA JH EH K T|pull P UH L|push P UH SH|put P UH T|quiet K W AY AH T|quite K W AY T
radio R EY D IY OW|read R IY D|ready R EH D IY|really R IH L IY|reason R IY Z AH N
restaurant R EH S T R AA N T|right R AY T|river R IH V ER|said S EH D|saturday S AE T ER D EY|says S EH Z
school S K UW L|science S AY AH N S|second S EH K AH N D|see S IY|seven S EH V AH N|she SH IY|shoe SH UW
shoes SH UW Z|should SH UH D|shouldn't SH UH D AH N T|sign S AY N|since S IH N S|sister S IH S T ER|so S OW
soldier S OW L JH ER|some S AH M|somebody S AH M B AA D IY|someone S AH M W AH N|something S AH M TH IH NG
sometimes S AH M T AY M Z|son S AH N|soup S UW P|special S P EH SH AH L|sugar SH UH G ER|sunday S AH N D EY
suppose S AH P OW Z|supposed S AH P OW Z D|sure SH UH R|surprise S ER P R AY Z|surprised S ER P R AY Z D
system S IH S T AH M|table T EY B AH L|talk T AO K|talked T AO K T|talking T AO K IH NG|ten T EH N
terrible T EH R AH B AH L|than DH AE N|thanks TH AE NG K S|that DH AE T|that's DH AE T S|the DH AH
their DH EH R|them DH EH M|themselves DH EH M S EH L V Z|then DH EH N|there DH EH R|there's DH EH R Z
these DH IY Z|they DH EY|they're DH EH R|they've DH EY V|this DH IH S|those DH OW Z|though DH OW
thought TH AO T|through TH R UW|thumb TH AH M|thursday TH ER Z D EY|to T UW|today T AH D EY
together T AH G EH DH ER|told T OW L D|tomorrow T AH M AA R OW|tonight T AH N AY T|too T UW|touch T AH CH
tough T AH F|trouble T R AH B AH L|truth T R UW TH|tuesday T UW Z D EY|two T UW|uh AH|uhhuh AH HH AH|um AH M
uncle AH NG K AH L|us AH S|use Y UW Z|used Y UW Z D|usually Y UW ZH AH W AH L IY|vacation V EY K EY SH AH N
very V EH R IY|view V Y UW|walk W AO K|walked W AO K T|walking W AO K IH NG|want W AA N T|wanted W AA N T AH D
wants W AA N T S|war W AO R|warm W AO R M|was W AA Z|wash W AA SH|wasn't W AA Z AH N T|watch W AA CH
watched W AA CH T|watching W AA CH IH NG|water W AO T ER|we W IY|we're W IH R|we've W IY V|wear W EH R
weather W EH DH ER|wednesday W EH N Z D EY|weird W IH R D|were W ER|weren't W ER AH N T|what W AH T
what's W AH T S|whatever W AH T EH V ER|when W EH N|where W EH R|which W IH CH|who HH UW|whole HH OW L
whose HH UW Z|why W AY|with W IH DH|without W IH DH AW T|woman W UH M AH N|women W IH M AH N|won't W OW N T
wonder W AH N D ER|wonderful W AH N D ER F AH L|word W ER D|words W ER D Z|work W ER K|worked W ER K T
working W ER K IH NG|world W ER L D|worry W ER IY|worst W ER S T|worth W ER TH|would W UH D
wouldn't W UH D AH N T|wow W AW|wrong R AO NG|yeah Y AE|year Y IH R|years Y IH R Z|yes Y EH S
yesterday Y EH S T ER D EY|you Y UW|you'd Y UW D|you'll Y UW L|you're Y UH R|you've Y UW V|young Y AH NG
your Y AO R|yourself Y ER S EH L F
"""

# (what stands there, its sounds); the first rule that matches from the current letter on is taken. Lookarounds see
# the whole word. @ is a vowel letter, & a consonant letter.
_RULES_TEXT = """
a:  air EH R;ar(?=[^aeiou]|$) AA R;are$ EH R;(?<=w)a(?=[tsn]) AA;(?<=qu)a AA;all AO L;al(?=[kfm]) AO;augh AO
a:  au AO;aw AO
a:  ai EY;ay EY;(?<=[aeiouy][a-z])age$ IH JH;able$ AH B AH L;ably$ AH B L IY;a(?=&[ei](?!&&)) EY
a:  a(?=sting|ste|&ing|nge) EY;a(?=tion) EY
a:  a$ AH;^a(?=&@|&&@) AH;al$ AH L;(?<=@&)an$ AH N;(?<=@&)ance$ AH N S;(?<=@&)ant AH N T;ar$ ER;ars$ ER Z
a:  a AE
b:  bb B;(?<=m)b$ ;b(?=t$) ;b B
c:  cch K;^ch(?=r) K;tch CH;ch CH;ck K;ci(?=[aeo]) SH;cc(?=[eiy]) K S;c(?=[eiy]) S;cc K;c K
d:  dge JH;dg JH;dd D;(?<=[ckpfsxh])ed$ T;d D
e:  e$ ;eer IH R;ear(?=[nlt]) ER;ear IH R;ea(?=[dv](?!e)|lth|sure|ther) EH;ea IY;ee IY;eigh EY;ei IY;ey$ IY
e:  ey EY;eu UW
e:  ew(?<=[rljsnd]ew) UW;ew Y UW;(?<=[dt])ed$ AH D;(?<=@&)ed$ D;(?<=&)ed$ D;er(?=[^aeiou]|$) ER;ere$ IH R
e:  (?<=[szxcgh])es$ AH Z;(?<=&)es$ Z;^e(?=x) IH;e(?=ment|ly$|ful$|less) ;e(?=&e$) IY;(?<=@&)en$ AH N
e:  (?<=@&&)en$ AH N;(?<=@&)el$ AH L;(?<=@&)em$ AH M;(?<=@&)ent AH N T;(?<=@&&)ent AH N T;(?<=@&)ened$ AH N D
e:  ence$ AH N S;(?<=^[rdb])e(?=&@) IH;e EH
f:  ff F;f F
g:  gh(?=t) ;^gh G;gh ;gg G;^gn N;gn$ N;^g(?=[ei](?:t|v|r|l)) G;g(?=[eiy]) JH;gu(?=[ei]) G;g G
h:  ^hon AA N;h HH
i:  igh AY;ign$ AY N;ind$ AY N D;ild$ AY L D;ir(?=[^aeiou]|$) ER;ire AY ER;ie(?=[dszl]?$) AY;ie IY
i:  io(?=us) IY AH
i:  ing$ IH NG;ity$ AH T IY;(?<=&)i(?=cal|ty) IH;(?<=[st])ive IH V;ine$ AY N;ique$ IY K;ice$ AY S
i:  i(?=&e$|&es$|&ed$) AY
i:  i(?=&ing$) AY;ia IY AH;i$ IY;i IH
j:  j JH
k:  ^kn N;k K
l:  ll L;le$ AH L;les$ AH L Z;(?<=[oa])l(?=[kfm]) ;l L
m:  mm M;mn$ M;m M
n:  nn N;ng$ NG;ng(?=s$|ing) NG;nger$ NG ER;n(?=[kqx]) NG;n N
o:  oor AO R;ore$ AO R;or(?<=[w]or) ER;or$ ER;or AO R;oa OW;oe OW;oi OY;oy OY;oo(?=[kd]) UH;oo UW
o:  ough(?=t) AO;ough OW
o:  ould UH D;ous$ AH S;ou AW;own AW N;(?<=[lnrshtb])ow$ OW;ow OW;old OW L D;olk OW K;ost$ OW S T;oll$ OW L
o:  o(?=ther|ney|v[ei]|n(?:e|th)) AH;(?<=[^aeiou])on$ AH N;ong AO NG;o$ OW;o(?=(?!x)&[eiy](?!&&)|ti|ci) OW;o AA
p:  ph F;pp P;^ps S;p P
q:  que$ K;qu K W;q K
r:  rr R;^wr R;rh R;r R
s:  sch S K;sh SH;ssion SH AH N;sion(?<=[aeiou]sion) ZH AH N;sion SH AH N;sure(?<=[ea]sure) ZH ER;ss S
s:  sc(?=[eiy]) S
s:  (?<=[aeiouy])s(?=[eiy]) Z;(?<=[bdglmnrvw])s$ Z;(?<=[aeiouy])s$ Z;^s S;(?<=@)s(?=m) Z;s S
t:  tion(?<=s)tion CH AH N;tion SH AH N;tious SH AH S;ti(?=a) SH;tch CH;ture CH ER;tual CH UW AH L;thes$ DH Z
t:  the$ DH
t:  (?<=@)th(?=er|ing) DH;th TH;tt T;st(?=le) S;t T
u:  ^un AH N;^up AH P;ure$ Y UH R;ur(?=[^aeiou]|$) ER;uy AY;ui UW;ue$ UW;u(?<=[rljs]u)(?=&[aeiou]) UW
u:  u(?=&[aeiou](?!&&)) Y UW;(?<=[bpf])u(?=ll|sh) UH;u$ UW;u AH
v:  vv V;v V
w:  ^who HH UW;wh W;^wr R;w W
x:  ^x Z;x K S
y:  ^y Y;(?<=^&)y$ AY;(?<=^&&)y$ AY;(?<=&)ying$ AY IH NG;y(?=&e) AY;(?<=f)y$ AY;y$ IY;(?<=@)y ;y IH
z:  zz Z;z Z
"""


def _exceptions() -> dict[str, tuple[str, ...]]:
    entries = (entry.split() for line in _EXCEPTIONS_TEXT.strip().splitlines() for entry in line.split("|"))
    return {entry[0]: tuple(entry[1:]) for entry in entries}


def _rules() -> dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]]:
    rules: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
    for line in _RULES_TEXT.strip().splitlines():
        letter, _, rest = line.partition(":")
        for entry in rest.strip().split(";"):
            pattern, _, sounds = entry.partition(" ")
            pattern = pattern.replace("@", "[aeiouy]").replace("&", "[bcdfghjklmnpqrstvwxz]")
            rules.setdefault(letter, []).append((re.compile(pattern), tuple(sounds.split())))
    return rules


_EXCEPTIONS = _exceptions()
_RULES = _rules()
_ENDINGS = {"'s": "Z", "'d": "D", "'ll": "L", "'ve": "V", "'re": "ER", "n't": "AH N T", "'m": "M"}


@lru_cache(maxsize=20_000)
def pronounce(word: str) -> tuple[str, ...]:
    """The phones of one lower-case word, ARPAbet without stress; at least one."""
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    for ending, sounds in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return pronounce(word[: -len(ending)]) + tuple(sounds.split())
    # A plural or third person of a known word is that word with its ending.
    if word.endswith("s") and word[:-1] in _EXCEPTIONS and not word.endswith("ss"):
        stem = _EXCEPTIONS[word[:-1]]
        return (*stem, "S" if stem[-1] in ("F", "K", "P", "T", "TH") else "Z")
    phones: list[str] = []
    at = 0
    letters = word.replace("'", "")
    while at < len(letters):
        for pattern, rule in _RULES.get(letters[at], ()):
            match = pattern.match(letters, at)
            if match and match.end() > at:
                phones += rule
                at = match.end()
                break
        else:
            at += 1
    if word.endswith(("s", "ed")) and len(phones) > 1 and phones[-2] in VOICELESS:
        phones[-1] = {"Z": "S", "D": "T"}.get(phones[-1], phones[-1])
    return tuple(phones) or ("AH",)
