"""Jobs of orders."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.orders import services
from regulars.stream.contracts import system


@app.task(name="orders.convert")
def convert_orders(currencies: list[str]) -> None:
    """Convert the orders in some currencies that waited for a rate; done again from the beginning after a kill."""
    after = services.convert_orders(currencies=currencies, after=None, now=timezone.now(), actor=system("rates"))
    while after:
        after = services.convert_orders(currencies=currencies, after=after, now=timezone.now(), actor=system("rates"))
