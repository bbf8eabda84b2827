"""Find customers by what one types: each word is the beginning of a word of theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from regulars.customers.contracts import Count
from regulars.customers.statements import rows_of
from regulars.kit.text import words

# Counted exactly to here; and as many of a broad search are looked at for the newest.
EXACT_TO = 10_000
LOOKED_AT = 1_000
_PHONE = re.compile(r"[\d\s()+/.-]+")


def query_words(text: str) -> list[str]:
    """Return the folded words that a search asks for; the digits of a phone number are one word."""
    if _PHONE.fullmatch(text.strip()) and sum(character.isdigit() for character in text) > 3:
        return ["".join(character for character in text if character.isdigit()).removeprefix("00")]
    return words(text)


def find_ids(text: str, also: Mapping[str, Sequence[UUID]], named: Sequence[UUID] = ()) -> list[UUID]:
    """Return the customers that a search finds, at most `LOOKED_AT`: those `named` first, then the newest.

    `also` names for a word those customers for whom it is the beginning of something else, as of an order's number;
    `named` are those whom the text as a whole names so.
    """
    wanted = query_words(text)
    if not wanted:
        return []
    found = list(named)
    found += [identity for (identity,) in rows_of("search", {"query": tsquery(wanted), "most": LOOKED_AT})]
    for word, customers in also.items():
        rest = [each for each in wanted if each != word]
        found += _among(customers, rest) if rest else list(customers)
    return list(dict.fromkeys(found))[:LOOKED_AT]


def count_found(text: str) -> Count:
    """Return how many customers a search finds, counted to `EXACT_TO`."""
    wanted = query_words(text)
    if not wanted:
        return Count(0, is_exact=True)
    [(count,)] = rows_of("count_search", {"query": tsquery(wanted), "most": EXACT_TO + 1})
    return Count(min(count, EXACT_TO), is_exact=count <= EXACT_TO)


def tsquery(wanted: Sequence[str]) -> str:
    """Return PostgreSQL's query for words that begin so; words hold letters and digits only."""
    return " & ".join(f"'{word}':*" for word in wanted)


def _among(customers: Sequence[UUID], wanted: Sequence[str]) -> list[UUID]:
    rows = rows_of("search_among", {"ids": list(customers), "query": tsquery(wanted)})
    return [identity for (identity,) in rows]
