"""What happened to a customer: by kinds, between two days, page after page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from regulars.faces.console.paging import read_place, write_place
from regulars.faces.console.wording import KINDS, entry_of
from regulars.faces.console.zone import business_of
from regulars.kit.i18n import gettext
from regulars.stream.queries import list_timeline

EVENTS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address asks for: kinds (all, where there is none), and days, both of them included."""

    kinds: Sequence[str]
    first: date | None
    last: date | None
    place: str


def timeline_of(request: HttpRequest, customer_id: UUID, ids: Sequence[UUID]) -> dict[str, Any]:
    """Return a page of what happened to a customer under all of its ids, and the ways to the others."""
    asked, zone = _read(request.GET), business_of(request).zone_info
    before = None
    if asked.last:
        # What happened at midnight belongs to the day that begins.
        before = (datetime.combine(asked.last + timedelta(days=1), time(), zone), 0)
    if asked.place:
        moment, key = read_place(asked.place)
        before = (moment, int(key, 16))
    types = [each for kind in asked.kinds for each in KINDS[kind][1]]
    since = datetime.combine(asked.first, time(), zone) if asked.first else None
    events = list_timeline(ids, limit=EVENTS + 1, before=before, types=types or None, since=since)
    page = reverse("console:customer", args=[customer_id])
    last = events[EVENTS - 1] if len(events) > EVENTS else None
    return {
        "entries": [entry_of(event) for event in events[:EVENTS]],
        "chips": _chips(asked, page),
        "timeline_address": page,
        "asked": asked,
        "is_narrowed": bool(asked.kinds or asked.first or asked.last),
        "newest": _address(page, asked, asked.kinds) if asked.place else "",
        "earlier": _address(page, asked, asked.kinds, write_place(last.occurred_at, f"{last.cursor.position:x}"))
        if last
        else "",
    }


def _read(told: QueryDict) -> _Asked:
    kinds = [kind for kind in KINDS if kind in told.getlist("show")]
    return _Asked(
        kinds=kinds, first=_day(told.get("from", "")), last=_day(told.get("until", "")), place=told.get("before", "")
    )


def _day(text: str) -> date | None:
    """Return the day that a field holds; what is none asks for nothing, as does one that no calendar goes on from."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year < 9999 else None  # Years.


def _chips(asked: _Asked, page: str) -> list[dict[str, Any]]:
    """Return the kinds, several of which may be on: each leads to the page with it or without it."""
    found = [{"text": gettext("Everything"), "address": _address(page, asked, ()), "current": not asked.kinds}]
    for kind, (words, _) in KINDS.items():
        is_on = kind in asked.kinds
        others = [each for each in KINDS if each in asked.kinds and each != kind]
        kinds = others if is_on else [each for each in KINDS if each == kind or each in others]
        found.append({"text": gettext(words), "address": _address(page, asked, kinds), "current": is_on})
    return found


def _address(page: str, asked: _Asked, kinds: Sequence[str], before: str = "") -> str:
    told: list[tuple[str, str]] = [("show", kind) for kind in kinds]
    told += [(name, day.isoformat()) for name, day in (("from", asked.first), ("until", asked.last)) if day]
    told += [("before", before)] if before else []
    return f"{page}?{urlencode(told)}" if told else page
