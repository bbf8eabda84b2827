"""Some of a world's customers are members: their points, tiers, vouchers and rewards, and what is known by them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.facts.language.moments import Clock
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.models import Program as ProgramRow
from regulars.loyalty.facts.keeping import keep_program
from regulars.loyalty.ledger.bulk import grant_to_many
from regulars.loyalty.ledger.contracts import Grant
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.members import open_missing_accounts
from regulars.loyalty.ledger.models import Member
from regulars.loyalty.ledger.services import Price, spend_points
from regulars.loyalty.rewards.models import Redemption, Voucher
from regulars.loyalty.tiers.models import Standing
from regulars.stream.contracts import system

_ACTOR = system("test")
_DAY = timedelta(days=1)
# Its key is one of the texts that conditions ask for, as the keys of tiers are.
DOCUMENT: dict[str, Any] = {
    "program": "a",
    "name": "Club",
    "currencies": [{"key": "points", "name": "Points"}],
    "tier_sets": [
        {
            "key": "status",
            "name": "Status",
            "basis": {"kind": "spend", "currency": "EUR"},
            "period": {"kind": "calendar"},
            "tiers": [{"key": "a", "name": "A"}, {"key": "ab", "name": "AB", "threshold": 10}],
        }
    ],
    "vouchers": [{"key": "five", "name": "Five", "off": {"kind": "amount", "amount": {"EUR": 5}}, "uses": 2}],
}


@dataclass(slots=True)
class MemberMaker:
    """Makes members of customers, each under one of the ids that lead to it."""

    chance: random.Random
    clock: Clock
    survivors: Mapping[UUID, UUID]
    moment: Callable[[], datetime]

    def make(self) -> dict[UUID, dict[str, Any]]:
        """Write them into the database, and return what is known of each."""
        version = self._version()
        members = self._members(version)
        lots = self._lots(version, list(members))
        facts = {
            survivor: {
                "is_member": True,
                "programs": [version.program_key],
                "member_since": since,
                **self._points(version, member_id, lots[member_id]),
                **self._tier(version, member_id),
                **self._rewards(version, member_id),
            }
            for member_id, (survivor, since) in members.items()
        }
        return {
            survivor: {f"loyalty.{name}": value for name, value in known.items()} for survivor, known in facts.items()
        }

    def _version(self) -> ProgramVersion:
        row = ProgramRow.objects.create(id=new_id(), key=DOCUMENT["program"], created_at=self.clock.now)
        version = ProgramVersion(
            program_id=row.id,
            program_key=row.key,
            number=1,
            effective_at=self.clock.now - 1000 * _DAY,
            document=Program.model_validate(DOCUMENT),
            digest="",
            zone=self.clock.zone,
        )
        keep_program(version)
        return version

    def _members(self, version: ProgramVersion) -> dict[UUID, tuple[UUID, datetime]]:
        rows, found = [], {}
        for survivor in sorted(set(self.survivors.values())):
            if self.chance.random() < 0.3:
                continue
            known_as = [each for each, into in self.survivors.items() if into == survivor]
            row = Member(
                id=new_id(), program_id=version.program_id, customer_id=self.chance.choice(known_as),
                code=str(new_id()), enrolled_at=self.moment(), enrolled_by="test",
            )  # fmt: skip
            rows.append(row)
            found[row.id] = (survivor, row.enrolled_at)
        Member.objects.bulk_create(rows)
        open_missing_accounts(list(found), ["points"])
        return found

    def _lots(self, version: ProgramVersion, members: list[UUID]) -> dict[UUID, list[Grant]]:
        """Grant something a few times, each to some of them."""
        now, found = self.clock.now, {each: list[Grant]() for each in members}
        for number in range(3):
            granted_at = self.moment()
            what = Grant(
                points=self.chance.randrange(1, 60),
                granted_at=granted_at,
                activates_at=self.chance.choice([granted_at, granted_at, granted_at + 7 * _DAY, now + 3 * _DAY, None]),
                expires_at=self.chance.choice(
                    [None, now, now + _DAY, *(self.clock.start_of(self.clock.today + each * _DAY) for each in (31, 32))]
                ),
                source_kind="test",
            )
            lucky = self.chance.sample(members, self.chance.randrange(len(members) + 1))
            told: dict[str, Any] = {"version": version, "currency": "points", "actor": _ACTOR}
            grant_to_many(what=what, occurrence=str(number), member_ids=lucky, now=now, **told)
            for member_id in lucky:
                found[member_id].append(what)
        return found

    def _points(self, version: ProgramVersion, member_id: UUID, lots: list[Grant]) -> dict[str, Any]:
        """Return what is known of the points; now and then all that can be spent is."""
        now, today = self.clock.now, self.clock.today
        waiting = [lot for lot in lots if lot.activates_at is None or lot.activates_at > now]
        good = [lot for lot in lots if lot not in waiting and (lot.expires_at is None or lot.expires_at > now)]
        spent = 0
        if good and self.chance.random() < 0.2:
            spent = sum(lot.points for lot in good)
            price = Price(points=spent, currencies=["points"])
            desk = open_desk([member_id], version=version, now=now, actor=_ACTOR)
            spend_points(desk, member_id, price, cause=new_id(), reserve=False, memo={})
            good = []
        last_days = [(self._last_day(lot.expires_at), lot.points) for lot in good if lot.expires_at]
        # Where there are none, the column is empty, which means nought.
        return {
            "points": sum(lot.points for lot in good) or None,
            "pending": sum(lot.points for lot in waiting) or None,
            "points_expiring": sum(points for day, points in last_days if day <= today + 30 * _DAY) or None,
            "next_expiry": min((day for day, _ in last_days), default=None),
            "lifetime_points": sum(lot.points for lot in lots),
            "spent_points": spent,
            "last_earned_at": max((lot.granted_at for lot in lots), default=None),
        }

    def _last_day(self, expires_at: datetime) -> Any:
        return (expires_at - timedelta(microseconds=1)).astimezone(self.clock.zone).date()

    def _tier(self, version: ProgramVersion, member_id: UUID) -> dict[str, Any]:
        tier, cents = self.chance.choice([None, "a", "ab"]), self.chance.randrange(5_000)
        missing = self.chance.choice([None, 0, 350, 1_000])
        Standing.objects.create(
            member_id=member_id, program_id=version.program_id, tier_set="status", tier=tier, progress=cents,
            since=self.clock.now, evaluated_at=self.clock.now, version=1, missing=missing,
        )  # fmt: skip
        return {
            "tier": tier,
            "tier_progress": Decimal(cents) / 100,
            "missing_to_next_tier": None if missing is None else Decimal(missing) / 100,
        }

    def _rewards(self, version: ProgramVersion, member_id: UUID) -> dict[str, Any]:
        now = self.clock.now
        vouchers = [
            Voucher(
                id=new_id(), program_id=version.program_id, series=self.chance.choice(["five", "five", "gone"]),
                code=str(new_id()), member_id=member_id, made_at=now, redeemed=self.chance.randrange(3),
                good_until=self.chance.choice([None, now, now + timedelta(microseconds=1)]),
                withdrawn_at=self.chance.choice([None, None, now]),
            )
            for _ in range(self.chance.randrange(4))
        ]  # fmt: skip
        Voucher.objects.bulk_create(vouchers)
        moments = [self.moment() for _ in range(self.chance.randrange(3))]
        Redemption.objects.bulk_create(
            Redemption(
                id=new_id(), program_id=version.program_id, member_id=member_id, reward="mug", kind="gift", version=1,
                state="confirmed", cost={}, reserved_at=at, reserved_until=at, confirmed_at=at, actor="test",
            )
            for at in moments
        )  # fmt: skip
        is_open = [
            each.series == "five"
            and each.redeemed < 2
            and each.withdrawn_at is None
            and (each.good_until is None or each.good_until > now)
            for each in vouchers
        ]
        return {
            "open_vouchers": sum(is_open),
            "redemptions": len(moments),
            "last_redeemed_at": max(moments, default=None),
        }
