"""What comes back, as somebody would tell it who watches one lot."""

from __future__ import annotations

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.document.currencies import Inactivity
from regulars.loyalty.ledger.tests.keepers import InMemory
from regulars.loyalty.ledger.tests.ledger_shop import DAY, NOON, points


def test_points_that_have_expired_stay_so_though_others_of_their_lot_come_back_within_the_grace():
    keeper, bought = InMemory(["ann"]), new_id()
    lot = keeper.earn("ann", points(10, expires_at=NOON + 5 * DAY), NOON, twice=False)
    keeper.spend("ann", 4, bought, NOON + DAY, reserve=False)
    keeper.refund("ann", bought, 1, NOON + 6 * DAY)
    assert keeper.wallets.lots[lot].active == 1


def test_only_what_was_reserved_outlives_the_expiry_of_its_lot():
    keeper, bought = InMemory(["ann"]), new_id()
    lot = keeper.earn("ann", points(10, expires_at=NOON + 5 * DAY), NOON, twice=False)
    keeper.spend("ann", 4, bought, NOON + DAY, reserve=True)
    before = len(keeper.entries)
    keeper.release("ann", bought, NOON + 9 * DAY)
    gone = [entry.points for _, entry in keeper.entries[before:] if entry.book == "breakage"]
    assert gone == [6, 4]
    assert keeper.wallets.lots[lot].active == 0


def test_a_lot_that_has_expired_by_inactivity_is_not_brought_back_by_a_later_grant():
    keeper = InMemory(["ann"])
    inactivity = Inactivity(kind="inactivity", after="1 month")
    lot = keeper.earn("ann", points(10, inactivity=inactivity, expires_at=NOON + 31 * DAY), NOON, twice=False)
    keeper.earn("ann", points(5, at=NOON + 20 * DAY), NOON + 20 * DAY, twice=False)
    assert keeper.wallets.lots[lot].expires_at > NOON + 50 * DAY, "what is good is good for longer"
    late = NOON + 90 * DAY
    keeper.earn("ann", points(5, at=late), late, twice=False)
    assert (keeper.wallets.lots[lot].active, keeper.wallets.lots[lot].expires_at < late) == (0, True)
