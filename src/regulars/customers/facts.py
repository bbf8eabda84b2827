"""What is known of a customer by the profile; what a business keeps beyond the usual stands under `traits`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from regulars.customers.contracts import TraitKind
from regulars.customers.models import Trait as TraitRow
from regulars.facts.contracts import Fact, FactType, Ground, Row, Since, Unit
from regulars.facts.flips import next_midnight
from regulars.kit.classification import Classification
from regulars.kit.i18n import mark

PROFILE = Row("customers_customer", "id")
GROUND = Ground(customers=PROFILE, aliases="customers_alias", events="stream_event")
CHANGED_BY = frozenset({"customer.created", "customer.changed", "customer.merged", "customer.unmerged"})
_profile = partial(Fact, source=PROFILE, changed_by=CHANGED_BY)
# An order of before the first that was known says that somebody has been a customer for longer.
_joined = partial(Fact, source=PROFILE, changed_by=CHANGED_BY | {"order.placed", "order.changed"})


def _text(name: str, label: str, description: str) -> Fact:
    return _profile(
        name=f"profile.{name}",
        type=FactType.TEXT,
        label=label,
        description=description,
        column=f"customer.{name}",
        blank_is_missing=True,
    )


def _has(kind: str, label: str, description: str) -> Fact:
    return _profile(
        name=f"profile.has_{kind}",
        type=FactType.BOOLEAN,
        label=label,
        description=description,
        column=f"('{kind}' = ANY(customer.identifier_kinds))",
    )


FACTS: Sequence[Fact] = (
    _text("country", mark("Country"), mark("The country of the address, as its two letters: AT.")),
    _text("language", mark("Language"), mark("The language in which the customer is spoken to, as its letters: de.")),
    _text("city", mark("City"), mark("The city of the address.")),
    _text("postcode", mark("Postcode"), mark("The postcode of the address.")),
    _profile(
        name="profile.birthday",
        type=FactType.DAY,
        label=mark("Birthday"),
        description=mark("The day of birth; its anniversary comes each year."),
        column="customer.birthday",
        is_yearly=True,
    ),
    _profile(
        name="profile.age",
        type=FactType.INTEGER,
        unit=Unit.YEARS,
        label=mark("Age"),
        description=mark("Full years since the day of birth."),
        column="customer.birthday",
        counts=Since.YEARS,
        flips_at=next_midnight,
    ),
    _joined(
        name="profile.since",
        type=FactType.MOMENT,
        label=mark("Customer since"),
        description=mark("The first moment of business that is known, as that of the first order."),
        column="customer.created_at",
        is_yearly=True,
        is_indexed=True,
    ),
    _joined(
        name="profile.days_since_joining",
        type=FactType.INTEGER,
        unit=Unit.DAYS,
        label=mark("Days since joining"),
        description=mark("Days since the customer became one."),
        column="customer.created_at",
        counts=Since.DAYS,
        flips_at=next_midnight,
    ),
    _profile(
        name="profile.tags",
        type=FactType.TEXTS,
        label=mark("Tags"),
        description=mark("What the staff or a program has tagged the customer with."),
        column="customer.tags",
    ),
    _has("email", mark("Has an e-mail address"), mark("Whether an e-mail address of the customer is known.")),
    _has("phone", mark("Has a phone number"), mark("Whether a phone number of the customer is known.")),
    _has("card", mark("Has a card"), mark("Whether the customer has a card of the business.")),
)

_TYPES: Mapping[str, tuple[FactType, str]] = {
    TraitKind.TEXT: (FactType.TEXT, "(customer.traits ->> {key})"),
    TraitKind.CHOICE: (FactType.CHOICE, "(customer.traits ->> {key})"),
    TraitKind.NUMBER: (
        FactType.NUMBER,
        "(CASE WHEN jsonb_typeof(customer.traits -> {key}) = 'number' THEN (customer.traits ->> {key})::numeric END)",
    ),
    TraitKind.BOOLEAN: (
        FactType.BOOLEAN,
        "(CASE WHEN jsonb_typeof(customer.traits -> {key}) = 'boolean' THEN (customer.traits ->> {key})::boolean END)",
    ),
    # Whoever keeps a trait has looked at its day; what is none would be no day here.
    TraitKind.DATE: (
        FactType.DAY,
        "(CASE WHEN customer.traits ->> {key} ~ '^\\d{{4}}-\\d\\d-\\d\\d$' THEN (customer.traits ->> {key})::date END)",
    ),
    TraitKind.CHOICES: (
        FactType.TEXTS,
        "(CASE WHEN jsonb_typeof(customer.traits -> {key}) = 'array'"
        " THEN ARRAY(SELECT jsonb_array_elements_text(customer.traits -> {key})) END)",
    ),
}


def trait_facts() -> list[Fact]:
    """Return the facts that the business's own traits are."""
    return [_trait_fact(row) for row in TraitRow.objects.order_by("key")]


def _trait_fact(row: TraitRow) -> Fact:
    kind, column = _TYPES[row.kind]
    return _profile(
        name=f"traits.{row.key}",
        type=kind,
        label=row.label,
        description=row.description,
        column=column,
        key=row.key,
        classification=Classification(row.classification),
        choices={choice: choice for choice in row.choices} if kind is FactType.CHOICE else {},
        blank_is_missing=kind is FactType.TEXT,
    )
