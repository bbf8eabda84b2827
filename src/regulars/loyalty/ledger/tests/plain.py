"""A ledger that a child could keep: every point is a token in a box, and moves one at a time. Shares no code with ours.

It is slow and obviously right, or at least obviously wrong: each rule is the sentence of the specification.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

GRACE_DAYS = 14


@dataclass
class Box:
    """A lot: when its points were granted, become active and expire; where it is, and where it came from."""

    name: int
    holder: str
    origin: str
    granted: dt.datetime
    activates: dt.datetime
    expires: dt.datetime | None
    restored: dt.datetime | None = None


@dataclass
class Token:
    """A point of a box: pending, active, reserved, spent, expired, taken back, or forfeited; for whom, and when."""

    box: Box
    place: str
    whom: object = None
    when: int = 0


@dataclass
class Owed:
    """A point that is owed for a box, and by which token it was paid, if it was."""

    box: Box


@dataclass
class Plain:
    """All boxes, tokens and debts."""

    # The end of the day that comes so many days after the one of a moment.
    end_of_day: Callable[[dt.datetime, int], dt.datetime]
    boxes: list[Box] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    paid_in_merge: dict[str, list[tuple[Token, Box]]] = field(default_factory=dict)
    count: int = 0

    def tick(self) -> int:
        self.count += 1
        return self.count

    def of(self, box: Box, place: str, whom: object = None) -> list[Token]:
        return [each for each in self.tokens if each.box is box and each.place == place and whom in {None, each.whom}]

    def on(self, holder: str) -> list[Box]:
        far = dt.datetime.max.replace(tzinfo=dt.UTC)
        mine = [box for box in self.boxes if box.holder == holder]
        return sorted(mine, key=lambda box: (box.expires or far, box.granted, box.name))

    def active(self, holder: str) -> int:
        return sum(len(self.of(box, "active")) for box in self.on(holder))

    # --- the clock ---

    def settle(self, holder: str, now: dt.datetime, never_before: dt.datetime | None = None) -> None:
        while True:
            due = []
            for box in self.on(holder):
                if self.of(box, "pending") and box.activates <= now:
                    due.append((box.activates, 0, box.name, box))
                elif self.of(box, "active") and box.expires and box.expires <= now:
                    due.append((box.expires, 1, box.name, box))
            if not due:
                return
            _, what, _, box = min(due, key=lambda each: each[:2])
            if what == 0:
                for token in self.of(box, "pending"):
                    token.place = "active"
                self.pay(holder)
            else:
                for token in self.of(box, "active"):
                    token.place = "expired"

    def pay(self, holder: str, merge: str | None = None) -> None:
        """Active points and debts never stand together: the oldest debt first, by the points that are spent first."""
        while True:
            debts = [owed for owed in self.owed if owed.box.holder == holder]
            points = [token for box in self.on(holder) for token in self.of(box, "active")]
            if not debts or not points:
                return
            debt = min(debts, key=lambda owed: (owed.box.granted, owed.box.name))
            self.owed.remove(debt)
            token = points[0]
            token.place, token.whom, token.when = "taken", debt.box.name, self.tick()
            if merge:
                self.paid_in_merge.setdefault(merge, []).append((token, debt.box))

    # --- earning and spending ---

    def grant(self, box: Box, count: int, now: dt.datetime) -> None:
        self.boxes.append(box)
        at_once = box.activates <= box.granted
        self.tokens += [Token(box, "active" if at_once else "pending") for _ in range(count)]
        if at_once:
            self.pay(box.holder)
        self.settle(box.holder, now)

    def take(self, holder: str, count: int, place: str, whom: object, now: dt.datetime) -> bool:
        self.settle(holder, now)
        points = [token for box in self.on(holder) for token in self.of(box, "active")]
        if len(points) < count:
            return False
        for token in points[:count]:
            token.place, token.whom, token.when = place, whom, self.tick()
        return True

    def confirm(self, whom: object) -> None:
        for token in self.tokens:
            if token.place == "reserved" and token.whom == whom:
                token.place = "spent"

    def release(self, whom: object, now: dt.datetime) -> None:
        for holder in {token.box.holder for token in self.tokens if token.whom == whom}:
            self.settle(holder, now)
        holders = set()
        for token in self.tokens:
            if token.place == "reserved" and token.whom == whom:
                token.place, token.whom = "active", None
                holders.add(token.box.holder)
        for holder in holders:
            self.pay(holder)
            self.settle(holder, now)

    def refund(self, whom: object, count: int, now: dt.datetime) -> None:
        for holder in {token.box.holder for token in self.tokens if token.whom == whom}:
            self.settle(holder, now)
        spent = sorted((t for t in self.tokens if t.place == "spent" and t.whom == whom), key=lambda t: -t.when)
        assert len(spent) >= count
        holders = []
        for token in spent[:count]:
            self.come_back(token, now)
            holders.append(token.box.holder)
        for holder in dict.fromkeys(holders):
            self.settle(holder, now)

    def come_back(self, token: Token, now: dt.datetime) -> None:
        box = token.box
        box.restored = box.restored or now
        grace_ends = self.end_of_day(box.restored, GRACE_DAYS)
        if box.expires and box.expires < grace_ends:
            box.expires = grace_ends
        self.put_in(token, now)

    def put_in(self, token: Token, now: dt.datetime) -> None:
        token.place, token.whom = ("active" if token.box.activates <= now else "pending"), None
        if token.place == "active":
            self.pay(token.box.holder)

    # --- returns ---

    def claw(self, wanted: list[tuple[Box, int]], siblings: list[Box], now: dt.datetime) -> None:
        for holder in dict.fromkeys(box.holder for box, _ in wanted):
            self.settle(holder, now)
        left = {box.name: count for box, count in wanted}
        for box, _ in wanted:
            for token in [*self.of(box, "pending"), *self.of(box, "active")]:
                if left[box.name]:
                    token.place, token.whom = "unearned", box.name
                    left[box.name] -= 1
        family = list({box.name: box for box in [*(box for box, _ in wanted), *siblings]}.values())
        for box, _ in wanted:
            near = [each for each in family if each.holder == box.holder]
            tokens = [t for each in near for t in [*self.of(each, "pending"), *self.of(each, "active")]]
            tokens += [t for each in near for t in self.of(each, "expired")]
            tokens += [t for each in self.on(box.holder) for t in self.of(each, "active")]
            for found in {id(token): token for token in tokens}.values():
                if left[box.name] and found.place in {"pending", "active", "expired"}:
                    found.place = "reclaimed" if found.place == "expired" else "taken"
                    found.whom, found.when = box.name, self.tick()
                    left[box.name] -= 1
            self.owed += [Owed(box) for _ in range(left[box.name])]

    def earn_again(self, box: Box, count: int, now: dt.datetime) -> None:
        self.settle(box.holder, now)
        holders = [box.holder]
        for owed in [each for each in self.owed if each.box is box][:count]:
            self.owed.remove(owed)
            # The point itself was spent, and stays so.
            count -= 1
        gone = [t for t in self.tokens if t.place in {"taken", "reclaimed"} and t.whom == box.name]
        for token in sorted(gone, key=lambda each: -each.when)[:count]:
            count -= 1
            if token.place == "reclaimed":
                token.place, token.whom = "expired", None
            else:
                holders.append(token.box.holder)
                self.put_in(token, now)
        for token in [t for t in self.tokens if t.place == "unearned" and t.whom == box.name][:count]:
            self.put_in(token, now)
        for holder in dict.fromkeys(holders):
            self.settle(holder, now)

    # --- who holds them ---

    def merge(self, survivor: str, merged: str, name: str, now: dt.datetime) -> None:
        self.settle(survivor, now)
        self.settle(merged, now)
        for box in self.boxes:
            if box.holder == merged:
                box.holder = survivor
        self.pay(survivor, name)

    def unmerge(self, root: str, own: set[str], to: str, name: str, now: dt.datetime) -> None:
        self.settle(root, now)
        for box in self.boxes:
            if box.holder == root and box.origin in own:
                box.holder = to
        self.pay(root)
        self.pay(to)
        for token, box in self.paid_in_merge.pop(name, []):
            if token.place == "taken" and token.whom == box.name:
                self.owed.append(Owed(box))
                self.come_back(token, now)
                self.pay(box.holder)
        for holder in (root, to):
            self.settle(holder, now)

    def forfeit(self, holder: str, now: dt.datetime) -> None:
        self.settle(holder, now)
        for box in self.on(holder):
            for token in self.tokens:
                if token.box is box and token.place in {"pending", "active"}:
                    token.place = "forfeited"
        self.owed = [owed for owed in self.owed if owed.box.holder != holder]

    def parts(self, box: Box) -> tuple[int, int, int, int]:
        """Return what is pending, active, reserved and owed of a box."""
        held = tuple(len(self.of(box, place)) for place in ("pending", "active", "reserved"))
        return (*held, sum(owed.box is box for owed in self.owed))  # type: ignore[return-value]
