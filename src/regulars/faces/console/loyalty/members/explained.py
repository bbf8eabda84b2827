"""A balance explained: as it was valid at one moment and known at another, and for each point whence and whither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from regulars.faces.console.loyalty.members.words import (
    PURPOSE_WORDS,
    last_day,
    rule_name,
    signed,
    source_words,
)
from regulars.faces.console.zone import business_of
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.adjudication.queries import map_orders_of_lots
from regulars.loyalty.ledger.contracts import Balance, ExplainedLot, Purpose
from regulars.loyalty.ledger.explaining import explain
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.membership.contracts import MemberInFull

_FORM = "%Y-%m-%dT%H:%M"
# So many lots stand on the page at first; those of which something is left come before the others.
SHOWN = 12
# How points come to be at all.
_BEGINNINGS = frozenset({Purpose.GRANTED, Purpose.ADJUSTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """A lot as a page shows it: where its points came from, what stands, and where they went."""

    source: str
    address: str
    rule: str
    granted_at: datetime
    active_from: str
    good_until: str
    balance: Balance
    granted: str
    movements: Sequence[tuple[str, str, datetime, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What was asked for, and what came of it."""

    currency: str
    valid: str
    known: str
    is_now: bool
    sentence: str
    balance: Balance
    lots: Sequence[LotRow]
    # How many there are beside those, and where they stand too.
    others: str
    all_address: str
    currencies: Sequence[tuple[str, str]]


def explained_of(request: HttpRequest, found: MemberInFull, now: datetime) -> Explained | None:
    """Return the explanation that an address asks for: of now, where it tells no moments."""
    names = {each.key: each.name for each in found.program.document.currencies if each.key in found.standings}
    if not names:
        return None
    zone = business_of(request).zone_info
    asked = request.GET.get("of", "")
    currency = asked if asked in names else next(iter(names))
    valid_at, known_at = _moment(request.GET.get("valid", ""), zone), _moment(request.GET.get("known", ""), zone)
    try:
        explanation = explain(
            member_id=found.member.id,
            currency=currency,
            valid_at=valid_at or now,
            known_at=known_at or now,
        )
    except NoSuchMember:
        # Before it was one.
        return None
    lots = sorted(explanation.lots, key=lambda lot: (_is_left(lot), lot.granted_at), reverse=True)
    shown = lots if "all" in request.GET else lots[:SHOWN]
    orders = map_orders_of_lots([each.source_id for each in shown if each.source_id])
    others = len(lots) - len(shown)
    words = ngettext("Show {count} more", "Show {count} more", others)
    return Explained(
        currency=currency,
        valid=(valid_at or now).astimezone(zone).strftime(_FORM),
        known=(known_at or now).astimezone(zone).strftime(_FORM),
        is_now=valid_at is None and known_at is None,
        sentence=_sentence(explanation.balance, names[currency]),
        balance=explanation.balance,
        lots=[_row(each, found, orders) for each in shown],
        others=words.format(count=formats.number(others)) if others else "",
        all_address=f"?{urlencode({**request.GET.dict(), 'all': '1'})}",
        currencies=list(names.items()),
    )


def _sentence(balance: Balance, name: str) -> str:
    parts = [gettext("{count} available").format(count=formats.number(balance.active))]
    told: Sequence[tuple[int, Any]] = (
        (balance.pending, gettext("{count} pending")),
        (balance.reserved, gettext("{count} reserved")),
        (balance.debt, gettext("{count} owed")),
    )
    parts += [words.format(count=formats.number(count)) for count, words in told if count]
    return f"{name}: {', '.join(parts)}"


def _is_left(lot: ExplainedLot) -> bool:
    standing = lot.balance
    return any((standing.pending, standing.active, standing.reserved, standing.debt))


def _row(lot: ExplainedLot, found: MemberInFull, orders: Mapping[UUID, UUID]) -> LotRow:
    zone, program = found.program.zone, found.program.document
    order = orders.get(lot.source_id) if lot.source_id else None
    rule = rule_name(lot.rule, program) if lot.rule else ""
    if rule and lot.version:
        rule = gettext("{rule} (version {version})").format(rule=rule, version=lot.version)
    granted = sum(each.points for each in lot.movements if each.points > 0 and each.purpose in _BEGINNINGS)
    return LotRow(
        source=source_words(lot.source_kind),
        address=reverse("console:order", args=[order]) if order else "",
        rule=rule,
        granted_at=lot.granted_at,
        active_from=formats.day(lot.activates_at.astimezone(zone)) if lot.activates_at else gettext("not yet"),
        good_until=formats.day(last_day(lot.expires_at, zone)) if lot.expires_at else gettext("for ever"),
        balance=lot.balance,
        granted=formats.number(granted),
        movements=[
            (
                gettext(PURPOSE_WORDS[each.purpose]),
                signed(each.points),
                each.occurred_at,
                each.posted_at is None,
            )
            for each in lot.movements
        ],
    )


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that a field holds, in the business's zone; what is none asks for now."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment if 1970 <= moment.year < 9999 else None  # Years.
