"""Keep what is sold, as orders and the catalogue tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.orders.contracts import ProductState
from regulars.orders.statements import rows_of

Key = tuple[str, str]


def put_products(told: Iterable[tuple[str, ProductState]], *, now: datetime) -> dict[Key, UUID]:
    """Add products, or rename them, and return their ids by source and number; what is not told stays as it is."""
    wanted: dict[Key, ProductState] = {}
    for source, product in told:
        key = (source, product.external_id)
        wanted[key] = told_over(wanted.get(key), product)
    if not wanted:
        return {}
    found = rows_of(
        "find_products",
        {"sources": [source for source, _ in wanted], "external_ids": [number for _, number in wanted]},
    )
    kept = {(source, number): (identity, name, category) for source, number, identity, name, category in found}
    ids = {key: identity for key, (identity, _, _) in kept.items()}
    changed = {key: product for key, product in wanted.items() if _differs(product, kept.get(key))}
    if changed:
        ids.update(_put(changed, now=now))
    return ids


def told_over(before: ProductState | None, told: ProductState) -> ProductState:
    """Return what is known of a product after it was told; what is not told stays."""
    if before is None:
        return told
    return ProductState(
        external_id=told.external_id, name=told.name or before.name, category=told.category or before.category
    )


def find_products(source: str, external_ids: Iterable[str]) -> dict[str, ProductState]:
    """Return what is kept of a source's products, by number; those that are not kept are left out."""
    wanted = sorted(set(external_ids))
    found = rows_of("find_products", {"sources": [source] * len(wanted), "external_ids": wanted})
    return {
        number: ProductState(external_id=number, name=name, category=category) for _, number, _, name, category in found
    }


def _differs(product: ProductState, kept: tuple[UUID, str, str] | None) -> bool:
    if kept is None:
        return True
    _, name, category = kept
    return bool((product.name and product.name != name) or (product.category and product.category != category))


def _put(changed: dict[Key, ProductState], *, now: datetime) -> dict[Key, UUID]:
    categories = sorted({product.category for product in changed.values() if product.category})
    if categories:
        rows_of("put_categories", {"names": categories})
    rows = rows_of(
        "put_products",
        {
            "now": now,
            "ids": [new_id() for _ in changed],
            "sources": [source for source, _ in changed],
            "external_ids": [number for _, number in changed],
            "names": [product.name for product in changed.values()],
            "categories": [product.category for product in changed.values()],
        },
    )
    return {(source, number): identity for source, number, identity in rows}
