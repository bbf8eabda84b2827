"""A balance explained: as it was valid at one moment and known at another, and for each point whence and whither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from regulars.faces.console.loyalty.members.words import (
    PURPOSE_WORDS,
    last_day,
    rule_name,
    signed,
    source_words,
)
from regulars.faces.console.zone import business_of
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.loyalty.ledger.contracts import Balance, ExplainedLot, Purpose
from regulars.loyalty.ledger.explaining import explain
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.membership.contracts import MemberInFull

_FORM = "%Y-%m-%dT%H:%M"
# How points come to be at all.
_BEGINNINGS = frozenset({Purpose.GRANTED, Purpose.ADJUSTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """A lot as a page shows it: where its points came from, what stands, and where they went."""

    source: str
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
    lots = sorted(explanation.lots, key=lambda lot: lot.granted_at, reverse=True)
    return Explained(
        currency=currency,
        valid=(valid_at or now).astimezone(zone).strftime(_FORM),
        known=(known_at or now).astimezone(zone).strftime(_FORM),
        is_now=valid_at is None and known_at is None,
        sentence=_sentence(explanation.balance, names[currency]),
        balance=explanation.balance,
        lots=[_row(each, found) for each in lots],
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


def _row(lot: ExplainedLot, found: MemberInFull) -> LotRow:
    zone, program = found.program.zone, found.program.document
    rule = rule_name(lot.rule, program) if lot.rule else ""
    if rule and lot.version:
        rule = gettext("{rule} (version {version})").format(rule=rule, version=lot.version)
    granted = sum(each.points for each in lot.movements if each.points > 0 and each.purpose in _BEGINNINGS)
    return LotRow(
        source=source_words(lot.source_kind),
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
