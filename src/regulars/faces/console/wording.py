"""Say events of the stream in words. What an event carries comes from outside, so nothing of its shape is sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext
from regulars.kit.money import is_currency
from regulars.stream.contracts import Event, Payload

# Filters of the timeline: each name with its words, and the beginnings of the types that it shows.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "orders": (
        mark("Orders"),
        tuple(
            f"order.{what}"
            for what in (
                "placed",
                "changed",
                "paid",
                "delivered",
                "returned",
                "cancelled",
                "reinstated",
                "moved",
                "converted",
            )
        ),
    ),
    "profile": (
        mark("Profile"),
        ("customer.created", "customer.changed", "customer.merged", "customer.unmerged"),
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as a page shows it."""

    at: datetime
    title: str
    detail: str
    tone: str
    address: str


def entry_of(event: Event) -> Entry:
    """Return an event in words; one that nobody has put into words yet is told by its type."""
    tone, write = _WORDS.get(event.type, ("", _by_type))
    title, detail = write(event.payload, event.type)
    return Entry(event.occurred_at, title, _joined(detail, event.source), tone, _address(event.payload))


def _order(words: str) -> Callable[[Payload, str], tuple[str, str]]:
    def write(payload: Payload, _: str) -> tuple[str, str]:
        title = gettext(words).format(number=_text(payload, "number") or gettext("without a number"))
        return _joined(title, _money(payload, "total_minor")), _joined(_items(payload), _text(payload, "channel"))

    return write


def _returned(payload: Payload, _: str) -> tuple[str, str]:
    title = gettext("Return of order {number}").format(number=_text(payload, "number"))
    return _joined(title, _money(payload, "returned_minor")), _text(payload, "channel")


def _changed(payload: Payload, _: str) -> tuple[str, str]:
    fields = payload.get("fields")
    names = [gettext(_FIELDS[name]) for name in fields if name in _FIELDS] if isinstance(fields, list) else []
    return gettext("Profile changed"), ", ".join(names)


def _points(words: str) -> Callable[[Payload, str], tuple[str, str]]:
    def write(payload: Payload, _: str) -> tuple[str, str]:
        points = payload.get("points")
        count = formats.number(points) if isinstance(points, int) else ""
        return _joined(gettext(words), count), _text(payload, "currency")

    return write


def _tier(words: str) -> Callable[[Payload, str], tuple[str, str]]:
    def write(payload: Payload, _: str) -> tuple[str, str]:
        tier = _text(payload, "tier") or _text(payload, "to_tier")
        return gettext(words).format(tier=tier or gettext("without a name")), _text(payload, "tier_set")

    return write


def _reward(words: str) -> Callable[[Payload, str], tuple[str, str]]:
    return lambda payload, _type: (gettext(words).format(reward=_text(payload, "reward")), "")


def _plain(words: str) -> Callable[[Payload, str], tuple[str, str]]:
    return lambda _payload, _type: (gettext(words), "")


def _by_type(_: Payload, kind: str) -> tuple[str, str]:
    return kind.replace(".", " ").replace("_", " ").capitalize(), ""


_FIELDS = {
    "name": mark("Name"),
    "given_name": mark("Given name"),
    "family_name": mark("Family name"),
    "birthday": mark("Birthday"),
    "language": mark("Language"),
    "country": mark("Country"),
    "city": mark("City"),
    "postcode": mark("Postcode"),
    "traits": mark("Traits"),
    "tags": mark("Tags"),
    "identifiers": mark("Identifiers"),
}

_WORDS: Mapping[str, tuple[str, Callable[[Payload, str], tuple[str, str]]]] = {
    "order.placed": ("good", _order(mark("Order {number}"))),
    "order.changed": ("", _order(mark("Order {number} changed"))),
    "order.paid": ("good", _order(mark("Order {number} paid"))),
    "order.delivered": ("good", _order(mark("Order {number} delivered"))),
    "order.returned": ("bad", _returned),
    "order.cancelled": ("bad", _order(mark("Order {number} cancelled"))),
    "order.reinstated": ("attention", _order(mark("Order {number} stands again"))),
    "order.moved": ("attention", _order(mark("Order {number} went to another customer"))),
    "order.converted": ("", _order(mark("Order {number} counted in the reporting currency"))),
    "customer.created": ("info", _plain(mark("Became a customer"))),
    "customer.changed": ("info", _changed),
    "customer.merged": ("attention", _plain(mark("Two profiles became one"))),
    "customer.unmerged": ("attention", _plain(mark("A merge was undone"))),
    "member.enrolled": ("good", _plain(mark("Became a member"))),
    "member.left": ("bad", _plain(mark("Left the programme"))),
    "loyalty.adjustment_asked": ("attention", _points(mark("Points by hand wait for a second person"))),
    "loyalty.adjustment_approved": ("good", _points(mark("Points by hand were approved"))),
    "loyalty.adjustment_refused": ("bad", _points(mark("Points by hand were refused"))),
    "offer.opted_in": ("info", _plain(mark("Opted in to an offer"))),
    "offer.opted_out": ("", _plain(mark("Opted out of an offer"))),
    "points.granted": ("good", _points(mark("Earned"))),
    "points.activated": ("good", _points(mark("Points became active"))),
    "points.cancelled": ("bad", _points(mark("Points that waited were cancelled"))),
    "points.expiring": ("attention", _points(mark("Points expire soon"))),
    "points.expired": ("bad", _points(mark("Points expired"))),
    "points.reserved": ("", _points(mark("Points were reserved"))),
    "points.released": ("", _points(mark("Reserved points were released"))),
    "points.redeemed": ("info", _points(mark("Points were redeemed"))),
    "points.refunded": ("good", _points(mark("Redeemed points came back"))),
    "points.clawed_back": ("bad", _points(mark("Points were taken back after a return"))),
    "points.given_back": ("good", _points(mark("Points that were taken back are earned again"))),
    "points.adjusted": ("attention", _points(mark("Points were adjusted by hand"))),
    "points.debt_paid": ("", _points(mark("Points paid what was owed"))),
    "points.merged": ("attention", _points(mark("Points moved by a merge"))),
    "points.unmerged": ("attention", _points(mark("Points moved by the undo of a merge"))),
    "points.forfeited": ("bad", _points(mark("Points were forfeited"))),
    "tier.reached": ("good", _tier(mark("Reached tier {tier}"))),
    "tier.lost": ("bad", _tier(mark("Fell from tier {tier}"))),
    "reward.reserved": ("", _reward(mark("Reserved {reward}"))),
    "reward.redeemed": ("good", _reward(mark("Redeemed {reward}"))),
    "reward.fulfilled": ("good", _reward(mark("Was given {reward}"))),
    "reward.cancelled": ("", _reward(mark("Cancelled {reward}"))),
    "reward.expired": ("", _reward(mark("A reservation of {reward} ended"))),
    "reward.refunded": ("attention", _reward(mark("Gave {reward} back"))),
    "reward.points_refunded": ("attention", _reward(mark("Points of {reward} came back"))),
    "reward.points_spent_again": ("", _reward(mark("Points of {reward} were spent again"))),
    "voucher.issued": ("good", _plain(mark("Got a voucher"))),
    "voucher.redeemed": ("good", _plain(mark("Used a voucher"))),
    "voucher.rolled_back": ("", _plain(mark("The use of a voucher was undone"))),
    "voucher.restored": ("good", _plain(mark("A withdrawn voucher is good again"))),
    "voucher.withdrawn": ("bad", _plain(mark("A voucher was withdrawn"))),
}


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return str(value) if isinstance(value, str | int) else ""


def _money(payload: Payload, name: str) -> str:
    minor, currency = payload.get(name), payload.get("currency")
    if not isinstance(minor, int) or not isinstance(currency, str) or not is_currency(currency):
        return ""
    return formats.money(minor, currency)


def _items(payload: Payload) -> str:
    count = payload.get("items")
    if not isinstance(count, int):
        return ""
    return ngettext("{count} item", "{count} items", count).format(count=formats.number(count))


def _address(payload: Payload) -> str:
    """Return where the order of an event stands, if it names one."""
    try:
        return reverse("console:order", args=[UUID(_text(payload, "order_id"))])
    except ValueError:
        return ""
