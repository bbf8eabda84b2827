"""The subscriptions of this installation; `config/subscriptions.py` is the whole list, and installs it here."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.stream.contracts import Subscription

_installed: dict[str, Subscription] = {}


class NoSuchSubscription(DomainError):
    """No subscription has this name."""

    code = "no_such_subscription"


def install(subscriptions: Sequence[Subscription]) -> None:
    """Make `subscriptions` the ones that are served."""
    _installed.clear()
    _installed.update({subscription.name: subscription for subscription in subscriptions})


def subscriptions() -> Sequence[Subscription]:
    """Return the installed subscriptions, in the order in which they are served."""
    return list(_installed.values())


def get_subscription(name: str) -> Subscription:
    """Return the subscription `name`.

    Raises
    ------
    NoSuchSubscription
        There is none.
    """
    try:
        return _installed[name]
    except KeyError:
        raise NoSuchSubscription(gettext("There is no subscription {name}.").format(name=name)) from None
