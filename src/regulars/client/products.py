"""Products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class Products(Resource):
    """What is sold."""

    def put(self, source: str, product: shapes.Product, *, idempotency_key: str | None = None) -> shapes.ProductPut:
        """Keep a product."""
        path = f"products/{key_of(source, product['external_id'])}"
        body = {name: value for name, value in product.items() if name != "external_id"}
        return cast("shapes.ProductPut", self._caller.write("PUT", path, body, idempotency_key=idempotency_key))

    def put_many(
        self, source: str, products: Sequence[shapes.Product], *, idempotency_key: str | None = None
    ) -> list[shapes.ProductPut]:
        """Keep up to 500 products of a source."""
        body = {"source": source, "products": list(products)}
        answer = self._caller.write("POST", "products/bulk", body, idempotency_key=idempotency_key)
        return cast("list[shapes.ProductPut]", answer["items"])

    def get(self, source: str, external_id: str) -> shapes.KeptProduct:
        """Return a product."""
        return cast("shapes.KeptProduct", self._caller.get(f"products/{key_of(source, external_id)}"))

    def list(self, *, source: str | None = None, page_size: int = 100) -> Iterator[shapes.KeptProduct]:
        """Return products by source and number."""
        return self._each("products", {"source": source, "limit": page_size})
