"""How far to trust the forecast: the models, their test, the risk's test, and what was found on the way."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from regulars.report.contracts import (
    Backtest,
    Baseline,
    Baselines,
    Candidate,
    Driver,
    Models,
    PurchaseModels,
    Risk,
    SpendModel,
    WeekOfBacktest,
)
from regulars.report.forecast import Forecast, Tests
from regulars.report.scores import LEVEL
from retention import choose
from retention.backtest import Backtest as Test
from retention.choose import Choice, Errors
from retention.clv import NBD, PurchaseModel
from retention.reasons import Reason, mark

MOST_FREQUENT_SHOWN = 7
DEPENDENT = 0.3
MIN_REPEAT_BUYERS = 30


def models_section(forecast: Forecast, tests: Tests) -> Models:
    """Return the candidates and the one chosen, and the spend model."""
    return Models(purchase=_purchase_models(forecast, tests), spend=_spend_model(forecast))


def _purchase_models(forecast: Forecast, tests: Tests) -> PurchaseModels:
    choice = tests.choice
    if choice is None:
        why = (forecast.no_model,) if forecast.no_model else ()
        return PurchaseModels(chosen=None, why=why, candidates=())
    return PurchaseModels(
        chosen=choice.chosen,
        why=choice.why,
        candidates=tuple(_candidate(candidate) for candidate in choice.candidates),
    )


def _candidate(candidate: choose.Candidate) -> Candidate:
    model = candidate.model
    intervals = model.intervals() if model else {}
    return Candidate(
        name=candidate.name,
        params=model.params if model else {},
        low={symbol: low for symbol, (low, high) in intervals.items() if np.isfinite([low, high]).all()},
        high={symbol: high for symbol, (low, high) in intervals.items() if np.isfinite([low, high]).all()},
        log_likelihood=model.log_likelihood if model else None,
        aic=model.aic if model else None,
        backtest_error=candidate.errors.mae if candidate.errors else None,
        effective_sample_size=_finite(model.effective_sample_size) if model else None,
        boundary=model is not None and model.boundary is not None,
        reason=candidate.reason,
    )


def _spend_model(forecast: Forecast) -> SpendModel:
    spend = forecast.spend
    if spend is None:
        return SpendModel(params={}, log_likelihood=None, reason=forecast.no_spend)
    return SpendModel(params=spend.params, log_likelihood=spend.log_likelihood, reason=spend.boundary)


def backtest_section(tests: Tests) -> Backtest | None:
    """Return what the chosen model foretold at the cut of the test, and what then happened."""
    test, choice = tests.backtest, tests.choice
    if test is None or choice is None or choice.candidate.tested is None or choice.candidate.errors is None:
        return None
    model, errors = choice.candidate.tested, choice.candidate.errors
    return Backtest(
        cut=test.cut,
        until=test.until,
        customers=len(test.ids),
        actual=int(errors.actual),
        predicted=errors.predicted,
        mae=errors.mae,
        correlation=_finite(errors.correlation),
        interval_coverage=_coverage(model, test),
        baselines=_baselines(choice),
        weekly=_weekly(model, test),
        by_frequency=_by_frequency(model, test),
    )


def _baselines(choice: Choice) -> Baselines:
    found = {name: _baseline(errors) for name, errors in choice.baselines.items()}
    return Baselines(own_rate=found["own_rate"], last_period=found["last_period"], seasonal=found.get("seasonal"))


def _baseline(errors: Errors) -> Baseline:
    return Baseline(predicted=errors.predicted, mae=errors.mae, correlation=_finite(errors.correlation))


def _coverage(model: PurchaseModel, test: Test) -> float:
    low, high = model.predictive_interval(test.holdout.horizon, LEVEL)
    actual = test.holdout.purchases
    return float(((low <= actual) & (actual <= high)).mean())


def _weekly(model: PurchaseModel, test: Test) -> tuple[WeekOfBacktest, ...]:
    weeks = len(test.weekly)
    unit_days = test.horizon_days / test.holdout.horizon
    ends = np.minimum(np.arange(1, weeks + 1) * 7, test.horizon_days) / unit_days
    # The sum over customers is the sum over distinct rows, of which there are far fewer.
    rows = test.customers
    by_then = [float(rows.counts @ model.expected_of(rows, end)) for end in ends]
    expected = np.diff(by_then, prepend=0.0)
    first = test.cut + timedelta(days=1)
    return tuple(
        WeekOfBacktest(
            week=first + timedelta(days=7 * week), actual=int(test.weekly[week]), predicted=float(expected[week])
        )
        for week in range(weeks)
    )


def _by_frequency(model: PurchaseModel, test: Test) -> tuple[tuple[int, int, float, float], ...]:
    frequency = test.customers.frequency[test.customers.inverse]
    predicted, actual = model.expected_purchases(test.holdout.horizon), test.holdout.purchases
    groups = np.minimum(frequency, MOST_FREQUENT_SHOWN).astype(int)
    return tuple(
        (int(group), int(among.sum()), float(actual[among].mean()), float(predicted[among].mean()))
        for group in np.unique(groups)
        for among in (groups == group,)
    )


def risk_section(forecast: Forecast, tests: Tests) -> Risk | None:
    """Return how the risk was made and how well it was tested."""
    assessment, tested = forecast.risk, tests.risk
    if assessment is None or tested is None:
        return None
    test = tested.trial
    return Risk(
        method=assessment.method,
        reason=assessment.reason,
        base_rate=test.base_rate if test else None,
        auc=test.auc if test else None,
        brier=test.brier if test else None,
        auc_recency=test.auc_recency if test else None,
        lift_top_tenth=test.lift_top_tenth if test else None,
        drivers=tuple(Driver(name=d.name, importance=d.importance) for d in tested.drivers if d.importance > 0),
        calibration=test.calibration if test else (),
    )


def findings(forecast: Forecast, tests: Tests) -> tuple[Reason, ...]:
    """Return what a careful reader should know before trusting the figures."""
    found = [_collapsed(tests), _risk_no_better(tests), _spend_depends(forecast)]
    return tuple(reason for reason in found if reason)


def _collapsed(tests: Tests) -> Reason | None:
    """Say when dropout cannot be seen in these orders: then the probability of being alive means nothing."""
    choice = tests.choice
    if choice is None or choice.chosen != NBD.name:
        return None
    collapsed = [c.name for c in choice.candidates if c.model is not None and not c.stands]
    if not collapsed:
        return None
    return Reason(
        "dropout_not_seen",
        mark(
            "{models} show no dropout here: these orders do not tell who has left for good. Nobody is ranked by the "
            "probability of being alive."
        ),
        {"models": ", ".join(collapsed)},
    )


def _risk_no_better(tests: Tests) -> Reason | None:
    test = tests.risk.trial if tests.risk else None
    if test is None or test.auc > test.auc_recency:
        return None
    return Reason(
        "risk_no_better",
        mark(
            "On its test the risk ranked no better than days since the last order alone ({auc:.3f} against "
            "{auc_recency:.3f})."
        ),
        {"auc": test.auc, "auc_recency": test.auc_recency},
    )


def _spend_depends(forecast: Forecast) -> Reason | None:
    """Test the spend model's premise that how much does not depend on how often."""
    frequency, spend = forecast.people.column("frequency"), forecast.people.repeat_spend_minor
    repeat = (frequency > 0) & (spend > 0)
    if forecast.spend is None or repeat.sum() < MIN_REPEAT_BUYERS:
        return None
    if np.ptp(frequency[repeat]) == 0 or np.ptp(spend[repeat]) == 0:
        return None
    correlation = float(np.corrcoef(np.log(frequency[repeat]), np.log(spend[repeat]))[0, 1])
    if abs(correlation) < DEPENDENT:
        return None
    direction = Reason("more", mark("more")) if correlation > 0 else Reason("less", mark("less"))
    return Reason(
        "spend_depends_on_frequency",
        mark(
            "Who buys more often spends {direction} per order (correlation {correlation:.2f}); the spend model takes "
            "the two to be independent, so the value of extreme customers is less sure than stated."
        ),
        {"direction": direction, "correlation": correlation},
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
