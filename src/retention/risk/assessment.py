"""The risk of each customer, by a classifier where the history allows one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import pyarrow as pa
from ibis.expr.types import Table

from retention.in_memory import SortedOrders, beside
from retention.reasons import Reason, mark
from retention.risk.learning import MAX_TRAINED, Classifier, Lesson, learn
from retention.risk.slices import Floats, Plan, Slice, of_some, read_slice
from retention.risk.trial import Driver, Trial, drivers_of, try_out


@dataclass(frozen=True, slots=True)
class Assessment:
    """The risk of each customer at the cut, and how far to trust it.

    Parameters
    ----------
    customers : pyarrow.Array, shape (n,)
        The customers acquired by the cut, ascending.
    risk : ndarray of float64, shape (n,)
        Probability of no order within the horizon.
    method : str
        "classifier", or "model" where the history is too short, then `reason` says why.
    test : Trial or None
        None where there is no horizon of known history after any cut.
    drivers : tuple of Driver
        What the classifier's ranking rests on, strongest first; empty for "model".
    """

    customers: pa.Array
    risk: Floats
    method: str
    reason: Reason | None
    test: Trial | None
    drivers: tuple[Driver, ...] = ()


def assess(orders: Table | SortedOrders, plan: Plan) -> Assessment:
    """Estimate each customer's probability of no order within the horizon.

    Parameters
    ----------
    orders : ibis Table or SortedOrders
        Columns `customer`, `order`, `occurred_on`, `purchased_on`, `amount_minor`; one row per line, order or refund.
        Or the same in memory, of the grain of the plan.
    plan : Plan
        The cut, the horizon and what is known.

    Returns
    -------
    Assessment
        One risk per customer who had bought by the cut, and the figures of its test.

    References
    ----------
    Breiman (2001), Random forests, section 10 (importance by permutation). Platt (1999) for the calibration.
    """
    read = partial(read_slice, orders, plan)
    if plan.test_cut <= plan.first_on:
        return _by_model(read(plan.cut), _too_short(plan), None)
    if not plan.has_room_to_learn:
        test_slice = read(plan.test_cut)
        now = test_slice if plan.test_cut == plan.cut else read(plan.cut)
        return _by_model(now, _too_short(plan), test_slice)
    with beside(orders, partial(read, plan.test_cut)) as test_slice_of:
        train, calibration = (_lesson(orders, plan, plan.test_cut - horizons * plan.horizon) for horizons in (2, 1))
        learnt = learn(train, calibration)
        test_slice = test_slice_of()
    if isinstance(learnt, Reason):
        return _by_model(read(plan.cut), learnt, test_slice)
    if plan.test_cut == plan.cut:
        risk, test, drivers = _tried_out(learnt, test_slice, plan)
        return Assessment(test_slice.customers, risk, "classifier", None, test, drivers)
    with beside(orders, partial(read, plan.cut)) as now_of:
        _, test, drivers = _tried_out(learnt, test_slice, plan)
        used = learn(calibration, Lesson.of(test_slice, plan.seed))
        now = now_of()
    if isinstance(used, Reason):
        return _by_model(now, used, test_slice)
    return Assessment(now.customers, used.probability(now.features), "classifier", None, test, drivers)


def _lesson(orders: Table | SortedOrders, plan: Plan, cut: date) -> Lesson:
    """Read what learning takes of the customers at a cut; of more than it can take, only some are read."""
    some = of_some(orders, known_by=cut, most=MAX_TRAINED, seed=plan.seed)
    return Lesson.of(read_slice(some, plan, cut), plan.seed)


def _tried_out(learnt: Classifier, slice_: Slice, plan: Plan) -> tuple[Floats, Trial | None, tuple[Driver, ...]]:
    risk = learnt.probability(slice_.features)
    return risk, try_out(slice_, risk), drivers_of(learnt, slice_, plan.seed)


def _by_model(now: Slice, reason: Reason, test_slice: Slice | None) -> Assessment:
    test = None if test_slice is None else try_out(test_slice, test_slice.feature("probability_none"))
    return Assessment(now.customers, now.feature("probability_none"), "model", reason, test)


def _too_short(plan: Plan) -> Reason:
    return Reason(
        "history_too_short",
        mark(
            "The risk is the purchase model's probability of no order: a history of {days:.0f} days has no room for "
            "training, calibration and test at a horizon of {horizon:.0f} days."
        ),
        {"days": (plan.cut - plan.first_on).days, "horizon": plan.horizon_days},
    )
