"""The risk of each customer, by a classifier where the history allows one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa
from ibis.expr.types import Table

from retention.clv.purchases import PurchaseModel
from retention.in_memory import SortedOrders, beside
from retention.reasons import Reason, mark
from retention.risk.learning import MAX_TRAINED, Classifier, lack_of, learn
from retention.risk.slices import Floats, Known, Plan, Slice, of_some, read_known, read_slice, slice_of
from retention.risk.trial import Driver, Trial, drivers_of, try_out


@dataclass(frozen=True, slots=True)
class Assessment:
    """The risk of each customer at the cut.

    Parameters
    ----------
    customers : pyarrow.Array, shape (n,)
        The customers acquired by the cut, ascending.
    risk : ndarray of float64, shape (n,)
        Probability of no order within the horizon.
    method : str
        "classifier", or "model" where the history is too short, then `reason` says why.
    """

    customers: pa.Array
    risk: Floats
    method: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Tested:
    """How far to trust an assessment.

    Parameters
    ----------
    trial : Trial or None
        None where there is no horizon of known history after any cut.
    drivers : tuple of Driver
        What the classifier's ranking rests on, strongest first; empty for "model".
    """

    trial: Trial | None
    drivers: tuple[Driver, ...] = ()


class Readings:
    """What is known of the customers at the cuts of a plan: all of it is there before a model is chosen.

    Parameters
    ----------
    orders : ibis Table or SortedOrders
        Columns `customer`, `order`, `occurred_on`, `purchased_on`, `amount_minor`; one row per line, order or refund.
        Or the same in memory, of the grain of the plan.
    plan : Plan
        The cut, the horizon and what is known.
    """

    def __init__(self, orders: Table | SortedOrders, plan: Plan) -> None:
        self.orders, self.plan = orders, plan

    def read(self) -> None:
        """Read what an assessment needs, beside other work."""
        _ = self.now, self.why_not_learnt

    @cached_property
    def now(self) -> Known:
        """All customers at the cut."""
        return read_known(self.orders, self.plan, self.plan.cut)

    @cached_property
    def lessons(self) -> tuple[Known, Known, Known]:
        """What is learnt from, two horizons before the test's cut, one before it, and at it."""
        two_before, one_before, at = (self._read_some(self.plan.test_cut - n * self.plan.horizon) for n in (2, 1, 0))
        return two_before, one_before, at

    @cached_property
    def why_not_learnt(self) -> Reason | None:
        """Why there is no classifier: too little is known for its test, or for its use."""
        plan = self.plan
        if not plan.has_room_to_learn:
            return _too_short(plan)
        lessons = self.lessons if plan.test_cut < plan.cut else self.lessons[:2]
        return next((lack for known in lessons if (lack := lack_of(known))), None)

    def _read_some(self, cut: date) -> Known:
        """Read what learning takes of the customers at a cut: of more than it can take, only some."""
        some = of_some(self.orders, known_by=cut, most=MAX_TRAINED, seed=self.plan.seed)
        return read_known(some, self.plan, cut)


class Assessor:
    """Estimates each customer's probability of no order within the horizon, and tests how it does so.

    Parameters
    ----------
    readings : Readings
        What is known.
    model_name : str
        A key of `retention.choose.CANDIDATES`: the purchase model whose expectation is a feature.
    model : PurchaseModel, optional
        That model, where it is fitted on the customers at the cut already, with times in weeks.

    References
    ----------
    Breiman (2001), Random forests, section 10 (importance by permutation). Platt (1999) for the calibration.
    """

    def __init__(self, readings: Readings, model_name: str, model: PurchaseModel | None = None) -> None:
        self._readings, self._plan = readings, readings.plan
        self._model_name, self._model = model_name, model

    def assess(self) -> Assessment:
        """Return one risk per customer who had bought by the cut."""
        reason = self._readings.why_not_learnt
        with beside(self._readings.orders, self._now) as now_of:
            used = None if reason else self._used
            now = now_of()
        if used is None:
            return Assessment(now.customers, now.feature("probability_none"), "model", reason)
        return Assessment(now.customers, used.probability(now.features), "classifier", None)

    def test(self) -> Tested:
        """Return how well the procedure did where what followed is known."""
        plan = self._plan
        if plan.test_cut <= plan.first_on:
            return Tested(None)
        with beside(self._readings.orders, self._at_test) as at_test_of:
            tried = None if self._readings.why_not_learnt else self._tried
            slice_ = at_test_of()
        if tried is None:
            return Tested(try_out(slice_, slice_.feature("probability_none")))
        return Tested(try_out(slice_, tried.probability(slice_.features)), drivers_of(tried, slice_, plan.seed))

    def _now(self) -> Slice:
        return slice_of(self._readings.now, self._plan, self._model_name, model=self._model)

    def _at_test(self) -> Slice:
        return read_slice(self._readings.orders, self._plan, self._plan.test_cut, self._model_name)

    @cached_property
    def _tried(self) -> Classifier:
        """The classifier that is tested: of the horizon before the end it knows nothing."""
        return learn(self._lesson(0), self._calibration)

    @cached_property
    def _used(self) -> Classifier:
        """The classifier that is used: the one that is tested, moved forward to where the known history ends."""
        return self._tried if self._plan.test_cut == self._plan.cut else learn(self._calibration, self._lesson(2))

    @cached_property
    def _calibration(self) -> Slice:
        return self._lesson(1)

    def _lesson(self, number: int) -> Slice:
        return slice_of(self._readings.lessons[number], self._plan, self._model_name)


def assess(orders: Table | SortedOrders, plan: Plan, model_name: str) -> tuple[Assessment, Tested]:
    """Estimate each customer's probability of no order within the horizon, and test how it was done: see `Assessor`."""
    assessor = Assessor(Readings(orders, plan), model_name)
    return assessor.assess(), assessor.test()


def _too_short(plan: Plan) -> Reason:
    return Reason(
        "history_too_short",
        mark(
            "The risk is the purchase model's probability of no order: a history of {days:.0f} days has no room for "
            "training, calibration and test at a horizon of {horizon:.0f} days."
        ),
        {"days": (plan.cut - plan.first_on).days, "horizon": plan.horizon_days},
    )
