"""Read orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max, Min, QuerySet

from regulars.customers import queries as customers
from regulars.customers.contracts import Count, Customer
from regulars.customers.searching import Found, query_words
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.orders.contracts import CustomerFacts, Order, OrderHead, Product
from regulars.orders.in_full import head_of, orders_of
from regulars.orders.models import Channel as ChannelRow
from regulars.orders.models import CustomerFacts as FactsRow
from regulars.orders.models import Location as LocationRow
from regulars.orders.models import Order as OrderRow
from regulars.orders.models import Product as ProductRow
from regulars.orders.statements import rows_of

# Shorter beginnings of numbers fit half of all orders, and say nothing.
SHORTEST_NUMBER = 3
MOST_BY_NUMBER = 200


class NoSuchOrder(DomainError):
    """No order has this id."""

    code = "no_such_order"


class NoSuchProduct(DomainError):
    """No product has this number."""

    code = "no_such_product"


def find_customer_facts(customer_id: UUID) -> CustomerFacts | None:
    """Return what a customer's orders come to, or None where there has been none."""
    return map_customer_facts([customer_id]).get(customer_id)


def map_customer_facts(customer_ids: Collection[UUID]) -> dict[UUID, CustomerFacts]:
    """Return what the orders of some customers come to; those who never ordered are left out."""
    return {row.customer_id: facts_of(row) for row in FactsRow.objects.filter(customer_id__in=customer_ids)}


def facts_of(row: FactsRow) -> CustomerFacts:
    """Return the contract of a row of facts."""
    return CustomerFacts(
        customer_id=row.customer_id,
        orders=row.orders,
        revenue_minor=row.revenue_minor,
        returned_minor=row.returned_minor,
        first_ordered_at=row.first_ordered_at,
        last_ordered_at=row.last_ordered_at,
        unconverted_orders=row.unconverted_orders,
        average_minor=row.average_minor,
    )


def list_orders_of(customer_ids: Sequence[UUID], *, limit: int) -> list[OrderHead]:
    """Return the orders of a customer under all of its ids, the latest first."""
    rows = OrderRow.objects.select_related("channel").filter(customer_id__in=customer_ids).order_by("-placed_at")
    return [head_of(row) for row in rows[:limit]]


def get_order(order_id: UUID) -> Order:
    """Return an order in full.

    Raises
    ------
    NoSuchOrder
        There is none.
    """
    found = orders_of(OrderRow.objects.filter(id=order_id))
    if not found:
        raise NoSuchOrder(gettext("There is no such order."))
    return found[0]


def list_orders_by_id(order_ids: Collection[UUID]) -> list[Order]:
    """Return orders in full; those that are not kept are left out."""
    return orders_of(OrderRow.objects.filter(id__in=order_ids).order_by("id"))


def list_orders_in_full(
    *, limit: int, after: UUID | None, until: UUID, source: str | None = None, since: datetime | None = None
) -> list[Order]:
    """Return orders in full by id, which is in the order in which they came, between two ids; placed since a moment."""
    rows = OrderRow.objects.filter(id__lt=until, **_bounds(after=after, source=source, since=since))
    return orders_of(rows.order_by("id")[:limit])


def count_orders(*, until: UUID, source: str | None = None, since: datetime | None = None) -> int:
    """Return how many orders `list_orders_in_full` would list."""
    return OrderRow.objects.filter(id__lt=until, **_bounds(source=source, since=since)).count()


def map_orders(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Order]:
    """Return the orders under some sources' numbers, by source and number; those that are not kept are left out."""
    sources, numbers = {source for source, _ in keys}, {number for _, number in keys}
    rows = OrderRow.objects.filter(source__in=sources, external_id__in=numbers)
    found = {(each.head.source, each.head.external_id): each for each in orders_of(rows)}
    return {key: found[key] for key in keys if key in found}


def _bounds(
    *, after: UUID | None = None, source: str | None = None, since: datetime | None = None
) -> dict[str, UUID | str | datetime]:
    told = {"id__gt": after, "source": source, "placed_at__gte": since}
    return {name: value for name, value in told.items() if value is not None}


def get_order_by_key(source: str, external_id: str) -> Order:
    """Return the order that a source knows under its number.

    Raises
    ------
    NoSuchOrder
        There is none.
    """
    found = OrderRow.objects.filter(source=source, external_id=external_id).values_list("id", flat=True).first()
    if found is None:
        raise NoSuchOrder(gettext("There is no such order."))
    return get_order(found)


def list_orders(
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    customer_ids: Sequence[UUID] | None = None,
    since: datetime | None = None,
) -> list[OrderHead]:
    """Return orders, the latest first, those placed at the same time by id; after a moment and id in that order."""
    rows = OrderRow.objects.select_related("channel").order_by("-placed_at", "id")
    if customer_ids is not None:
        rows = rows.filter(customer_id__in=customer_ids)
    if since is not None:
        rows = rows.filter(placed_at__gte=since)
    if before is not None:
        moment, identity = before
        # The first condition alone bounds the walk along the index.
        rows = rows.filter(placed_at__lte=moment).exclude(placed_at=moment, id__lte=identity)
    return [head_of(row) for row in rows[:limit]]


def get_product(source: str, external_id: str) -> Product:
    """Return the product that a source knows under its number.

    Raises
    ------
    NoSuchProduct
        There is none.
    """
    row = ProductRow.objects.select_related("category").filter(source=source, external_id=external_id).first()
    if row is None:
        raise NoSuchProduct(gettext("There is no such product."))
    return product_of(row)


def map_products(product_ids: Collection[UUID]) -> dict[UUID, Product]:
    """Return some products by their ids; ids that are none's are left out."""
    rows = ProductRow.objects.select_related("category").filter(id__in=product_ids)
    return {row.id: product_of(row) for row in rows}


def map_product_ids(source: str, external_ids: Collection[str]) -> dict[str, UUID]:
    """Return the ids of the products that a source knows under some numbers."""
    rows = ProductRow.objects.filter(source=source, external_id__in=external_ids)
    return dict(rows.values_list("external_id", "id"))


def name_products(external_ids: Collection[str]) -> dict[str, str]:
    """Return what products are called by their numbers, whichever source has them; where two disagree, neither."""
    rows = ProductRow.objects.filter(external_id__in=external_ids).exclude(name="").values("external_id")
    told = rows.annotate(first=Min("name"), last=Max("name")).filter(first=F("last"))
    return dict(told.values_list("external_id", "first"))


def list_products(
    *,
    limit: int,
    after: tuple[str, str] | None = None,
    source: str | None = None,
    since: datetime | None = None,
) -> list[Product]:
    """Return products by source and number, after a place in that order; those that have changed since a moment."""
    rows = _products(source, since).select_related("category").order_by("source", "external_id")
    if after is not None:
        rows = rows.filter(source__gte=after[0]).exclude(source=after[0], external_id__lte=after[1])
    return [product_of(row) for row in rows[:limit]]


def count_products(*, source: str | None = None, since: datetime | None = None) -> int:
    """Return how many products `list_products` would list."""
    return _products(source, since).count()


def _products(source: str | None, since: datetime | None) -> QuerySet[ProductRow]:
    rows = ProductRow.objects.all()
    if source is not None:
        rows = rows.filter(source=source)
    return rows if since is None else rows.filter(updated_at__gte=since)


def product_of(row: ProductRow) -> Product:
    """Return the contract of a product's row."""
    return Product(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        name=row.name,
        category=row.category.name if row.category else "",
        updated_at=row.updated_at,
    )


def list_channels() -> dict[str, str]:
    """Return the channels by which orders have come, by code, with their names; a name may be empty."""
    return dict(ChannelRow.objects.order_by("code").values_list("code", "name"))


def list_locations() -> dict[str, str]:
    """Return where orders have been taken, by code, with names; a name may be empty."""
    return dict(LocationRow.objects.order_by("code").values_list("code", "name"))


def search_customers(text: str, *, limit: int, offset: int = 0) -> tuple[list[Customer], Count]:
    """Return the customers that a search finds by name, identifier or an order's number, and how many there are."""
    found = find_customers(text)
    return customers.list_customers(found.ids[offset : offset + limit]), found.count


def find_customers(text: str) -> Found:
    """Return the ids of the customers that `search_customers` finds, at most a thousand, and how many there are."""
    wanted = query_words(text)
    also = {word: _customers_by_number(word) for word in wanted if is_number(word)}
    whole = "".join(wanted)
    named = _customers_by_number(whole) if len(wanted) > 1 and is_number(whole) else []
    return customers.find_customers(text, also=also, named=named)


def is_number(word: str) -> bool:
    """Tell whether a word may be the beginning of an order's number: long enough, and with a digit in it."""
    return len(word) >= SHORTEST_NUMBER and any(character.isdigit() for character in word)


def _customers_by_number(beginning: str) -> list[UUID]:
    rows = rows_of("find_customers_by_number", {"beginning": beginning, "most": MOST_BY_NUMBER})
    survivors = customers.map_survivors([identity for (identity,) in rows])
    return list(dict.fromkeys(survivors.values()))


def is_first_order(customer_ids: Sequence[UUID], placed_at: datetime, order_id: UUID | None = None) -> bool:
    """Tell whether somebody, under all of its ids, placed no other order before a moment; cancelled ones are none."""
    earliest = map_earliest(customer_ids)
    return is_before_all(placed_at, order_id, [each for found in earliest.values() for each in found])


def map_earliest(customer_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, datetime]]]:
    """Return of each id the first two orders under it that were not cancelled, and when they were placed.

    With two of them, `is_before_all` can tell of any order whether it is the first.
    """
    found: dict[UUID, list[tuple[UUID, datetime]]] = {each: [] for each in customer_ids}
    for customer_id, order_id, placed_at in rows_of("earliest", {"customers": list(found)}) if found else ():
        found[customer_id].append((order_id, placed_at))
    return found


def is_before_all(placed_at: datetime, order_id: UUID | None, earliest: Collection[tuple[UUID, datetime]]) -> bool:
    """Tell whether no other of the earliest orders was placed before a moment."""
    return not any(other != order_id and moment < placed_at for other, moment in earliest)
