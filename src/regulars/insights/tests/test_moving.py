"""An order moves its customer's RFM at once, to what the batch would give on the same day by the same boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import connections, transaction
from hypothesis import given, settings

from regulars.config.subscriptions import SUBSCRIPTIONS
from regulars.insights import moving
from regulars.insights.contracts import Boundaries
from regulars.insights.lake.reading import NoOrders, read_orders
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import write_snapshot
from regulars.insights.models import Run, ScoreHistory, Waiting
from regulars.insights.models import Score as ScoreRow
from regulars.insights.moving import move_customers
from regulars.insights.queries import find_score, iter_scores
from regulars.insights.statements import rows_of
from regulars.insights.tests.history import ACTOR, NOW, PEOPLE, Action, History, actions, forget_everything
from regulars.kit.ids import new_id
from regulars.kit.scratch import scratch_folder
from regulars.orders import services as orders
from regulars.orders.tests.order_factory import line, order
from regulars.stream import dispatch
from regulars.stream.contracts import Subscription
from regulars.stream.dispatch import Dispatcher
from regulars.stream.statements import rows_of as stream_rows_of
from retention.rfm import ScoreBoundaries, daily_state, score, summarise_state
from retention.segments import assign

BOUNDARIES = Boundaries(recency=(5, 20, 46, 81), frequency=(0, 0, 1, 2), monetary=(0, 500, 2_000, 6_000))
TODAY = NOW.date()
[SUBSCRIPTION] = [each for each in SUBSCRIPTIONS if each.name == "insights.rfm"]


def keep_boundaries() -> UUID:
    """Keep a run by whose boundaries orders move."""
    cuts = {name: list(getattr(BOUNDARIES, name)) for name in ("recency", "frequency", "monetary")}
    return Run.objects.create(
        id=new_id(),
        state="succeeded",
        trigger="nightly",
        requested_by=str(ACTOR),
        as_of=TODAY - timedelta(days=1),
        started_at=NOW,
        finished_at=NOW,
        recency_cuts=cuts["recency"],
        frequency_cuts=cuts["frequency"],
        monetary_cuts=cuts["monetary"],
    ).id


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.insights.consumers.timezone.now", lambda: NOW)


def batch(zone: str = "UTC") -> dict[UUID, tuple[Any, ...]]:
    """Return the RFM of all customers as a run would make it, by the boundaries above."""
    snapshot = write_snapshot(now=NOW)
    cuts = ScoreBoundaries(recency=BOUNDARIES.recency, frequency=BOUNDARIES.frequency, monetary=BOUNDARIES.monetary)
    with scratch_folder() as folder, workspace(folder) as connection:
        try:
            with read_orders(connection, snapshot, zone=zone) as bought:
                state = daily_state(bought.orders, as_of=TODAY, one_row_per_order=True)
                rows = assign(score(summarise_state(state, as_of=TODAY), cuts)).to_pyarrow().to_pylist()
        except NoOrders:
            return {}
    names = ("r", "f", "m", "segment", "first_on", "last_on", "frequency", "revenue_minor")
    return {UUID(row["customer"]): tuple(row[name] for name in names) for row in rows}


def live() -> dict[UUID, tuple[Any, ...]]:
    return {
        each.customer_id: (
            *(
                each.r,
                each.f,
                each.m,
                each.rfm_segment,
                each.first_on,
                each.last_on,
                each.frequency,
                each.revenue_minor,
            ),
        )
        for each in iter_scores()
    }


def test_whatever_happens_the_moved_rfm_is_what_the_batch_gives(fresh_database: str) -> None:
    moved: list[int] = []

    @settings(max_examples=25)
    @given(
        happening=st.lists(st.lists(actions(), max_size=6), min_size=1, max_size=3),
        batch_size=st.sampled_from([1, 3, 500]),
    )
    def holds(happening: Sequence[Sequence[Action]], batch_size: int) -> None:
        forget_everything()
        ScoreRow.objects.all().delete()
        ScoreHistory.objects.all().delete()
        Run.objects.all().delete()
        keep_boundaries()
        history = History()
        subscription = Subscription(
            name=SUBSCRIPTION.name, types=SUBSCRIPTION.types, handler=SUBSCRIPTION.handler, batch_size=batch_size
        )
        dispatch.register([subscription])
        dispatch.replay(subscription)
        for happenings in happening:
            history.let_happen(happenings)
            Dispatcher([subscription], lambda: NOW).run_until_idle()
        found = live()
        assert found == batch()
        moved.append(len(found))
        latest = {
            row.customer_id: row.rfm_segment for row in ScoreHistory.objects.order_by("customer_id", "changed_on")
        }
        assert {customer: row[3] for customer, row in found.items()} == {
            customer: segment for customer, segment in latest.items() if segment is not None
        }

    holds()
    assert max(moved) > 1


def test_what_the_last_run_has_seen_is_not_folded_again(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = keep_boundaries()
    [first] = put(order(1))
    seen_until = rows_of_stream("horizon")
    [second] = put(order(2, buyer=PEOPLE[0]))
    Run.objects.filter(id=run_id).update(seen_until=seen_until)
    dispatch.register([SUBSCRIPTION])
    Dispatcher([SUBSCRIPTION], lambda: NOW).run_until_idle()
    assert find_score(first) is None
    assert find_score(second) is not None


def rows_of_stream(name: str) -> int:
    [(number,)] = stream_rows_of(name)
    return int(number)


def put(*told: Any) -> list[UUID]:
    results = orders.put_orders(orders=list(told), now=NOW, actor=ACTOR)
    return [result.customer_id for result in results if result.customer_id]


@pytest.mark.django_db
def test_before_the_first_run_nothing_is_moved() -> None:
    [customer] = put(order(1))
    move_customers([customer], now=NOW)
    assert find_score(customer) is None


@pytest.mark.django_db
def test_a_new_order_moves_segment_and_history_and_leaves_the_risk_that_the_run_foretold() -> None:
    keep_boundaries()
    [customer] = put(order(1, placed_at=NOW - timedelta(days=90)))
    move_customers([customer], now=NOW)
    foretold = {"risk": 0.75, "risk_decile": 8, "clv_decile": 3, "next_order_expected_on": NOW.date()}
    at_stake = {"at_risk": True, "revenue_at_stake_minor": 900}
    ScoreRow.objects.filter(customer_id=customer).update(**foretold, **at_stake)
    before = find_score(customer)
    put(order(2, placed_at=NOW, lines=[line(9_000)], total_minor=18_000))
    move_customers([customer], now=NOW + timedelta(days=1))
    after = find_score(customer)
    assert before is not None
    assert after is not None
    assert (before.rfm_segment, before.r, before.frequency) == ("hibernating", 1, 0)
    assert (after.rfm_segment, after.r, after.frequency) == ("champions", 5, 1)
    assert (after.risk, after.risk_decile) == (0.75, 8)
    # Silent no longer.
    assert (before.at_risk, before.revenue_at_stake_minor) == (True, 900)
    assert (after.at_risk, after.revenue_at_stake_minor, after.next_order_expected_on) == (False, 0, None)
    kept = ScoreHistory.objects.filter(customer_id=customer).order_by("changed_on")
    assert [(row.rfm_segment, row.risk_decile) for row in kept] == [("hibernating", None), ("champions", 8)]


@pytest.mark.django_db
def test_the_same_events_again_write_nothing() -> None:
    keep_boundaries()
    [customer] = put(order(1))
    move_customers([customer], now=NOW)
    first = find_score(customer)
    move_customers([customer], now=NOW + timedelta(seconds=5))
    assert find_score(customer) == first


@pytest.mark.django_db
def test_an_order_of_a_clock_ahead_counts_from_its_day_on() -> None:
    keep_boundaries()
    [customer] = put(order(1, placed_at=NOW + timedelta(hours=20)))
    move_customers([customer], now=NOW)
    assert find_score(customer) is None
    move_customers([customer], now=NOW + timedelta(days=1))
    found = find_score(customer)
    assert found is not None
    assert found.last_on == TODAY + timedelta(days=1)


def test_while_a_run_puts_its_scores_in_place_customers_wait_and_nothing_else_does(fresh_database: str) -> None:
    keep_boundaries()
    first, second = put(order(1), order(2, buyer=None))[0], put(order(3))[0]
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('regulars.insights.scores'))")
        move_customers([first], now=NOW)
        assert list(Waiting.objects.values_list("customer_id", flat=True)) == [first]
        assert find_score(first) is None
    move_customers([], now=NOW)
    assert find_score(first) is not None
    assert not Waiting.objects.exists()
    assert second == first


def test_a_fold_that_read_the_orders_otherwise_would_be_seen(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_boundaries()
    put(order(1, placed_at=NOW.replace(hour=23) - timedelta(days=6)))
    [customer] = put(order(2, placed_at=NOW))
    day = moving._day
    monkeypatch.setattr(moving, "_day", lambda moment, zone: day(moment, zone) - 1)
    move_customers([customer], now=NOW)
    assert live() != batch()
    assert rows_of("any_waiting") == [(False,)]
