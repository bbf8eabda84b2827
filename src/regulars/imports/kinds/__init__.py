"""The kinds of files that can be imported. To add one, add a module like these and a line to `kind_of`.

What reads files is large. It is loaded when a file is read, and not by each process that serves pages.
"""

from __future__ import annotations

from functools import cache

from regulars.imports.contracts import ImportKind
from regulars.imports.kinds.protocol import Kind


@cache
def kind_of(kind: ImportKind) -> Kind:
    """Return how files of a kind are read and kept."""
    from regulars.imports.kinds.customers import CustomersKind
    from regulars.imports.kinds.orders import OrdersKind
    from regulars.imports.kinds.products import ProductsKind

    kinds: dict[ImportKind, Kind] = {
        ImportKind.ORDERS: OrdersKind(),
        ImportKind.CUSTOMERS: CustomersKind(),
        ImportKind.PRODUCTS: ProductsKind(),
    }
    return kinds[kind]


__all__ = ["Kind", "kind_of"]
