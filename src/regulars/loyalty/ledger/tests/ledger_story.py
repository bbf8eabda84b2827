"""A story of three members, in which a row of each kind is written: sealed in the middle, and going on after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.loyalty.ledger.sealing import seal_ledger
from regulars.loyalty.ledger.tests.keepers import InDatabase
from regulars.loyalty.ledger.tests.ledger_shop import DAY, NOON, points


@dataclass(frozen=True)
class Told:
    """Who is in it, by name, and when it ended."""

    members: dict[str, UUID]
    accounts: dict[str, UUID]
    end: datetime


def tell() -> Told:
    keeper = InDatabase(["ann", "ben", "cid"])
    order, bought = new_id(), new_id()
    lot = keeper.earn("ann", points(100, source_id=order, expires_at=NOON + 20 * DAY), NOON, twice=True)
    keeper.earn("ben", points(40, activates_at=NOON + DAY, expires_at=NOON + 9 * DAY), NOON, twice=False)
    keeper.spend("ann", 70, bought, NOON + DAY, reserve=True)
    keeper.confirm("ann", bought, NOON + 2 * DAY)
    keeper.claw({lot: 60}, [lot], NOON + 3 * DAY)
    seal_ledger(now=NOON + 3 * DAY)
    keeper.merge("ann", "ben", NOON + 4 * DAY)
    keeper.spend("ben", 5, new_id(), NOON + 5 * DAY, reserve=False)
    keeper.refund("ann", bought, 10, NOON + 12 * DAY)
    keeper.earn("cid", points(30, at=NOON + 10 * DAY), NOON + 12 * DAY, twice=False)
    keeper.unmerge("ben", NOON + 13 * DAY, ["ben"])
    seal_ledger(now=NOON + 13 * DAY)
    keeper.merge("ann", "cid", NOON + 15 * DAY)
    end = NOON + 15 * DAY + timedelta(hours=1)
    return Told(keeper.ids, {name: account for account, name in keeper.names.items()}, end)
