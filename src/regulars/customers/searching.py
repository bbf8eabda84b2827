"""Find customers by what one types: each word is the beginning of a word of theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from regulars.customers.contracts import Count
from regulars.customers.identifiers import whole_address
from regulars.customers.statements import rows_of
from regulars.kit.text import words

# Counted exactly to here; and as many of a broad search are looked at for the newest.
EXACT_TO = 5_000
LOOKED_AT = 1_000
# How many words that begin alike are read. Some customers have two of them.
WORDS_READ = 2 * EXACT_TO
# Fewer words than this are read whole to compare them with the rarest; of more, each customer's are looked up.
COMPARED_WITH = 3 * WORDS_READ
_PHONE = re.compile(r"[\d\s()+/.-]+")
# As one dials another country; a customer's own number may begin with zeros too.
_ABROAD = re.compile(r"^00(?=[1-9]\d{5})")


def query_words(text: str) -> list[str]:
    """Return the folded words that a search asks for; a phone number's digits are one, as is an e-mail address."""
    if _PHONE.fullmatch(text.strip()) and sum(character.isdigit() for character in text) > 3:
        return [_ABROAD.sub("", "".join(character for character in text if character.isdigit()))]
    found: list[str] = []
    for part in text.split():
        found += [whole_address(part)] if "@" in part[1:] else words(part)
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: at most `LOOKED_AT` ids, and how many customers there are."""

    ids: Sequence[UUID]
    count: Count


def find(text: str, also: Mapping[str, Sequence[UUID]], named: Sequence[UUID] = ()) -> Found:
    """Return the customers that a search finds: those `named` first, then the newest.

    `also` names for a word those customers for whom it is the beginning of something else, as of an order's number;
    `named` are those whom the text as a whole names so.
    """
    wanted = query_words(text)
    if not wanted:
        return Found([], Count(0, is_exact=True))
    by_words, count = _by_words(wanted)
    found = [*named, *by_words]
    for word, customers in also.items():
        rest = [each for each in wanted if each != word]
        found += _among(customers, rest) if rest else list(customers)
    ids = list(dict.fromkeys(found))[:LOOKED_AT]
    return Found(ids, Count(max(count.value, len(ids)), is_exact=count.is_exact))


def _by_words(wanted: Sequence[str]) -> tuple[list[UUID], Count]:
    rarest, second, others = _by_rarity(sorted(set(wanted)))
    told = {"beginning": rarest, "second": second, "others": others}
    rows = rows_of("search", told | {"words_read": WORDS_READ, "most": LOOKED_AT})
    if not rows:
        return [], Count(0, is_exact=True)
    _, customers, is_all = rows[0]
    count = Count(min(customers, EXACT_TO), is_exact=is_all and customers <= EXACT_TO)
    return [identity for identity, _, _ in rows], count


def _by_rarity(wanted: Sequence[str]) -> tuple[str, str | None, Sequence[str]]:
    """Return the rarest of some beginnings, the next one if it is rare enough to be read, and the others."""
    if len(wanted) == 1:
        return wanted[0], None, []
    counted = rows_of("count_words", {"beginnings": wanted, "most": COMPARED_WITH})
    (rarest, _), (second, words), *others = counted
    rest = [beginning for beginning, _ in others]
    return (rarest, second, rest) if words < COMPARED_WITH else (rarest, None, [second, *rest])


def _among(customers: Sequence[UUID], wanted: Sequence[str]) -> list[UUID]:
    rows = rows_of("search_among", {"ids": list(customers), "beginnings": list(wanted)})
    return [identity for (identity,) in rows]
