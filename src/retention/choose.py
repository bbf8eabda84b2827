"""Choose a purchase model: fit the candidates, test them on what then happened, pick one, and say why.

The candidates are NBD (nobody leaves), BG/NBD, MBG/NBD and Pareto/NBD. A candidate for which
another, simpler model answers cannot be chosen; one that answers in its own limit (all customers alike in one way) can.
Of these the lowest AIC wins; within two points of it the smaller
backtest error decides, because a difference in AIC below two says nothing (Burnham & Anderson 2002, section 2.6).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retention.clv import NBD, BetaGeo, ModifiedBetaGeo, ParetoNBD
from retention.clv.customers import Customers
from retention.clv.purchases import PurchaseModel
from retention.reasons import NotEnoughData, Reason, RetentionError, mark

CANDIDATES: Mapping[str, type[PurchaseModel]] = {
    model.name: model for model in (NBD, BetaGeo, ModifiedBetaGeo, ParetoNBD)
}
Floats = NDArray[np.float64]

AIC_TIE = 2.0

BASELINES: Mapping[str, Reason] = {
    "own_rate": Reason("own_rate", mark("each customer's own rate")),
    "last_period": Reason("last_period", mark("the last period once more")),
    "seasonal": Reason("seasonal", mark("the same weeks a year before")),
}


@dataclass(frozen=True, slots=True)
class Holdout:
    """What the customers of the cut then did, and what naive forecasts would have said.

    Parameters
    ----------
    horizon : float
        Length of the holdout, in the unit of the customers' times.
    purchases : ndarray of float64, shape (n,)
        Purchases of each customer in (cut, cut + horizon].
    baselines : mapping of str to ndarray of float64, shape (n,)
        Naive forecasts by name, for example `own_rate`, `last_period`, `seasonal`.
    """

    horizon: float
    purchases: Floats
    baselines: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Errors:
    """How well a forecast met what happened.

    Parameters
    ----------
    predicted, actual : float
        Totals over all customers.
    mae : float
        Mean absolute error per customer, in purchases.
    correlation : float
        Pearson's correlation over customers; NaN where either side does not vary.
    """

    predicted: float
    actual: float
    mae: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One fitted candidate and its backtest.

    `model` is None where it could not be fitted, then `reason` says why; `tested` is the model of the backtest, the
    same one where the customers were not fitted anew.
    """

    name: str
    model: PurchaseModel | None
    reason: Reason | None
    tested: PurchaseModel | None = None
    errors: Errors | None = None

    @property
    def stands(self) -> bool:
        """Whether the candidate may be chosen: it was fitted, and no simpler model answers in its place.

        A model in its own limit (one rate, or one tendency to leave, for all customers) stands.
        """
        return self.model is not None and self.model.answering_model.name == self.name


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates, the name of the chosen one, the errors of the naive forecasts, and why, in two sentences."""

    chosen: str
    candidates: tuple[Candidate, ...]
    baselines: Mapping[str, Errors]
    why: tuple[Reason, Reason]

    @property
    def candidate(self) -> Candidate:
        """The chosen candidate."""
        return next(c for c in self.candidates if c.name == self.chosen)

    @property
    def model(self) -> PurchaseModel:
        """The chosen model, fitted."""
        return next(c.model for c in self.candidates if c.name == self.chosen and c.model is not None)


def errors(predicted: Floats, actual: Floats) -> Errors:
    """Compare a forecast per customer with what happened.

    Parameters
    ----------
    predicted, actual : ndarray of float64, shape (n,), n >= 1
        Purchases per customer.

    Returns
    -------
    Errors
        Totals, mean absolute error and correlation.
    """
    varies = len(actual) > 1 and np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return Errors(
        predicted=float(predicted.sum()),
        actual=float(actual.sum()),
        mae=float(np.abs(predicted - actual).mean()),
        correlation=float(np.corrcoef(predicted, actual)[0, 1]) if varies else float("nan"),
    )


def choose(customers: Customers, holdout: Holdout | None = None, *, earlier: Customers | None = None) -> Choice:
    """Fit the candidates, test them, and pick one.

    Parameters
    ----------
    customers : Customers
        The customers that the chosen model is to describe.
    holdout : Holdout, optional
        What then happened to the customers of the cut. Without it the AIC alone decides.
    earlier : Customers, optional
        The customers at an earlier cut, if the holdout lies before the end of `customers`: then the candidates are
        fitted twice, once there for the test and once on `customers` for use.

    Returns
    -------
    Choice
        The fitted candidates and the one chosen.

    Raises
    ------
    NotEnoughData
        Not even the NBD can be fitted; its reason says why.
    """
    fitted = fit_candidates(customers)
    return pick(fitted if holdout is None else try_candidates(fitted, holdout, earlier=earlier), holdout)


def fit_candidates(customers: Customers) -> tuple[Candidate, ...]:
    """Fit the candidates on the customers that the chosen one is to describe.

    Raises
    ------
    NotEnoughData
        Not even the NBD can be fitted; its reason says why.
    """
    # Arrays leave the interpreter's lock while they are computed, and one candidate takes as long as all others.
    with ThreadPoolExecutor(max_workers=2) as pool:
        fitted = tuple(pool.map(lambda name: _fit(name, customers), CANDIDATES))
    if not any(candidate.model for candidate in fitted):
        raise NotEnoughData(fitted[0].reason or Reason("no_model", mark("No purchase model could be fitted.")))
    return fitted


def leader_of(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate that will be picked whatever a test says; None where the AIC leaves that to the test."""
    ties = _ties(candidates)
    return ties[0] if len(ties) == 1 else None


def try_candidates(
    candidates: Sequence[Candidate], holdout: Holdout, *, earlier: Customers | None = None
) -> tuple[Candidate, ...]:
    """Return the candidates with how well they foretold what then happened.

    With `earlier` (see `choose`) each is fitted on those customers for the test.
    """
    if not len(holdout.purchases):
        return tuple(candidates)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return tuple(pool.map(lambda candidate: _tried(candidate, holdout, earlier), candidates))


def pick(candidates: Sequence[Candidate], holdout: Holdout | None = None) -> Choice:
    """Pick one of the fitted candidates, which have been tried where there is a `holdout`, and say why."""
    baselines = (
        {name: errors(forecast, holdout.purchases) for name, forecast in holdout.baselines.items()} if holdout else {}
    )
    chosen, why = _pick(candidates)
    return Choice(chosen.name, tuple(candidates), baselines, (why, _against_naive(chosen, baselines)))


def _fit(name: str, customers: Customers) -> Candidate:
    try:
        model = CANDIDATES[name]().fit_customers(customers)
    except RetentionError as error:
        return Candidate(name, None, error.reason)
    return Candidate(name, model, model.boundary)


def _tried(candidate: Candidate, holdout: Holdout, earlier: Customers | None) -> Candidate:
    model = candidate.model if earlier is None else _fit(candidate.name, earlier).model
    if model is None:
        return candidate
    forecast = model.expected_purchases(holdout.horizon)
    return dataclasses.replace(candidate, tested=model, errors=errors(forecast, holdout.purchases))


def _ties(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that stand, within two points of the lowest AIC, lowest first."""
    by_aic = sorted((candidate for candidate in candidates if candidate.stands), key=_aic)
    return [candidate for candidate in by_aic if _aic(candidate) - _aic(by_aic[0]) <= AIC_TIE]


def _pick(candidates: Sequence[Candidate]) -> tuple[Candidate, Reason]:
    standing = [c for c in candidates if c.stands]
    by_aic = sorted(standing, key=_aic)
    best, ties = by_aic[0], _ties(candidates)
    if len(standing) == 1:
        return best, Reason(
            "only_one_stands",
            mark("{name} is used: the other candidates add nothing to it or could not be fitted on these customers."),
            {"name": best.name},
        )
    if len(ties) > 1 and all(c.errors for c in ties):
        chosen = min(ties, key=lambda c: c.errors.mae if c.errors else np.inf)
        return chosen, Reason(
            "smaller_backtest_error",
            mark(
                "{name} is used: {ties} are within two points of AIC, and of these its backtest error is the "
                "smallest ({mae:.4f} purchases per customer)."
            ),
            {
                "name": chosen.name,
                "ties": ", ".join(c.name for c in ties),
                "mae": chosen.errors.mae if chosen.errors else 0,
            },
        )
    return best, Reason(
        "lowest_aic",
        mark("{name} is used: its AIC of {aic:.1f} is {lead:.1f} points below the next, {next}."),
        {"name": best.name, "aic": _aic(best), "lead": _aic(by_aic[1]) - _aic(best), "next": by_aic[1].name},
    )


def _aic(candidate: Candidate) -> float:
    return float(candidate.model.aic) if candidate.model else float("inf")


def _against_naive(chosen: Candidate, baselines: Mapping[str, Errors]) -> Reason:
    if chosen.errors is None or not baselines:
        return Reason("no_backtest", mark("The history is too short to test it on what then happened."))
    name, naive = min(baselines.items(), key=lambda item: item[1].mae)
    values = {
        "actual": chosen.errors.actual,
        "predicted": chosen.errors.predicted,
        "mae": chosen.errors.mae,
        "naive": BASELINES.get(name, name),
        "naive_mae": naive.mae,
    }
    if chosen.errors.mae <= naive.mae:
        return Reason(
            "beats_naive",
            mark(
                "Tested on what then happened, it foretold {predicted:.0f} purchases where {actual:.0f} came, and "
                "erred by {mae:.3f} per customer where the best naive forecast ({naive}) erred by {naive_mae:.3f}."
            ),
            values,
        )
    return Reason(
        "naive_is_closer",
        mark(
            "Tested on what then happened, it foretold {predicted:.0f} purchases where {actual:.0f} came; "
            "per customer a naive forecast ({naive}) was closer, {naive_mae:.3f} against {mae:.3f}."
        ),
        values,
    )
