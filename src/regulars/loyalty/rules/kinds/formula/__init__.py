"""Points by an expression over numbers and numeric facts; of lines, for each one that counts, and added up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from regulars.loyalty.definitions.document.common import MOST_POINTS
from regulars.loyalty.definitions.document.rules import Formula
from regulars.loyalty.rules.contracts import Reason, Refusal
from regulars.loyalty.rules.kinds.formula.expression import DividedByZero, UnknownFact, read_formula
from regulars.loyalty.rules.sight import About, Amounts, Ready, Scene, Sight


@dataclass(frozen=True, slots=True)
class _Formula:
    is_multiplied = False
    can_be_multiplied = True

    def prepare(self, grant: Formula, about: About) -> Ready:
        expression = read_formula(grant.expression, about.catalogue)

        def of_line(scene: Scene, line: int | None) -> Fraction:
            found = expression.value(lambda name: scene.number_of(name, line))
            return min(max(found, Fraction(0)), Fraction(MOST_POINTS))

        def weigh(sight: Sight) -> Amounts | Refusal:
            try:
                return _weighed(sight, of_line)
            except UnknownFact as unknown:
                return Refusal(Reason.FACT_UNKNOWN, {"fact": unknown.name})
            except DividedByZero:
                return Refusal(Reason.NOTHING_TO_COUNT, {"counted": "formula", "divided_by": 0})

        return Ready(weigh=weigh, facts=expression.facts)


def _weighed(sight: Sight, of_line: Callable[[Scene, int | None], Fraction]) -> Amounts | Refusal:
    if sight.lines is None:
        total = of_line(sight.scene, None)
        found = Amounts(total=total, weights={part.number: part.after.gross for part in sight.goods})
    else:
        by_line = {part.number: of_line(sight.scene, part.number) for part in sight.goods}
        found = Amounts(total=sum(by_line.values(), Fraction(0)), weights=by_line, is_by_part=True)
    return found if found.total else Refusal(Reason.NOTHING_TO_COUNT, {"counted": "formula"})


FORMULA = _Formula()
