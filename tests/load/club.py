"""The loyalty programme of the shop, and what is to come of what happens in it: plain sums, no code of the product."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
from tests.load.client import PEOPLE, email
from tests.load.told import State, Told

PROGRAM, CURRENCY = "club", "beans"
WELCOME, VIEWED = 50, 3
MUG, COFFEE = "mug", "coffee"
COSTS = {MUG: 30, COFFEE: 12}
STOCKS = {MUG: 25, COFFEE: 100_000}
# In cents; the last is out of everybody's reach.
TIERS = {"guest": 0, "friend": 300_00, "regular": 1_500_00, "star": 90_000_000_00}
# Who stands above the first tier, and is to.
LIFTED = f"tier <> 'guest' AND progress > {TIERS['friend']}"
DOCUMENT = {
    "format": 1,
    "program": PROGRAM,
    "name": "Club",
    "currencies": [{"key": CURRENCY, "name": "Beans"}],
    "rules": [
        {
            "key": "euros",
            "name": "A bean for each euro",
            "on": {"kind": "order"},
            "currency": CURRENCY,
            "grant": {"kind": "per_amount", "points": 1, "per": {"EUR": 1}},
            "rounding": "down",
        },
        {
            "key": "viewed",
            "name": "For who looks at recipes",
            "on": {"kind": "event", "event": "recipe.viewed"},
            "currency": CURRENCY,
            "grant": {"kind": "fixed", "points": VIEWED},
        },
        {
            "key": "welcome",
            "name": "Welcome",
            "on": {"kind": "enrolment"},
            "currency": CURRENCY,
            "grant": {"kind": "fixed", "points": WELCOME},
        },
    ],
    "tier_sets": [
        {
            "key": "status",
            "name": "Status",
            "basis": {"kind": "spend", "currency": "EUR"},
            "period": {"kind": "rolling", "span": "12 months"},
            "tiers": [{"key": key, "name": key, "threshold": cents // 100} for key, cents in TIERS.items()],
        }
    ],
    "rewards": [
        {
            "key": key,
            "name": key,
            "gives": {"kind": "gift", "shipped": True},
            "cost": cost,
            "currencies": [CURRENCY],
            "stock": STOCKS[key],
        }
        for key, cost in COSTS.items()
    ],
    "authority": {"by_role": {"key": 100_000}},
}


class Club:
    """The programme as it was opened: its members by e-mail, and a moment at which all of them were members."""

    def __init__(self, url: str, key: str) -> None:
        self.told = Told()
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
            path = f"/v1/loyalty/programs/{PROGRAM}"
            http.put(f"{path}/draft", json={"text": json.dumps(DOCUMENT)}).raise_for_status()
            http.post(f"{path}/publish", json={}).raise_for_status()
            people = [{"identifiers": [{"kind": "email", "value": email(person)}]} for person in range(PEOPLE)]
            known = http.post("/v1/customers/bulk", json={"customers": people}).raise_for_status().json()["items"]
            for person, customer in enumerate(known):
                body = {"customer_id": customer["customer_id"]}
                member = http.post(f"{path}/members", json=body).raise_for_status().json()
                self.told.customers[email(person)] = {customer["customer_id"]}
                self.told.members[email(person)] = member["id"]
        # Of whole seconds, as files tell it, and not before the last has enrolled.
        time.sleep(1)
        self.opened_at = datetime.now(UTC).replace(microsecond=0)


def spent(state: State) -> int:
    """Return what is left of an order in cents: half of its one piece goes with whatever money goes back."""
    if state.is_cancelled:
        return 0
    if not state.returned_minor:
        return state.total_minor
    return min(state.total_minor - state.returned_minor, (state.total_minor + 1) // 2)


def beans(state: State) -> int:
    """Return what an order earns: a bean for each full euro that is left of it."""
    return spent(state) // 100


def most_spent(states: Sequence[State]) -> int:
    """Return the most that ever was left of an order that came through these states."""
    return max(spent(state) for state in states)


def tier_of(cents: int) -> str:
    """Return the highest tier that so much reaches."""
    return [tier for tier, least in TIERS.items() if least <= cents][-1]
