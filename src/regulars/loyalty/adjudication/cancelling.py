"""Cancel points of orders that wait for an event which did not come in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from regulars.loyalty.adjudication.cases import told_of
from regulars.loyalty.adjudication.contracts import EffectKind
from regulars.loyalty.adjudication.models import Order as OrderRow
from regulars.loyalty.adjudication.orders import adjudicate
from regulars.loyalty.adjudication.statements import rows_of
from regulars.loyalty.adjudication.waiting import last_day_in_vain
from regulars.loyalty.definitions.calendar import first_instant_after
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import UponEvent
from regulars.loyalty.definitions.queries import get_version_of, list_published
from regulars.orders.queries import list_orders_by_id
from regulars.stream.contracts import Actor

AT_ONCE = 500


def cancel_overdue(version: ProgramVersion, *, until: datetime, now: datetime, actor: Actor) -> int:
    """Cancel what waits in a programme for an event that did not come by `until`; return of how many lots.

    Orders are judged by their own versions, each in a transaction of its own, as they are known by now; what had been
    cancelled is found no more. Nothing waits for it: an order that is told later is judged by the clock all the same.
    """
    done, tried = 0, set[UUID]()
    while orders := sorted(set(_overdue(version, until)) - tried)[:AT_ONCE]:
        tried.update(orders)
        done += sum(_cancel(each, version.program_id, until=until, now=now, actor=actor) for each in orders)
    return done


def _overdue(version: ProgramVersion, until: datetime) -> Iterator[UUID]:
    """Yield the orders with points whose time is over."""
    gone = list(_rules_in_vain(version, until))
    told = {
        "program_id": version.program_id,
        "versions": [number for number, _, _ in gone],
        "rules": [rule for _, rule, _ in gone],
        "befores": [before for _, _, before in gone],
    }
    if gone:
        yield from (order_id for (order_id,) in rows_of("waiting_in_vain", told))


def _rules_in_vain(version: ProgramVersion, until: datetime) -> Iterator[tuple[int, str, datetime]]:
    """Yield of all versions the rules whose points wait, and before when their orders have waited in vain."""
    for each in list_published(version.program_id):
        for rule in each.document.rules:
            if isinstance(rule.activation, UponEvent):
                last: date = last_day_in_vain(rule.activation, until, each)
                yield each.number, rule.key, first_instant_after(last, each.zone)


@transaction.atomic
def _cancel(order_id: UUID, program_id: UUID, *, until: datetime, now: datetime, actor: Actor) -> int:
    row = OrderRow.objects.get(order_id=order_id, program_id=program_id)
    [order] = list_orders_by_id([order_id])
    version = get_version_of(program_id, row.program_version)
    [found] = adjudicate([told_of(order)], version, until=until, now=now, actor=actor)
    return sum(1 for effect in found.effects if effect.kind is EffectKind.CANCELLED)
