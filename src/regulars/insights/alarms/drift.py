"""Alarms about the models: the customers, or what is foretold of them, are no longer what they were at runs before.

A run is held against the last one, and against one of about four weeks before: what changes a little each night is no
change from the last one, however far it goes.

The population stability index of two spreads over the same classes is Σ (a − e) · ln(a / e), with a the shares now and
e those before. By custom 0.1 is worth a look and 0.25 a change of the population (Siddiqi 2006). Two samples of n and m
out of one population differ by (1/n + 1/m) times a chi-squared variable of as many degrees of freedom as there are
classes but one (Yurdakul and Naranjo 2020): what that exceeds once in a thousand times is chance, and no alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from regulars.insights.contracts import Alarm, Severity
from regulars.insights.scoring import cuts_of
from retention.reasons import Reason, mark

WORTH_A_LOOK, CHANGED = 0.1, 0.25
BY_CHANCE = 0.999
# How many times the error of the last run's backtest is worth a look, and how many are a worse model.
ERROR_GREW, ERROR_GREW_MUCH = 1.25, 1.5
# A class that nobody was in is taken to have had this share, or its logarithm would not exist.
_LEAST_SHARE = 1e-4

Floats = NDArray[np.float64]
Spread = Mapping[str, Any]
"""`backtest_mae`, and of each of the `measures` its `cuts`, the `shares` between them, and of how many `customers`."""
Spreads = Mapping[str, Spread]
"""That of the `last` run, and of an `earlier` one with its `as_of`, as `queries.find_spreads` returns them."""


def spread_of(
    values: Mapping[str, Floats], boundaries: Mapping[str, Sequence[int]], backtest_mae: float | None
) -> Spread:
    """Return how a run's customers are spread, for the next run to be held against.

    Scores are spread over their own tenths, what RFM is made of over the classes that `boundaries` cut.
    """
    measures = {}
    for name, all_values in values.items():
        known = all_values[np.isfinite(all_values)]
        cuts = np.asarray(boundaries[name], np.float64) if name in boundaries else cuts_of(known)
        measures[name] = {"cuts": cuts.tolist(), "shares": _shares(known, cuts).tolist(), "customers": len(known)}
    return {"measures": measures, "backtest_mae": backtest_mae}


def hold_against(values: Mapping[str, Floats], backtest_mae: float | None, *, before: Spreads) -> list[Alarm]:
    """Hold a run against the last one and against an earlier one: each alarm once, as the graver one has it."""
    last, earlier = before.get("last", {}), before.get("earlier", {})
    found = {alarm.code: alarm for alarm in judge_drift(values, backtest_mae, before=last)}
    if earlier:
        day = date.fromisoformat(earlier["as_of"])
        for alarm in judge_drift(values, backtest_mae, before=earlier, day=day):
            known = found.get(alarm.code)
            if known is None or (known.severity, alarm.severity) == (Severity.NOTICE, Severity.WARNING):
                found[alarm.code] = alarm
    return list(found.values())


def judge_drift(
    values: Mapping[str, Floats], backtest_mae: float | None, *, before: Spread, day: date | None = None
) -> list[Alarm]:
    """Hold a run against the spread of the last one; or of one of a `day`, which its alarms then name."""
    found = [
        alarm
        for name, was in before.get("measures", {}).items()
        if name in values
        for alarm in _drifted(name, values[name], was, day)
    ]
    return [*found, *_error_grew(backtest_mae, before.get("backtest_mae"), day)]


def stability_index(now: Floats, before: Floats) -> float:
    """Return the population stability index of two spreads over the same classes, each of shares that add up to 1."""
    a, e = np.maximum(now, _LEAST_SHARE), np.maximum(before, _LEAST_SHARE)
    return float(((a - e) * np.log(a / e)).sum())


def _drifted(name: str, values: Floats, was: Mapping[str, Any], day: date | None) -> Iterator[Alarm]:
    known = values[np.isfinite(values)]
    if not len(known) or not was["customers"]:
        return
    shares = np.asarray(was["shares"], np.float64)
    index = stability_index(_shares(known, np.asarray(was["cuts"], np.float64)), shares)
    chance = float(chi2.ppf(BY_CHANCE, len(shares) - 1)) * (1 / len(known) + 1 / was["customers"])
    if index <= max(WORTH_A_LOOK, chance):
        return
    severity = Severity.WARNING if index > CHANGED else Severity.NOTICE
    figures = {"index": index, "customers": len(known), "customers_before": was["customers"]}
    yield Alarm(
        code=f"{name}_drifted",
        severity=severity,
        reason=_against(f"{name}_drifted", _WORDS[name], figures, day),
        figures=figures,
    )


# What is said of a run that is held against the last one, and against one of a day.
_WORDS = {
    "risk": (
        mark("The risk is spread otherwise than at the last run (stability index {index:.2f})."),
        mark("The risk is spread otherwise than at the run of {day} (stability index {index:.2f})."),
    ),
    "clv": (
        mark("The customer lifetime value is spread otherwise than at the last run (stability index {index:.2f})."),
        mark("The customer lifetime value is spread otherwise than at the run of {day} (stability index {index:.2f})."),
    ),
    "recency": (
        mark("When customers last bought is spread otherwise than at the last run (stability index {index:.2f})."),
        mark("When customers last bought is spread otherwise than at the run of {day} (stability index {index:.2f})."),
    ),
    "frequency": (
        mark("How often customers buy is spread otherwise than at the last run (stability index {index:.2f})."),
        mark("How often customers buy is spread otherwise than at the run of {day} (stability index {index:.2f})."),
    ),
    "monetary": (
        mark("What customers have brought is spread otherwise than at the last run (stability index {index:.2f})."),
        mark("What customers have brought is spread otherwise than at the run of {day} (stability index {index:.2f})."),
    ),
}
_ERROR_WORDS = (
    mark(
        "In its backtest the purchase model errs by {error:.3f} orders per customer, last time by {error_before:.3f}."
    ),
    mark(
        "In its backtest the purchase model errs by {error:.3f} orders per customer,"
        " at the run of {day} by {error_before:.3f}."
    ),
)


def _error_grew(now: float | None, before: float | None, day: date | None) -> Iterator[Alarm]:
    if now is None or not before or now / before <= ERROR_GREW:
        return
    figures = {"error": now, "error_before": before}
    yield Alarm(
        code="backtest_error_grew",
        severity=Severity.WARNING if now / before > ERROR_GREW_MUCH else Severity.NOTICE,
        reason=_against("backtest_error_grew", _ERROR_WORDS, figures, day),
        figures=figures,
    )


def _against(code: str, words: tuple[str, str], figures: Mapping[str, float], day: date | None) -> Reason:
    """Return in which words a run is held against the last one, or against that of a day."""
    at_last_run, at_run_of_day = words
    return Reason(code, at_last_run, figures) if day is None else Reason(code, at_run_of_day, {**figures, "day": day})


def _shares(values: Floats, cuts: Floats) -> Floats:
    """Return the shares of values between ascending cuts; a value belongs to the first that it does not exceed."""
    classes = np.bincount(np.searchsorted(cuts, values, side="left"), minlength=len(cuts) + 1)
    return np.asarray(classes / max(len(values), 1), dtype=np.float64)
