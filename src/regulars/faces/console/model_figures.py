"""The model card of a run in full: the forecasts of its test, all models with their parameters, the risk's test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regulars.faces.console.figures import define
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.contracts import Backtest, Baseline, Candidate, Report, Risk
from regulars.report.definitions import DEFINITIONS
from regulars.report.page.names import driver_name, model_meaning, symbol
from regulars.report.wording import exists, plain, say, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A forecast of the backtest beside the others; `error` between 0 and 1 is the bar's length."""

    name: str
    definition: str
    total: str
    error: str
    share: float
    correlation: str
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A fitted model in words."""

    name: str
    meaning: str
    params: Sequence[tuple[str, str, str]]
    draws: str
    log_likelihood: str
    aic: str
    error: str
    standing: str
    tone: str
    reason: str


def forecasts_of(report: Report) -> list[Forecast]:
    """Return the forecasts of the backtest: ours first, then the naive ones."""
    backtest = report.backtest
    if backtest is None:
        return []
    naive = _naive(backtest)
    ours = Baseline(predicted=backtest.predicted, mae=backtest.mae, correlation=backtest.correlation)
    worst = max((each.mae for each in (ours, *naive.values()) if exists(each.mae)), default=0.0)
    name = report.models.purchase.chosen or gettext("This forecast")
    rows = [_forecast(name, "", ours, worst, is_ours=True)]
    return rows + [_forecast("", term, baseline, worst, is_ours=False) for term, baseline in naive.items()]


def _naive(backtest: Backtest) -> Mapping[str, Baseline]:
    all_of_them = {
        "own_rate": backtest.baselines.own_rate,
        "last_period": backtest.baselines.last_period,
        "seasonal": backtest.baselines.seasonal,
    }
    return {name: each for name, each in all_of_them.items() if each is not None}


def _forecast(name: str, term: str, told: Baseline, worst: float, *, is_ours: bool) -> Forecast:
    return Forecast(
        name=gettext(DEFINITIONS[term].term) if term else name,
        definition=define(term) if term else "",
        total=formats.number(told.predicted),
        error=formats.number(told.mae, 3),
        share=told.mae / worst if worst and exists(told.mae) else 0.0,
        correlation=formats.number(told.correlation, 3),
        is_ours=is_ours,
    )


def models_of(report: Report) -> list[ModelRow]:
    """Return the fitted models of purchases, with what they were found to be."""
    return [_model(each, report) for each in report.models.purchase.candidates]


def _model(told: Candidate, report: Report) -> ModelRow:
    is_chosen = told.name == report.models.purchase.chosen
    standing, tone = (gettext("chosen"), "good") if is_chosen else ("", "")
    if not is_chosen and told.boundary:
        standing, tone = gettext("on a boundary"), "attention"
    return ModelRow(
        name=told.name,
        meaning=model_meaning(told.name),
        params=[(symbol(name), plain(value), _range(told, name)) for name, value in told.params.items()],
        draws=formats.number(told.effective_sample_size) if told.low and exists(told.effective_sample_size) else "",
        log_likelihood=formats.number(told.log_likelihood, 1),
        aic=formats.number(told.aic, 1),
        error=formats.number(told.backtest_error, 3),
        standing=standing,
        tone=tone,
        reason=say(told.reason, report.meta.currency) if told.reason else "",
    )


def _range(told: Candidate, name: str) -> str:
    if name not in told.low or name not in told.high:
        return ""
    return gettext("{low} to {high}").format(low=plain(told.low[name]), high=plain(told.high[name]))


def facts_of(report: Report) -> list[tuple[str, str, Sequence[tuple[str, str]]]]:
    """Return the rest of the card in full, each with its name, what it is, and its figures."""
    spend, meta = report.models.spend, report.meta
    spent = [(symbol(name), plain(value)) for name, value in spend.params.items()]
    if spent:
        spent.append((gettext("Log-likelihood"), formats.number(spend.log_likelihood, 1)))
    no_spend = say(spend.reason, meta.currency) if spend.reason else ""
    meaning = gettext("The mean value of a customer’s purchases, learned from those who came back")
    asked = [
        (gettext("Report’s day"), formats.day(meta.as_of)),
        (gettext("Horizon"), span(meta.horizon_days)),
        (gettext("A purchase is all of a customer’s"), gettext("week") if meta.grain == "week" else gettext("day")),
        (gettext("Margin"), formats.percent(meta.margin)),
        (gettext("Currency"), meta.currency or gettext("not stated")),
    ]
    return [
        (gettext("Model of spend: gamma-gamma"), no_spend or meaning, spent),
        (gettext("The risk estimate"), "", _risk_facts(report.risk)),
        (gettext("What drives the risk"), gettext("AUC it adds"), _drivers(report.risk)),
        (gettext("What was asked"), "", asked),
    ]


def _risk_facts(risk: Risk | None) -> list[tuple[str, str]]:
    if risk is None:
        return []
    lift = f"{formats.number(risk.lift_top_tenth, 2)} ×" if exists(risk.lift_top_tenth) else formats.MISSING
    return [
        (gettext("Share that placed no order"), formats.percent(risk.base_rate, 1)),
        (gettext("AUC"), formats.number(risk.auc, 3)),
        (gettext("AUC of ranking by recency alone"), formats.number(risk.auc_recency, 3)),
        (gettext("Brier score"), formats.number(risk.brier, 3)),
        (gettext("Lift of the riskiest tenth"), lift),
    ]


def _drivers(risk: Risk | None) -> list[tuple[str, str]]:
    return [(driver_name(each.name), formats.number(each.importance, 3)) for each in risk.drivers] if risk else []
