"""A shop's program that tells of orders, cities and events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tests.load.told import State, Telling
from tests.load.writer import Json, Writer

SOURCE = "shop"
PEOPLE = 40


def email(person: int) -> str:
    return f"buyer{person}@example.com"


class Client(Writer):
    """One of several; it speaks of orders, cities and events of its own, and of persons whom all speak of."""

    def __init__(self, url: str, key: str, number: int, clients: int, *, seed: int, placed_at: datetime) -> None:
        super().__init__(f"client {number}", url, key, seed)
        self._number, self._placed_at = number, placed_at
        self._own_people = [email(person) for person in range(PEOPLE) if person % clients == number]

    def kinds(self) -> Mapping[Callable[[], None], int]:
        return {
            self._tell_one: 5,
            self._tell_many: 3,
            self._tell_again: 1,
            self._tell_cities: 2,
            self._tell_event: 3,
        }

    def _tell_one(self) -> None:
        number, state, outcome = self._next(set())
        answer = self._write("PUT", f"/v1/orders/{SOURCE}/{number}", body_of(state, self._placed_at))
        self._note([(number, state, outcome)], [answer] if answer else None)

    def _tell_many(self) -> None:
        told: dict[str, tuple[str, State, str]] = {}
        for _ in range(self._random.randint(2, 15)):
            each = self._next(set(told))
            told[each[0]] = each
        orders = [
            {"source": SOURCE, "external_id": number, **body_of(state, self._placed_at)}
            for number, state, _ in told.values()
        ]
        answer = self._write("POST", "/v1/orders/bulk", {"orders": orders})
        self._note(list(told.values()), answer["items"] if answer else None)

    def _tell_again(self) -> None:
        known = [number for number, telling in self.told.orders.items() if telling.is_certain]
        if known:
            number = self._random.choice(known)
            state = self.told.orders[number].sent[-1]
            answer = self._write("PUT", f"/v1/orders/{SOURCE}/{number}", body_of(state, self._placed_at))
            if answer:
                self._expect(number, "unchanged", answer)

    def _tell_cities(self) -> None:
        people = self._random.sample(self._own_people, self._random.randint(1, 4))
        people = [person for person in people if self._city_of(person).is_certain]
        if not people:
            return
        for person in people:
            self._city_of(person).sent.append(f"City {self._tick()}")
        customers = [
            {
                "identifiers": [{"kind": "email", "value": person}],
                "profile": {"city": self._city_of(person).sent[-1]},
            }
            for person in people
        ]
        answer = self._write("POST", "/v1/customers/bulk", {"customers": customers})
        for person, item in zip(people, answer["items"] if answer else (), strict=bool(answer)):
            self._city_of(person).acknowledged += 1
            self._saw(person, item["customer_id"])

    def _tell_event(self) -> None:
        number = self._tick() * 100 + self._number
        person = self._anybody()
        telling = self.told.events.setdefault(number, Telling([person]))
        body: Json = {
            "type": "recipe.viewed",
            "identifiers": [{"kind": "email", "value": person.upper() if number % 3 else person}],
            "occurred_at": self._placed_at.isoformat(),
            "source": "app",
            "payload": {"number": number},
        }
        answer = self._write("POST", "/v1/events", body | ({"key": str(number)} if number % 2 else {}))
        if answer:
            telling.acknowledged = 1
            self._expect(str(number), "appended", answer)
            self._saw(person, answer["customer_id"])

    def _next(self, taken: set[str]) -> tuple[str, State, str]:
        """Return an order to tell of: a new one, or one that was told before, in another state; and what it becomes."""
        known = [number for number, each in self.told.orders.items() if each.is_certain and number not in taken]
        if known and self._random.random() < 0.5:
            number = self._random.choice(known)
            return number, self._changed(self.told.orders[number].sent[-1]), "updated"
        state = State(self._anybody(), self._random.randint(500, 9_000), is_paid=self._random.random() < 0.8)
        return f"{self._number}-{self._tick()}", state, "created"

    def _changed(self, state: State) -> State:
        """Return the state that an order comes to next; never the one that it is in."""
        if not state.is_paid:
            return replace(state, is_paid=True)
        if self._random.random() < 0.2:
            return replace(state, is_cancelled=not state.is_cancelled)
        if self._random.random() < 0.5:
            return replace(state, total_minor=state.total_minor + self._random.randint(1, 500))
        left = state.total_minor - state.returned_minor
        return replace(state, returned_minor=state.returned_minor + self._random.randint(1, left) if left else 0)

    def _note(self, told: Sequence[tuple[str, State, str]], answers: Sequence[Json] | None) -> None:
        for number, state, _ in told:
            self.told.orders.setdefault(number, Telling()).sent.append(state)
        for (number, state, outcome), answer in zip(told, answers or (), strict=answers is not None):
            self.told.orders[number].acknowledged += 1
            self._expect(number, outcome, answer)
            self._saw(state.buyer, answer["customer_id"])

    def _expect(self, what: str, outcome: str, answer: Json) -> None:
        if answer["outcome"] != outcome:
            self.told.surprises.append(f"{what} was answered {answer['outcome']}, not {outcome}")

    def _city_of(self, person: str) -> Telling[str]:
        return self.told.cities.setdefault(person, Telling())

    def _anybody(self) -> str:
        return email(self._random.randrange(PEOPLE))


def body_of(state: State, placed_at: datetime) -> Json:
    """Return an order's state as the API takes it."""
    returned = [
        {
            "external_id": "r1",
            "returned_at": placed_at.isoformat(),
            "lines": [{"line": 1, "quantity": "0.5", "amount_minor": state.returned_minor}],
        }
    ]
    return {
        "placed_at": placed_at.isoformat(),
        "buyer": {"identifiers": [{"kind": "email", "value": state.buyer}]},
        "currency": "EUR",
        "lines": [
            {
                "product": {"external_id": f"p{state.total_minor % 7}"},
                "quantity": "1",
                "unit_price_minor": state.total_minor,
                "total_minor": state.total_minor,
            }
        ],
        "total_minor": state.total_minor,
        "payment_state": "paid" if state.is_paid else "unpaid",
        "returns": returned if state.returned_minor else [],
        "cancelled_at": placed_at.isoformat() if state.is_cancelled else None,
    }
