"""What the last run that succeeded found, as the pages on insights show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from regulars.insights import queries as insights
from regulars.insights.contracts import RfmMap, Run, RunState, SectionJson, ValueSpread
from regulars.report.contracts import Report
from regulars.report.json_form import from_json

# A section is kept in memory as long as its run is the last one: it never changes.
_RUNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The last run that succeeded, and its report."""

    run: Run
    report: Report

    def section(self, name: str) -> SectionJson | None:
        """Return a further analysis of this run; None where it was made before there was such a one."""
        return _section_of(self.run.id, name)

    @property
    def rfm_map(self) -> RfmMap | None:
        """The RFM map with its flows; None where the run was made before there was one."""
        return _rfm_map_of(self.run.id)

    @property
    def value_spread(self) -> ValueSpread | None:
        """How value and risk are spread; None where the run was made before it said so."""
        return _value_spread_of(self.run.id)


def find_latest() -> Latest | None:
    """Return what the last run that succeeded found; None before the first."""
    run = insights.find_latest_run(state=RunState.SUCCEEDED)
    report = None if run is None else report_of(run.id)
    return None if run is None or report is None else Latest(run=run, report=report)


@lru_cache(maxsize=_RUNS)
def report_of(run_id: UUID) -> Report | None:
    """Return the report of a run; None where it has none."""
    told = insights.find_report(run_id)
    return None if told is None else from_json(told)


@lru_cache(maxsize=8 * _RUNS)
def _section_of(run_id: UUID, name: str) -> SectionJson | None:
    return insights.find_section(run_id, name)


@lru_cache(maxsize=_RUNS)
def _rfm_map_of(run_id: UUID) -> RfmMap | None:
    return insights.find_rfm_map(run_id)


@lru_cache(maxsize=_RUNS)
def _value_spread_of(run_id: UUID) -> ValueSpread | None:
    return insights.find_value_spread(run_id)
