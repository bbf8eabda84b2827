"""An evaluation comes to what somebody decides who looks at each single day and adds all up each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from regulars.loyalty.definitions.calendar import add_span, first_instant_of, local_day
from regulars.loyalty.definitions.document.tiers import TierSet
from regulars.loyalty.tiers import evaluating
from regulars.loyalty.tiers.contracts import Amount, Change, Standing
from regulars.loyalty.tiers.evaluating import Evaluation, evaluate
from regulars.loyalty.tiers.ladder import Rulebook
from regulars.loyalty.tiers.progress import Progress
from regulars.loyalty.tiers.tests.tier_factory import VIENNA, local, rules_of, tier_set

BEGINS = local(2024, 2, 29, 15)
ENDS = local(2027, 4, 1)
CHANGED = local(2025, 8, 1, 11)
KEYS = ["bronze", "silver", "gold", "platinum"]


def sets() -> st.SearchStrategy[TierSet]:
    return st.builds(
        lambda period, upgrade, downgrade, grace, scale: tier_set(
            period=period,
            upgrade=upgrade,
            downgrade=downgrade,
            grace_days=grace,
            tiers=dict(zip(KEYS, (0, scale, 3 * scale, 6 * scale), strict=True)),
        ),
        st.sampled_from(
            [
                {"kind": "rolling", "span": "1 month"},
                {"kind": "rolling", "span": "45 days"},
                {"kind": "rolling", "span": "1 year"},
                {"kind": "calendar", "first_month": 1},
                {"kind": "calendar", "first_month": 4},
                {"kind": "anniversary"},
            ]
        ),
        st.sampled_from(["at_once", "period_end"]),
        st.sampled_from(["none", "one_step", "full"]),
        st.sampled_from([0, 0, 1, 30, 400]),
        st.sampled_from([1, 3]),
    )


moments = st.builds(
    lambda days, minutes: BEGINS + timedelta(days=days, minutes=minutes),
    st.integers(0, (ENDS - BEGINS).days - 1),
    st.sampled_from([0, 5, 9 * 60, 24 * 60 - 15 * 60 - 1]),
)
amounts = st.lists(st.builds(Amount, moments, st.integers(-4, 8)), max_size=14)
locks = st.one_of(st.none(), moments)


@dataclass
class DayByDay:
    """The member as somebody sees who knows no short cut."""

    first: TierSet
    second: TierSet
    amounts: list[Amount]
    locked_until: datetime | None
    rung: int = 0
    kept_through: int | None = None
    rolling_floor: date | None = None
    grace_day: date | None = None
    told: list[tuple[str, datetime]] = field(default_factory=list)

    def run(self, until: datetime) -> DayByDay:
        days = [local_day(BEGINS, VIENNA) + timedelta(days=each) for each in range((until - BEGINS).days + 2)]
        nights = {first_instant_of(day, VIENNA) for day in days}
        looks = nights | {each.occurred_at for each in self.amounts} | {BEGINS, CHANGED}
        looks |= {self.locked_until} if self.locked_until else set()
        self.told.append(("bronze", BEGINS))
        for moment in sorted(looks):
            if BEGINS <= moment <= until and not (self.locked_until and moment < self.locked_until):
                before = self.rung
                self.look(moment, is_night=moment in nights)
                if self.rung != before:
                    self.told.append((KEYS[self.rung], moment))
        return self

    def look(self, moment: datetime, *, is_night: bool) -> None:
        told = self.first if moment < CHANGED else self.second
        day = local_day(moment, VIENNA)
        is_rolling = told.period.kind == "rolling"
        now = self.reaches(told, moment, lambda each: self.counts(told, each, day))
        year = self.year(told, day)
        before = 0 if is_rolling else self.reaches(told, moment, lambda each: self.year(told, each) == year - 1)
        best = max(now, before)
        lift = best if told.upgrade == "at_once" or (is_rolling and is_night) else before
        if told.downgrade == "none" or is_rolling:
            self.kept_through = None
        if lift > self.rung:
            self.rung, self.grace_day, self.rolling_floor, self.kept_through = lift, None, None, None
        elif best >= self.rung or told.downgrade == "none":
            self.grace_day = None
            if told.downgrade == "none":
                self.rolling_floor = None
        else:
            self.shortfall(told, day, best, is_night=is_night)
        if not is_rolling and told.downgrade != "none":
            self.keep(now, before, year)

    def keep(self, now: int, before: int, year: int) -> None:
        if self.rung == 0:
            self.kept_through = None
        elif now >= self.rung:
            self.kept_through = year + 1
        elif before >= self.rung or self.kept_through is None:
            self.kept_through = year
        else:
            self.kept_through = min(self.kept_through, year)

    def shortfall(self, told: TierSet, day: date, best: int, *, is_night: bool) -> None:
        if told.period.kind == "rolling":
            is_kept = self.rolling_floor is not None and day < self.rolling_floor
        else:
            is_kept = self.kept_through is None or self.kept_through >= self.year(told, day)
        if not is_night or (is_kept and self.grace_day is None):
            return
        if self.grace_day is None and told.grace_days:
            self.grace_day = day + timedelta(days=told.grace_days)
        elif self.grace_day is None or day >= self.grace_day:
            self.rung = best if told.downgrade == "full" else self.rung - 1
            self.grace_day = self.rolling_floor = self.kept_through = None
            if told.period.kind == "rolling" and self.rung > best:
                self.rolling_floor = add_span(day, told.period.span)

    def reaches(self, told: TierSet, moment: datetime, counts) -> int:
        total = 0
        for each in self.amounts:
            if each.occurred_at <= moment and counts(local_day(each.occurred_at, VIENNA)):
                total += each.amount
        return max([0, *(number for number, tier in enumerate(told.tiers) if tier.threshold <= total)])

    @staticmethod
    def counts(told: TierSet, day: date, today: date) -> bool:
        if told.period.kind == "rolling":
            return add_span(day, told.period.span) >= today
        return DayByDay.year(told, day) == DayByDay.year(told, today)

    @staticmethod
    def year(told: TierSet, day: date) -> int:
        if told.period.kind == "anniversary":
            begun = local_day(BEGINS, VIENNA)
            return sum(1 for years in range(1, 10) if add_span(begun, f"{years} years") <= day)
        first_month = getattr(told.period, "first_month", 1)
        return day.year if day.month >= first_month else day.year - 1


def walked(book: Rulebook, given_amounts: list[Amount], lock: datetime | None, stops: list[datetime]):
    standing = Standing(is_locked=lock is not None, locked_until=lock)
    told: list[Change] = []
    for stop in stops:
        done = evaluate(book, standing, Progress(given_amounts), enrolled_at=BEGINS, now=stop)
        standing = done.standing
        told += done.changes
    return standing, told, done.due_at


@given(first=sets(), second=sets(), earned=amounts, lock=locks)
def test_an_evaluation_decides_what_a_look_at_each_day_decides(
    first: TierSet, second: TierSet, earned: list[Amount], lock: datetime | None
) -> None:
    # A version does not turn one sort of period into another here: what is kept until when would be told differently.
    second = second.model_copy(update={"period": first.period})
    slow = DayByDay(first, second, earned, lock).run(ENDS)
    book = Rulebook([rules_of(first), rules_of(second, 2, CHANGED)])
    standing, told, _ = walked(book, earned, lock, [ENDS])
    assert [(each.to_tier, each.effective_at) for each in told] == slow.told
    assert standing.tier == KEYS[slow.rung]


@given(first=sets(), second=sets(), earned=amounts, lock=locks, stops=st.lists(moments, max_size=12))
def test_to_evaluate_often_or_once_comes_to_the_same(
    first: TierSet, second: TierSet, earned: list[Amount], lock: datetime | None, stops: list[datetime]
) -> None:
    book = Rulebook([rules_of(first), rules_of(second, 2, CHANGED)])
    assert walked(book, earned, lock, [*sorted(stops), ENDS]) == walked(book, earned, lock, [ENDS])


@given(first=sets(), earned=amounts, late=amounts, stops=st.lists(moments, min_size=1, max_size=4), lock=locks)
def test_what_is_gone_over_in_one_step_moves_nobody_whatever_has_come_late(
    first: TierSet, earned: list[Amount], late: list[Amount], stops: list[datetime], lock: datetime | None
) -> None:
    book = Rulebook([rules_of(first)])
    begin = Standing(is_locked=lock is not None, locked_until=lock)

    def lived() -> Iterator[Evaluation]:
        standing, known = begin, list(earned)
        for number, stop in enumerate(sorted(stops)):
            # With each stop a part of what is late becomes known, whenever it occurred.
            known += late[number :: len(stops)]
            done = evaluate(book, standing, Progress(known), enrolled_at=BEGINS, now=stop)
            yield done
            standing = done.standing

    found = list(lived())
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(evaluating._Walk, "_weighs_at", evaluating._Walk._passes_at)
        assert list(lived()) == found


def test_what_has_come_late_ends_a_grace_and_the_next_fall_has_one_of_its_own() -> None:
    told = tier_set(
        period={"kind": "rolling", "span": "45 days"}, tiers={"bronze": 0, "silver": 1}, grace_days=10, downgrade="full"
    )
    book = Rulebook([rules_of(told)])
    earned = [Amount(BEGINS + timedelta(days=1), 1)]
    standing, _, _ = walked(book, earned, None, [BEGINS + timedelta(days=47, hours=12)])
    assert (standing.tier, standing.grace_ends_at is None) == ("silver", False)
    late = [Amount(BEGINS + timedelta(days=15), 1), Amount(BEGINS + timedelta(days=20), 1)]
    done = evaluate(book, standing, Progress([*earned, *late]), enrolled_at=BEGINS, now=BEGINS + timedelta(days=70))
    assert done.standing.tier == "silver"
    assert done.standing.grace_ends_at == first_instant_of(local_day(BEGINS, VIENNA) + timedelta(days=76), VIENNA)


@given(first=sets(), earned=amounts, lock=locks, stops=st.lists(moments, min_size=1, max_size=3))
def test_to_evaluate_only_when_it_is_due_comes_to_the_same(
    first: TierSet, earned: list[Amount], lock: datetime | None, stops: list[datetime]
) -> None:
    book = Rulebook([rules_of(first)])
    start = Standing(is_locked=lock is not None, locked_until=lock)
    done = evaluate(book, start, Progress(earned), enrolled_at=BEGINS, now=BEGINS)
    told = [*done.changes]
    while done.due_at is not None and done.due_at <= ENDS:
        done = evaluate(book, done.standing, Progress(earned), enrolled_at=BEGINS, now=done.due_at)
        told += done.changes
    assert told == walked(book, earned, lock, [ENDS])[1]


def test_what_moves_nobody_is_gone_over_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[datetime] = []
    step = evaluating._Walk._step
    monkeypatch.setattr(
        evaluating._Walk,
        "_step",
        lambda self, moment, **told: steps.append(moment) or step(self, moment, **told),  # type: ignore[func-returns-value]
    )
    told = tier_set(period={"kind": "rolling", "span": "1 year"}, tiers={"bronze": 0, "silver": 100, "gold": 200})
    earned = [Amount(BEGINS + timedelta(days=day), 1) for day in range(300)]
    book = Rulebook([rules_of(told)])
    standing, _, _ = walked(book, earned, None, [BEGINS + timedelta(days=300)])
    assert standing.tier == "gold"
    steps.clear()
    done = evaluate(book, standing, Progress(earned), enrolled_at=BEGINS, now=ENDS)
    assert [(each.to_tier, local_day(each.effective_at, VIENNA)) for each in done.changes] == [
        # What was earned on a day counts for the last time on that day of the next year.
        ("silver", date(2025, 6, 9)),
        ("bronze", date(2025, 9, 17)),
    ]
    assert len(steps) <= 4


def test_an_evaluation_that_forgets_the_nights_between_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluating._Walk, "_decides_at", lambda *given: None)
    decides = test_an_evaluation_decides_what_a_look_at_each_day_decides.hypothesis.inner_test  # type: ignore[attr-defined]
    # That it is found is enough; the least example would take long to find.
    found = settings(phases=[Phase.generate])(given(first=sets(), second=sets(), earned=amounts, lock=locks)(decides))
    with pytest.raises(AssertionError):
        found()
