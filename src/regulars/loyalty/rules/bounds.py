"""Caps and budgets: what of a grant fits in what is left of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from regulars.loyalty.definitions.document.common import Period
from regulars.loyalty.definitions.document.currencies import PointCurrency
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import CapScope, Measured, Rule
from regulars.loyalty.rules.contracts import BoundUse, Reason, Refusal

Headroom = Mapping[str, Decimal | int]
"""By the key of a bound what is left of it: points, or money in major units of the reporting currency."""

_SCOPES = (CapScope.TRANSACTION, CapScope.MEMBER, CapScope.RULE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A cap of a rule, or a budget of several; `cost` is what a point counts: 1, or its cost where it is in money.

    `scope` is None for a budget. The caller reads by it and `period` what has been used.
    """

    key: str
    rule: str
    scope: CapScope | None
    period: Period
    limit: Decimal
    cost: Decimal
    over: Literal["cut", "refuse"]

    @property
    def reason(self) -> Reason:
        """Why a rule grants nothing for which it has no room."""
        return Reason.BUDGET_REACHED if self.scope is None else Reason.CAP_REACHED

    def fits(self, points: int, left: Decimal) -> int:
        """Return how many of the points fit in what is left."""
        most = max(0, int(Fraction(left) / Fraction(self.cost)))
        if points <= most:
            return points
        return most if self.over == "cut" else 0


def bounds_of(rule: Rule, program: Program, reporting: str) -> list[Bound]:
    """Return the bounds of a rule in the order in which they cut: of a transaction, a member, the rule, budgets.

    Raises
    ------
    LookupError
        A bound is in money, and the rule's currency has no cost in the reporting currency; or a budget is not declared.
    """
    currency = next(each for each in program.currencies if each.key == rule.currency)
    budgets = {budget.key: budget for budget in program.budgets}
    caps = sorted(enumerate(rule.caps), key=lambda cap: _SCOPES.index(cap[1].scope))
    found = [_bound(f"{rule.key}/cap/{n}", rule, cap, currency, reporting, scope=cap.scope) for n, cap in caps]
    return found + [_bound(f"budget/{key}", rule, budgets[key], currency, reporting) for key in rule.budgets]


def _bound(
    key: str, rule: Rule, measured: Measured, currency: PointCurrency, reporting: str, *, scope: CapScope | None = None
) -> Bound:
    money = measured.money
    return Bound(
        key=key,
        rule=rule.key,
        scope=scope,
        period=measured.period,
        limit=Decimal(measured.points or 0) if money is None else money,
        cost=Decimal(1) if money is None else (currency.cost or {})[reporting],
        over=measured.over,
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """How many points fit, and how each bound was used; or why none are granted."""

    points: int
    uses: Sequence[BoundUse] = ()
    refusal: Refusal | None = None


def fit(points: int, bounds: Sequence[Bound], left: MutableMapping[str, Decimal]) -> Fitted:
    """Return what of a grant fits in all bounds, and take it from what is left of them, which is shared by rules."""
    granted, cuts = points, dict[str, int]()
    for bound in bounds:
        room = left.setdefault(bound.key, bound.limit)
        fitting = bound.fits(granted, room)
        if fitting == 0:
            values = {"bound": bound.key, "left": str(max(room, Decimal(0))), "wanted": granted, "over": bound.over}
            return Fitted(0, refusal=Refusal(bound.reason, values))
        cuts[bound.key] = granted - fitting
        granted = fitting
    return Fitted(granted, list(_taken(granted, bounds, left, cuts)))


def _taken(
    granted: int, bounds: Iterable[Bound], left: MutableMapping[str, Decimal], cuts: Mapping[str, int]
) -> Iterator[BoundUse]:
    for bound in bounds:
        room, used = left[bound.key], granted * bound.cost
        # A cap of one transaction has all its room again for the next.
        left[bound.key] = room - used
        yield BoundUse(bound=bound.key, left=room, used=used, cut_points=cuts[bound.key])
