"""A clerk's program that enrols people, gives rewards for points, and adjusts points by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.load.club import COSTS, CURRENCY, PROGRAM
from tests.load.told import Adjusted, Telling
from tests.load.writer import Writer

_NOT_HAD = frozenset({"points_missing", "out_of_stock"})
_TOO_FEW = frozenset({"not_enough_points"})


class Clerk(Writer):
    """One of several; each serves members of its own, so that it knows what each of them has."""

    def __init__(self, url: str, key: str, number: int, *, seed: int, members: Mapping[str, str]) -> None:
        super().__init__(f"clerk {number}", url, key, seed)
        self._members = dict(members)

    def kinds(self) -> Mapping[Callable[[], None], int]:
        return {self._redeem: 5, self._adjust: 3, self._enrol: 1}

    def _redeem(self) -> None:
        person = self._random.choice(list(self._members))
        reward = self._random.choice(list(COSTS))
        path = f"/v1/loyalty/members/{self._members[person]}/redemptions"
        answer = self._write("POST", path, {"reward": reward}, _NOT_HAD)
        if answer and "code" not in answer:
            redeemed = self.told.redeemed.setdefault((person, reward), [])
            if answer["id"] in redeemed:
                self.told.surprises.append(f"redemption {answer['id']} was answered to two calls")
            redeemed.append(answer["id"])
        elif answer is None or self.was_broken:
            self.told.perhaps_redeemed[person, reward] += 1

    def _adjust(self) -> None:
        person = self._random.choice(list(self._members))
        reason = f"{self.name} {self._tick()}"
        points = self._random.choice((-1, 1)) * self._random.randint(1, 40)
        body = {"currency": CURRENCY, "points": points, "reason": reason}
        telling = self.told.adjustments.setdefault(reason, Telling([Adjusted(person, points)]))
        answer = self._write("POST", f"/v1/loyalty/members/{self._members[person]}/adjustments", body, _TOO_FEW)
        if answer and "code" not in answer:
            telling.acknowledged = 1
        elif answer and not self.was_broken:
            # It was refused, and is not there for certain.
            del self.told.adjustments[reason]

    def _enrol(self) -> None:
        person = f"{self.name.replace(' ', '')}-{self._tick()}@example.com"
        self.told.perhaps_enrolled.add(person)
        people = {"customers": [{"identifiers": [{"kind": "email", "value": person}]}]}
        known = self._write("POST", "/v1/customers/bulk", people)
        if not known:
            return
        customer_id = known["items"][0]["customer_id"]
        self._saw(person, customer_id)
        path = f"/v1/loyalty/programs/{PROGRAM}/members"
        if member := self._write("POST", path, {"customer_id": customer_id}):
            self._members[person] = self.told.members[person] = member["id"]
