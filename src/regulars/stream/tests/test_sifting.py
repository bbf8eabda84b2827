"""Who needs few of many events is handed those alone, in order, whatever is passed over between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from regulars.stream import dispatch as dispatching
from regulars.stream import services
from regulars.stream.contracts import Event, NewEvent, Subscription, system
from regulars.stream.dispatch import Dispatcher
from regulars.stream.queries import list_dead_letters, list_states

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def room(fresh_database: str) -> None:
    services.make_room([NOW])


class Sifted:
    """A subscription that needs some numbers only, and remembers its batches, and how many it was asked of at once."""

    def __init__(self, needed: Sequence[int], batch_size: int, refused: int | None = None) -> None:
        self.needed, self.refused = set(needed), refused
        self.batches: list[list[int]] = []
        self.asked: list[int] = []
        self.subscription = Subscription(
            name="test",
            types=frozenset({"page.viewed"}),
            handler=self.take,
            batch_size=batch_size,
            sift=self.sift,
        )

    def sift(self, events: Sequence[Event]) -> list[Event]:
        self.asked.append(len(events))
        return [event for event in events if event.payload["number"] in self.needed]

    def take(self, events: Sequence[Event]) -> None:
        numbers = [event.payload["number"] for event in events]
        if self.refused in numbers:
            raise ValueError("not this one")
        self.batches.append(numbers)

    @property
    def heard(self) -> list[int]:
        return [number for batch in self.batches for number in batch]

    def dispatch(self) -> None:
        Dispatcher([self.subscription], lambda: NOW).run_until_idle()


def append(count: int) -> None:
    services.append(
        [
            NewEvent(
                type="page.viewed", actor=system("test"), source="site", occurred_at=NOW, payload={"number": number}
            )
            for number in range(count)
        ],
        now=NOW,
    )


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    "needed",
    [[], [0], [39], [6, 7], [0, 1, 2, 3, 4, 5, 6, 7, 8, 30], list(range(0, 40, 3)), list(range(40))],
    ids=lambda needed: f"{len(needed)} from {min(needed, default=0)}",
)
def test_what_is_needed_is_handed_over_once_and_in_order(
    needed: list[int], batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "LOOKS_AT", 7)
    append(40)
    sifted = Sifted(needed, batch_size)
    sifted.dispatch()
    assert sifted.heard == needed
    assert all(0 < len(batch) <= batch_size for batch in sifted.batches)
    assert max(sifted.asked) <= max(7, batch_size)
    [state] = list_states([sifted.subscription])
    assert state.behind_events == 0


def test_many_are_passed_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "LOOKS_AT", 100)
    append(350)
    sifted = Sifted([120, 340], batch_size=5)
    sifted.dispatch()
    assert sifted.batches == [[120], [340]]
    assert sifted.asked == [5, 95, 5, 95, 5, 95, 5, 45]


def test_so_many_are_looked_at_as_it_takes_to_fill_a_batch() -> None:
    append(400)
    # Of the first two hundred every second is needed, and of the others every twentieth.
    sifted = Sifted([*range(0, 200, 2), *range(200, 400, 20)], batch_size=20)
    sifted.dispatch()
    assert sifted.heard == sorted(sifted.needed)
    assert sifted.asked[:10] == [20] * 10
    assert sifted.asked[10:] == [20, 180]


def test_who_fails_is_given_all_one_by_one_and_what_it_cannot_take_lies_aside() -> None:
    append(10)
    sifted = Sifted([3, 5, 8], batch_size=4, refused=5)
    sifted.dispatch()
    # Tried twice, then by one: the four to which the failing one belongs, and the next ones; then it sifts again.
    assert [letter.event.payload["number"] for letter in list_dead_letters(limit=10)] == [5]
    assert 5 not in sifted.heard
    assert {3, 8} <= set(sifted.heard)
    assert len(sifted.heard) == len(set(sifted.heard))


def test_who_cannot_even_sift_is_given_all_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    append(6)
    sifted = Sifted([2, 4], batch_size=6)

    def refuse(events: Sequence[Event]) -> list[Event]:
        raise ValueError("it cannot be sifted")

    monkeypatch.setattr(sifted, "sift", refuse)
    subscription = Subscription(
        name="test", types=frozenset({"page.viewed"}), handler=sifted.take, batch_size=6, sift=refuse
    )
    Dispatcher([subscription], lambda: NOW).run_until_idle()
    assert sifted.heard == list(range(6))
    assert list(list_dead_letters(limit=10)) == []
