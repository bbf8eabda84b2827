"""What can be asked, by noun. Lists are iterators that fetch page after page as one goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast
from urllib.parse import quote

from regulars.client import shapes
from regulars.client.calling import Caller


class Resource:
    """The base of resources."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def _each(self, path: str, parameters: dict[str, Any]) -> Iterator[Any]:
        """Return the items of all pages."""
        cursor = None
        while True:
            page = self._caller.get(path, {**parameters, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return


def _key(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


class Orders(Resource):
    """Orders, put in full state."""

    def put(
        self, source: str, external_id: str, order: shapes.Order, *, idempotency_key: str | None = None
    ) -> shapes.OrderPut:
        """Keep the full state of an order."""
        path = f"orders/{_key(source, external_id)}"
        return cast("shapes.OrderPut", self._caller.write("PUT", path, order, idempotency_key=idempotency_key))

    def put_many(self, orders: Sequence[shapes.Order], *, idempotency_key: str | None = None) -> list[shapes.OrderPut]:
        """Keep up to 500 orders, each with its `source` and `external_id`; return what became of each."""
        body = {"orders": list(orders)}
        answer = self._caller.write("POST", "orders/bulk", body, idempotency_key=idempotency_key)
        return cast("list[shapes.OrderPut]", answer["items"])

    def get(self, source: str, external_id: str) -> dict[str, Any]:
        """Return an order in full."""
        return cast("dict[str, Any]", self._caller.get(f"orders/{_key(source, external_id)}"))

    def list(
        self, *, customer_id: str | None = None, since: str | None = None, page_size: int = 100
    ) -> Iterator[shapes.OrderHead]:
        """Return orders, the latest first."""
        return self._each("orders", {"customer_id": customer_id, "since": since, "limit": page_size})


class Customers(Resource):
    """Customers, found by any of their identifiers."""

    def put(
        self, person: shapes.Person, *, source: str = "api", idempotency_key: str | None = None
    ) -> shapes.CustomerPut:
        """Find or add a customer, and keep what is told; see `put_many`."""
        return self.put_many([person], source=source, idempotency_key=idempotency_key)[0]

    def put_many(
        self, people: Sequence[shapes.Person], *, source: str = "api", idempotency_key: str | None = None
    ) -> list[shapes.CustomerPut]:
        """Find or add up to 500 customers, and keep what is told; return what became of each."""
        body = {"customers": list(people), "source": source}
        answer = self._caller.write("POST", "customers/bulk", body, idempotency_key=idempotency_key)
        return cast("list[shapes.CustomerPut]", answer["items"])

    def change(
        self, customer_id: str, profile: shapes.Profile, *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Change some fields; return which changed."""
        path = f"customers/{customer_id}"
        return cast("dict[str, Any]", self._caller.write("PATCH", path, profile, idempotency_key=idempotency_key))

    def get(self, customer_id: str) -> shapes.Customer:
        """Return a customer; after a merge, the one that the id leads to."""
        return cast("shapes.Customer", self._caller.get(f"customers/{customer_id}"))

    def find(
        self, *, email: str | None = None, phone: str | None = None, external_id: str | None = None, source: str = ""
    ) -> shapes.Customer | None:
        """Return the customer with an identifier, or None."""
        told = {"email": email, "phone": phone, "external_id": external_id, "source": source or None}
        items = self._caller.get("customers", told)["items"]
        return cast("shapes.Customer", items[0]) if items else None

    def list(self, *, page_size: int = 100) -> Iterator[shapes.Customer]:
        """Return customers, the newest first."""
        return self._each("customers", {"limit": page_size})

    def events(
        self,
        customer_id: str,
        *,
        type: str | None = None,  # noqa: A002  # The wire's name.
        page_size: int = 100,
    ) -> Iterator[shapes.Event]:
        """Return a customer's timeline, the latest first."""
        return self._each(f"customers/{customer_id}/events", {"type": type, "limit": page_size})


class Products(Resource):
    """What is sold."""

    def put(self, source: str, product: shapes.Product, *, idempotency_key: str | None = None) -> shapes.ProductPut:
        """Keep a product."""
        path = f"products/{_key(source, product['external_id'])}"
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
        return cast("shapes.KeptProduct", self._caller.get(f"products/{_key(source, external_id)}"))

    def list(self, *, source: str | None = None, page_size: int = 100) -> Iterator[shapes.KeptProduct]:
        """Return products by source and number."""
        return self._each("products", {"source": source, "limit": page_size})


class Events(Resource):
    """Events of one's own."""

    def append(  # What an event is made of.
        self,
        type: str,  # noqa: A002  # The wire's name.
        *,
        occurred_at: str,
        customer_id: str | None = None,
        identifiers: Sequence[shapes.Identifier] = (),
        source: str = "api",
        key: str | None = None,
        payload: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.EventPut:
        """Append an event to a customer's timeline; the second with the same `key` is not kept."""
        body = {
            "type": type,
            "occurred_at": occurred_at,
            "customer_id": customer_id,
            "identifiers": list(identifiers),
            "source": source,
            "key": key,
            "payload": payload or {},
        }
        return cast("shapes.EventPut", self._caller.write("POST", "events", body, idempotency_key=idempotency_key))


class Business(Resource):
    """The business, its shops and rates."""

    def get(self) -> shapes.BusinessSettings:
        """Return the business."""
        return cast("shapes.BusinessSettings", self._caller.get("business"))

    def change(self, *, idempotency_key: str | None = None, **settings: str) -> shapes.BusinessSettings:
        """Change settings, as `name="Corner Café"`."""
        answer = self._caller.write("PATCH", "business", settings, idempotency_key=idempotency_key)
        return cast("shapes.BusinessSettings", answer)

    def shops(self) -> list[dict[str, Any]]:
        """Return the shops."""
        return cast("list[dict[str, Any]]", self._caller.get("shops")["items"])

    def rates(self, currency: str | None = None) -> list[shapes.Rate]:
        """Return the exchange rates."""
        return cast("list[shapes.Rate]", self._caller.get("rates", {"currency": currency})["items"])

    def put_rates(self, rates: Sequence[shapes.Rate], *, idempotency_key: str | None = None) -> int:
        """Keep exchange rates; return how many."""
        answer = self._caller.write("PUT", "rates", {"rates": list(rates)}, idempotency_key=idempotency_key)
        return cast("int", answer["kept"])


class DeadLetters(Resource):
    """Events that could not be delivered."""

    def list(self, *, page_size: int = 100) -> Iterator[shapes.DeadLetter]:
        """Return dead letters in the order in which they arose."""
        return self._each("dead-letters", {"limit": page_size})

    def retry(self, letter: shapes.DeadLetter) -> bool:
        """Hand a letter over again; tell whether it was taken."""
        path = f"subscriptions/{_key(letter['subscription'])}/dead-letters/{letter['id']}/retry"
        return cast("bool", self._caller.write("POST", path)["taken"])
