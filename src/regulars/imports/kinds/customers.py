"""Files of customers: columns become identifiers, a profile and traits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from ibis.backends.duckdb import Backend

from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.customers.queries import list_traits
from regulars.customers.services import put_customers
from regulars.imports.contracts import Item, Recognised, Refusal
from regulars.imports.kinds.columns import pick_fields
from regulars.imports.kinds.listings import plain_cells, recognised_of, refused_alone
from regulars.imports.kinds.protocol import Became, Outcome, Reading, Wanted
from regulars.intake.contracts import Role
from regulars.intake.fields import OF_PEOPLE, Field
from regulars.intake.listing import Listing, read_listing
from regulars.intake.names import normalise
from regulars.kit.i18n import gettext
from regulars.stream.contracts import Actor
from retention.reasons import mark

_BECAME = {
    "created": Became.IMPORTED,
    "updated": Became.UPDATED,
    "unchanged": Became.UNCHANGED,
    "refused": Became.REFUSED,
}
_IDENTIFIERS = {
    Field.ID: IdentifierKind.EXTERNAL_ID,
    Field.EMAIL: IdentifierKind.EMAIL,
    Field.PHONE: IdentifierKind.PHONE,
    Field.CARD: IdentifierKind.CARD,
}
_TEXTS = tuple(field for field in OF_PEOPLE if field not in _IDENTIFIERS and field is not Field.BIRTHDAY)
_YES = frozenset({"1", "true", "yes", "y", "ja", "j", "x", "wahr"})
_NO = frozenset({"0", "false", "no", "n", "nein", "falsch"})
REASONS: Mapping[str, str] = {"nobody_named": mark("No number, e-mail address, phone or card tells who this is.")}
_BAD_BIRTHDAY = mark("The birthday cannot be read as a day.")
_BAD_TRAIT = mark("{column} holds {value}, which cannot be read.")


class CustomersKind:
    """Customers, one row each."""

    def read(self, wanted: Wanted, *, first_rows: int | None = None, connection: Backend) -> Reading:
        """Read a file of customers."""
        traits = {trait.key: trait for trait in list_traits()}
        wishes = pick_fields(wanted.mapping.columns, (Field.ID, *OF_PEOPLE), [f"traits.{key}" for key in traits])
        listing = read_listing(
            wanted.path,
            wanted.settings(),
            id_role=Role.CUSTOMER,
            fields=OF_PEOPLE,
            wishes=wishes,
            first_rows=first_rows,
            connection=connection,
        )
        return CustomersReading(listing, wanted, _trait_columns(listing, traits, wanted.mapping.columns))

    def put(self, items: Sequence[Item], *, source: str, now: datetime, actor: Actor) -> list[Outcome]:
        """Put the customers."""
        people = [cast("Person", item.state) for item in items]
        return [
            Outcome(became=_BECAME[result.outcome], code=result.code, message=result.message)
            for result in put_customers(people=people, source=source, now=now, actor=actor)
        ]


def _trait_columns(listing: Listing, traits: Mapping[str, Trait], wishes: Mapping[str, str]) -> dict[str, Trait]:
    """Return the trait that each column tells: as the user says, else by its name, where it is nothing else.

    An empty wish says that no column tells it.
    """
    found = {}
    free = set(listing.columns) - set(listing.fields.values())
    for key, trait in traits.items():
        wish = wishes.get(f"traits.{key}")
        if wish == "":
            continue
        names = {normalise(wish)} if wish else {normalise(key), normalise(trait.label)}
        column = next((name for name in listing.columns if name in free and normalise(name) in names), None)
        if column is not None:
            found[column] = trait
    return found


@dataclass(frozen=True, slots=True)
class CustomersReading:
    """A file of customers that has been read."""

    listing: Listing
    wanted: Wanted
    traits: Mapping[str, Trait]

    @property
    def recognised(self) -> Recognised:
        """How the file was understood."""
        return recognised_of(self.listing, {f"traits.{trait.key}": name for name, trait in self.traits.items()})

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.listing.rows

    def iter_refused(self) -> Iterator[Refusal]:
        """Yield nothing: each row is judged as an item."""
        yield from ()

    def iter_items(self, *, after: int) -> Iterator[Item]:
        """Yield the people, row by row."""
        for row, malformed, cells in self.listing.iter_rows(after=after):
            if malformed:
                yield refused_alone(row, "unreadable_row")
                continue
            try:
                person = self._person(plain_cells(cells))
                if not person.identifiers:
                    yield refused_alone(row, "nobody_named", REASONS)
                    continue
                yield Item(place=row, rows=[row], state=person)
            except ValueError as error:
                yield Item(
                    place=row, rows=[row], state=None, refused=[Refusal(row=row, code="bad_value", message=str(error))]
                )

    def moments(self) -> Sequence[datetime]:
        """Return none: what happens to customers happens now."""
        return []

    def _person(self, cells: Mapping[str, str | None]) -> Person:
        told = {field: cells[column] for field, column in self.listing.fields.items() if cells[column]}
        profile: dict[str, Any] = {field.value: told[field] for field in _TEXTS if field in told}
        if birthday := told.get(Field.BIRTHDAY):
            profile["birthday"] = _day(birthday)
        traits = {trait.key: _value(trait, name, text) for name, trait in self.traits.items() if (text := cells[name])}
        identifiers = [
            Identifier(kind, cast("str", told[field]), self.wanted.source if field is Field.ID else "")
            for field, kind in _IDENTIFIERS.items()
            if field in told
        ]
        return Person(identifiers=identifiers, profile=Profile(**profile, traits=traits))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(gettext(_BAD_BIRTHDAY)) from None


def _value(trait: Trait, column: str, text: str) -> Any:
    """Return a cell as a trait's value; customers judge whether it may be."""
    match trait.kind:
        case TraitKind.NUMBER:
            try:
                return float(text.replace(",", "."))
            except ValueError:
                raise ValueError(gettext(_BAD_TRAIT).format(column=column, value=repr(text[:40]))) from None
        case TraitKind.BOOLEAN:
            word = text.casefold()
            if word not in _YES | _NO:
                raise ValueError(gettext(_BAD_TRAIT).format(column=column, value=repr(text[:40])))
            return word in _YES
        case TraitKind.CHOICES:
            return [part.strip() for part in text.replace("|", ",").replace(";", ",").split(",") if part.strip()]
        case _:
            return text
