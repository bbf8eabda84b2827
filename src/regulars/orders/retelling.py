"""Tell whether an order told by a file says anything that is not kept. A file has no place for all of an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from regulars.business.queries import get_business
from regulars.customers.contracts import Customer
from regulars.customers.identifiers import normalise
from regulars.customers.queries import list_customers, map_survivors
from regulars.customers.resolving import FIELDS
from regulars.orders.contracts import Buyer, LineState, Order, OrderState, ReturnState
from regulars.orders.queries import map_orders


def find_told_already(orders: Sequence[OrderState]) -> set[int]:
    """Return which of the orders, by their place, say no more than is kept of them."""
    kept = map_orders({(order.source, order.external_id) for order in orders})
    survivors = map_survivors({each.head.customer_id for each in kept.values() if each.head.customer_id})
    customers = {customer.id: customer for customer in list_customers(sorted(set(survivors.values())))}
    country = get_business().country
    told = set()
    for number, order in enumerate(orders):
        before = kept.get((order.source, order.external_id))
        if before is None:
            continue
        customer_id = before.head.customer_id
        customer = customers.get(survivors[customer_id]) if customer_id else None
        if says_nothing_new(order, before) and _names_nobody_new(order.buyer, customer, country):
            told.add(number)
    return told


def says_nothing_new(told: OrderState, kept: Order) -> bool:
    """Tell whether what a file can say of an order is kept so; of its buyer nothing is asked."""
    head = kept.head
    return (
        (told.placed_at, told.currency, told.total_minor) == (head.placed_at, head.currency, head.total_minor)
        and (told.cancelled_at is None) == (head.cancelled_at is None)
        and told.channel in {"", head.channel}
        and told.location in {"", kept.location}
        and _goods(told.lines) == _goods(kept.lines)
        and [line.total_minor for line in told.lines] in (shares_minor(kept), [line.total_minor for line in kept.lines])
        and _renames_nothing(told.lines, kept.lines)
        and (head.cancelled_at is not None or _came_back(told.returns) == _came_back(kept.returns))
    )


def shares_minor(order: Order) -> list[int]:
    """Return the share of each line in what the order came to, its part in shipping, discounts and tax included.

    They come to the order's total exactly; what rounding leaves stays with the largest line.
    """
    total = order.head.total_minor
    weights = [max(line.total_minor, 0) for line in order.lines]
    if not any(weights):
        return [total, *[0] * (len(weights) - 1)]
    shares = [total * weight // sum(weights) for weight in weights]
    shares[weights.index(max(weights))] += total - sum(shares)
    return shares


def _goods(lines: Sequence[LineState]) -> list[tuple[str, Decimal]]:
    return [(line.product.external_id, line.quantity) for line in lines]


def _renames_nothing(told: Sequence[LineState], kept: Sequence[LineState]) -> bool:
    return all(
        line.product.name in {"", before.product.name} and line.product.category in {"", before.product.category}
        for line, before in zip(told, kept, strict=True)
    )


def _came_back(returns: Sequence[ReturnState]) -> dict[datetime, int]:
    """Return what came back in money, by moment: that is what rows of a file tell."""
    amounts: Counter[datetime] = Counter()
    for each in returns:
        amounts[each.returned_at] += each.shipping_minor + sum(line.amount_minor for line in each.lines)
    return {moment: amount for moment, amount in amounts.items() if amount}


def _names_nobody_new(buyer: Buyer | None, customer: Customer | None, country: str) -> bool:
    """Tell whether the customer goes by each of these names, and the profile fills nothing that is empty."""
    if buyer is None:
        return True
    told = {found for each in buyer.identifiers if (found := normalise(each, country))}
    if customer is None:
        return not told
    return told <= set(customer.identifiers) and all(
        getattr(customer, name) for name in FIELDS if getattr(buyer.profile, name)
    )
