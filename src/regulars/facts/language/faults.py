"""What can be wrong with a condition, and where: the place in the text, and in the tree."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.kit.errors import DomainError


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of a text, from `start` to before `end`."""

    start: int
    end: int


class WrongCondition(DomainError):
    """A condition cannot be meant. `pointer` leads to the place in the tree, `place` to that in the text, if known."""

    code = "wrong_condition"

    def __init__(self, message: str, *, code: str = "", pointer: str = "", place: Place | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.pointer, self.place = pointer, place


# Faults are told anew with their place, and keep but their code.
WITHHELD = "fact_withheld"


class WithheldFact(WrongCondition):
    """A condition, a column or an order asks for a fact that one may not see."""

    code = WITHHELD
