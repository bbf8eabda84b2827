"""Traits on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from regulars.customers.contracts import Trait, TraitKind
from regulars.faces.api.schemas.wire import In, Out, Text
from regulars.kit.classification import Classification


class TraitIn(In):
    """What a trait is to be: what its values are, and how closely they touch a person."""

    kind: TraitKind
    label: Text = ""
    description: Annotated[str, Field(max_length=2_000)] = ""
    classification: Literal["none", "personal", "sensitive"] = "personal"
    choices: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(max_length=500)] = ()

    def contract(self, key: str) -> Trait:
        """Return what services take."""
        return Trait(
            key=key,
            kind=self.kind,
            label=self.label,
            description=self.description,
            classification=Classification(self.classification),
            choices=self.choices,
        )


class TraitOut(Out):
    """Something that this business keeps of its customers beyond the usual."""

    key: str
    kind: TraitKind
    label: str
    description: str
    classification: Classification
    choices: list[str]


class TraitsOut(Out):
    """The traits by key."""

    items: list[TraitOut]
