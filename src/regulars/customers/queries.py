"""Read customers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from regulars.business.queries import get_business
from regulars.customers.contracts import (
    Count,
    Customer,
    Identifier,
    IdentifierKind,
    Merge,
    Note,
    Trait,
    TraitKind,
)
from regulars.customers.identifiers import WEIGHT, normalise
from regulars.customers.models import Alias
from regulars.customers.models import Customer as CustomerRow
from regulars.customers.models import Identifier as IdentifierRow
from regulars.customers.models import Merge as MergeRow
from regulars.customers.models import Note as NoteRow
from regulars.customers.models import Trait as TraitRow
from regulars.customers.searching import Found, find
from regulars.customers.statements import rows_of
from regulars.kit.classification import Classification, may_see
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

EXACT_TO = 10_000


class NoSuchCustomer(DomainError):
    """No customer has this id."""

    code = "no_such_customer"


def get_customer(customer_id: UUID) -> Customer:
    """Return the customer that an id leads to.

    Raises
    ------
    NoSuchCustomer
        It leads to nobody.
    """
    found = list_customers([get_survivor(customer_id)])
    if not found:
        raise NoSuchCustomer(gettext("There is no such customer."))
    return found[0]


def find_by_identifier(identifier: Identifier) -> UUID | None:
    """Return the customer whom an identifier names, led to its survivor, or None."""
    kept = normalise(identifier, get_business().country)
    if kept is None:
        return None
    rows = rows_of("find_identifiers", {"kinds": [kept.kind], "values": [kept.value], "sources": [kept.source]})
    return rows[0][2] if rows else None


def get_by_identifier(identifier: Identifier) -> UUID:
    """Return the customer whom an identifier names, led to its survivor.

    Raises
    ------
    NoSuchCustomer
        It names nobody.
    """
    found = find_by_identifier(identifier)
    if found is None:
        raise NoSuchCustomer(gettext("There is no such customer."))
    return found


def get_survivor(customer_id: UUID) -> UUID:
    """Return the id that an id leads to after merges; itself where it was never merged."""
    return map_survivors([customer_id])[customer_id]


def list_ids_of(customer_id: UUID) -> list[UUID]:
    """Return all ids under which a customer has been known: its own, and those that lead to it."""
    return map_ids_of([customer_id])[customer_id]


def map_ids_of(customer_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return of each of some customers all ids under which it has been known: its own, and those that lead to it."""
    found = {each: [each] for each in customer_ids}
    for survivor_id, customer_id in rows_of("aliases", {"ids": list(found)}) if found else ():
        found[survivor_id].append(customer_id)
    return found


def map_survivors(customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return where each of some ids leads."""
    aliases: dict[UUID, UUID] = dict(rows_of("survivors", {"ids": list(customer_ids)})) if customer_ids else {}
    return {each: aliases.get(each, each) for each in customer_ids}


def list_customers(customer_ids: Sequence[UUID]) -> list[Customer]:
    """Return some customers in the order of their ids as given, with the identifiers of all that lead to them."""
    rows = CustomerRow.objects.in_bulk(list(customer_ids))
    identifiers = identifiers_of(rows)
    return [customer_of(rows[each], identifiers[each]) for each in customer_ids if each in rows]


def list_newest_customers(*, limit: int, before: tuple[datetime, UUID] | None = None) -> list[Customer]:
    """Return the customers that came last, before a moment and id in that order."""
    before_at, before_id = before or (None, None)
    rows = rows_of("newest", {"before_at": before_at, "before_id": before_id, "limit": limit})
    return list_customers([identity for identity, _ in rows])


def list_customers_by_id(
    *, limit: int, after: UUID | None, until: UUID, source: str | None = None, since: datetime | None = None
) -> list[Customer]:
    """Return customers by id, which is in the order in which they came, between two ids; without those merged.

    Where a `source` is given, those whom it knows by a number; those that have changed `since` a moment.
    """
    told = {"after": after, "until": until, "source": source, "since": since, "limit": limit}
    return list_customers([identity for (identity,) in rows_of("by_id", told)])


def count_customers_by_id(*, until: UUID, source: str | None = None, since: datetime | None = None) -> int:
    """Return how many customers `list_customers_by_id` would list."""
    [(count,)] = rows_of("count_by_id", {"until": until, "source": source, "since": since})
    return int(count)


def count_customers() -> Count:
    """Return how many customers there are: exactly to 10,000, beyond that as the planner estimates."""
    exact = CustomerRow.objects.all()[: EXACT_TO + 1].count()
    if exact <= EXACT_TO:
        return Count(exact - min(exact, Alias.objects.all()[: EXACT_TO + 1].count()), is_exact=True)
    [(estimate,)] = rows_of("estimate_customers")
    return Count(max(estimate, exact), is_exact=False)


def search_customers(
    text: str,
    *,
    limit: int,
    offset: int = 0,
    also: Mapping[str, Sequence[UUID]] | None = None,
    named: Sequence[UUID] = (),
) -> tuple[list[Customer], Count]:
    """Return the customers that a search finds, the newest first, and how many there are.

    Each word is the beginning of a word of the name or an identifier; case and accents do not matter. `also` names for
    a word those customers for whom it is the beginning of something that another feature knows; `named` are those
    whom the text as a whole names there; all by the ids that others lead to.
    """
    found = find_customers(text, also=also, named=named)
    return list_customers(found.ids[offset : offset + limit]), found.count


def find_customers(text: str, *, also: Mapping[str, Sequence[UUID]] | None = None, named: Sequence[UUID] = ()) -> Found:
    """Return the ids of the customers that `search_customers` finds, at most a thousand, and how many there are."""
    return find(text, also or {}, named)


def list_notes(
    customer_id: UUID, *, limit: int | None = None, before: tuple[datetime, UUID] | None = None
) -> list[Note]:
    """Return the notes on a customer under all of its ids, the latest first, before a moment and id in that order."""
    rows = NoteRow.objects.filter(customer_id__in=list_ids_of(customer_id)).order_by("-created_at", "-id")
    if before is not None:
        moment, identity = before
        rows = rows.filter(created_at__lte=moment).exclude(created_at=moment, id__gte=identity)
    return [note_of(row) for row in rows[:limit]]


def list_traits() -> list[Trait]:
    """Return what this business keeps beyond the usual, by key."""
    return [trait_of(row) for row in TraitRow.objects.order_by("key")]


def list_seen_traits(*, sees_sensitive: bool) -> list[Trait]:
    """Return the traits whose values somebody may see, by key."""
    return [each for each in list_traits() if may_see(each.classification, sees_sensitive=sees_sensitive)]


def as_seen(found: Sequence[Customer], *, sees_sensitive: bool) -> list[Customer]:
    """Return customers as somebody may see them; of a trait that is not kept any more nobody knows what it was."""
    if sees_sensitive:
        return list(found)
    seen = {trait.key for trait in list_seen_traits(sees_sensitive=False)}
    return [replace(each, traits={key: value for key, value in each.traits.items() if key in seen}) for each in found]


def list_merges(customer_id: UUID) -> list[Merge]:
    """Return the merges into a customer that stand, the latest first."""
    rows = MergeRow.objects.select_related("merged").filter(survivor_id=customer_id, undone_at=None)
    return [merge_of(row) for row in rows.order_by("-merged_at")]


def list_all_merges(*, limit: int, before: UUID | None = None) -> list[Merge]:
    """Return merges of all customers, the latest first, those that were undone too; before an id in that order."""
    rows = MergeRow.objects.select_related("merged").order_by("-id")
    return [merge_of(row) for row in (rows.filter(id__lt=before) if before else rows)[:limit]]


def list_tags() -> list[str]:
    """Return the tags that are in use among the customers that came last."""
    newest = CustomerRow.objects.exclude(tags=[]).order_by("-updated_at").values_list("tags", flat=True)[:EXACT_TO]
    return sorted({tag for tags in newest for tag in tags})


def identifiers_of(customer_ids: Iterable[UUID]) -> dict[UUID, list[Identifier]]:
    """Return the identifiers of some customers and of those that lead to them, the weightiest first."""
    survivors = {each: each for each in customer_ids}
    survivors |= dict(Alias.objects.filter(survivor_id__in=survivors).values_list("customer_id", "survivor_id"))
    found: dict[UUID, list[IdentifierRow]] = {each: [] for each in survivors.values()}
    for row in IdentifierRow.objects.filter(customer_id__in=survivors):
        found[survivors[row.customer_id]].append(row)
    return {
        customer: [
            identifier_of(row) for row in sorted(rows, key=lambda row: (WEIGHT[IdentifierKind(row.kind)], row.id))
        ]
        for customer, rows in found.items()
    }


def identifier_of(row: IdentifierRow) -> Identifier:
    """Return the contract of an identifier's row."""
    return Identifier(IdentifierKind(row.kind), row.value, row.source)


def customer_of(row: CustomerRow, identifiers: Sequence[Identifier]) -> Customer:
    """Return the contract of a customer's row."""
    return Customer(
        id=row.id,
        name=row.name,
        given_name=row.given_name,
        family_name=row.family_name,
        birthday=row.birthday,
        language=row.language,
        country=row.country,
        city=row.city,
        postcode=row.postcode,
        traits=row.traits,
        tags=row.tags,
        identifiers=identifiers,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def trait_of(row: TraitRow) -> Trait:
    """Return the contract of a trait's row."""
    return Trait(
        key=row.key,
        kind=TraitKind(row.kind),
        label=row.label,
        description=row.description,
        classification=Classification(row.classification),
        choices=row.choices,
    )


def note_of(row: NoteRow) -> Note:
    """Return the contract of a note's row."""
    return Note(
        id=row.id,
        customer_id=row.customer_id,
        text=row.text,
        author=row.author,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def merge_of(row: MergeRow) -> Merge:
    """Return the contract of a merge's row."""
    return Merge(
        id=row.id,
        survivor_id=row.survivor_id,
        merged_id=row.merged_id,
        merged_label=row.merged.name or str(row.merged_id)[-8:],
        merged_at=row.merged_at,
        merged_by=row.merged_by,
        undone_at=row.undone_at,
    )
