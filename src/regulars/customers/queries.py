"""Read customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from regulars.customers.contracts import Customer, Identifier, IdentifierKind
from regulars.customers.models import Alias
from regulars.customers.models import Customer as CustomerRow
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


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
    survivor = get_survivor(customer_id)
    row = CustomerRow.objects.prefetch_related("identifiers").filter(id=survivor).first()
    if row is None:
        raise NoSuchCustomer(gettext("There is no such customer."))
    return customer_of(row)


def get_survivor(customer_id: UUID) -> UUID:
    """Return the id that an id leads to after merges; itself where it was never merged."""
    alias = Alias.objects.filter(customer_id=customer_id).values_list("survivor_id", flat=True).first()
    return alias or customer_id


def list_ids_of(customer_id: UUID) -> list[UUID]:
    """Return all ids under which a customer has been known: its own, and those that lead to it."""
    return [customer_id, *Alias.objects.filter(survivor_id=customer_id).values_list("customer_id", flat=True)]


def map_survivors(customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return where each of some ids leads."""
    aliases = dict(Alias.objects.filter(customer_id__in=customer_ids).values_list("customer_id", "survivor_id"))
    return {each: aliases.get(each, each) for each in customer_ids}


def list_customers(customer_ids: Sequence[UUID]) -> list[Customer]:
    """Return some customers in the order of their ids as given."""
    rows = CustomerRow.objects.prefetch_related("identifiers").in_bulk(list(customer_ids))
    return [customer_of(rows[each]) for each in customer_ids if each in rows]


def list_newest_customers(*, limit: int) -> list[Customer]:
    """Return the customers that came last."""
    rows = CustomerRow.objects.prefetch_related("identifiers").order_by("-created_at", "id")
    return [customer_of(row) for row in rows[:limit]]


def customer_of(row: CustomerRow) -> Customer:
    """Return the contract of a customer's row, whose identifiers have been fetched."""
    weight = list(IdentifierKind)
    identifiers = sorted(row.identifiers.all(), key=lambda each: (weight.index(IdentifierKind(each.kind)), each.id))
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
        identifiers=[Identifier(IdentifierKind(each.kind), each.value, each.source) for each in identifiers],
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
