"""The runs that score all customers, and what they found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Insights(Resource):
    """Runs of the science, and how scores came about."""

    def score(self, *, idempotency_key: str | None = None) -> shapes.Run:
        """Have all customers scored in the background."""
        return cast("shapes.Run", self._caller.write("POST", "insights/runs", idempotency_key=idempotency_key))

    def runs(self, *, page_size: int = 50) -> Iterator[shapes.Run]:
        """Return the runs, the latest first."""
        return self._each("insights/runs", {"limit": page_size})

    def run(self, run_id: str) -> shapes.Run:
        """Return a run."""
        return cast("shapes.Run", self._caller.get(f"insights/runs/{run_id}"))

    def report(self, run_id: str) -> dict[str, Any]:
        """Return all that a run found, as `regulars report --json` writes it."""
        return cast("dict[str, Any]", self._caller.get(f"insights/runs/{run_id}/report")["report"])

    def cohorts(self, *, period: str | None = None, by: str | None = None) -> shapes.Cohorts:
        """Return who comes back, as the last run found it: of all customers, or by an attribute."""
        asked = {"period": period, "by": by}
        query = {name: value for name, value in asked.items() if value is not None}
        return cast("shapes.Cohorts", self._caller.get("insights/cohorts", query))

    def rfm_map(self) -> shapes.RfmMap:
        """Return the customers of the last run by their scores, and how they went between segments in four weeks."""
        return cast("shapes.RfmMap", self._caller.get("insights/rfm-map"))

    def at_risk(self, *, page_size: int = 50) -> Iterator[shapes.CustomerAtRisk]:
        """Return the customers at risk of leaving, those with the most revenue at stake first."""
        return self._each("insights/at-risk", {"limit": page_size})

    def products(self) -> dict[str, Any]:
        """Return what the last run found of products: which bring customers back, what is bought together and next."""
        return cast("dict[str, Any]", self._caller.get("insights/products"))

    def changes(self, customer_id: str) -> Sequence[shapes.ScoreChange]:
        """Return how a customer's segment and tenths changed, the latest first."""
        answer = self._caller.get(f"customers/{customer_id}/scores/changes")
        return cast("Sequence[shapes.ScoreChange]", answer["items"])

    def metrics(self) -> Sequence[shapes.Metric]:
        """Return the metrics of the business over time, as the last run told them."""
        return cast("Sequence[shapes.Metric]", self._caller.get("insights/metrics")["items"])

    def attention(self) -> Sequence[shapes.Attention]:
        """Return what needs somebody, as the last run found it."""
        return cast("Sequence[shapes.Attention]", self._caller.get("insights/attention")["items"])

    def set_target(self, metric: str, value: float | None, *, window_days: int = 0) -> None:
        """Set what a metric is wanted to be, of windows of so many days (0: of none); None takes it away."""
        self._caller.write("PUT", f"insights/targets/{metric}/{window_days}", {"value": value})
