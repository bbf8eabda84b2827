"""What can be done, and which roles may do it. A key's scopes are the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.permissions import set_perm
from rules.predicates import Predicate, predicate

from regulars.staff.contracts import Role

OWNER, MANAGER, ANALYST, AGENT, TILL = Role.OWNER, Role.MANAGER, Role.ANALYST, Role.AGENT, Role.TILL

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    "customers.read": frozenset({OWNER, MANAGER, ANALYST, AGENT, TILL}),
    "customers.write": frozenset({OWNER, MANAGER, AGENT, TILL}),
    "customers.merge": frozenset({OWNER, MANAGER, AGENT}),
    "customers.export": frozenset({OWNER, MANAGER, ANALYST}),
    "orders.read": frozenset({OWNER, MANAGER, ANALYST, AGENT, TILL}),
    "orders.export": frozenset({OWNER, MANAGER, ANALYST}),
    "orders.write": frozenset({OWNER, MANAGER, TILL}),
    "products.read": frozenset({OWNER, MANAGER, ANALYST, AGENT, TILL}),
    "products.export": frozenset({OWNER, MANAGER, ANALYST}),
    "products.write": frozenset({OWNER, MANAGER}),
    "events.read": frozenset({OWNER, MANAGER, ANALYST, AGENT}),
    "events.export": frozenset({OWNER, MANAGER, ANALYST}),
    "events.write": frozenset({OWNER, MANAGER}),
    "loyalty.read": frozenset({OWNER, MANAGER, ANALYST, AGENT, TILL}),
    "loyalty.write": frozenset({OWNER, MANAGER, AGENT, TILL}),
    "loyalty.adjust": frozenset({OWNER, MANAGER, AGENT}),
    "loyalty.manage": frozenset({OWNER, MANAGER}),
    "insights.read": frozenset({OWNER, MANAGER, ANALYST, AGENT}),
    "insights.run": frozenset({OWNER, MANAGER, ANALYST}),
    "imports.read": frozenset({OWNER, MANAGER, ANALYST}),
    "imports.run": frozenset({OWNER, MANAGER}),
    "exports.run": frozenset({OWNER, MANAGER, ANALYST}),
    "business.read": frozenset({OWNER, MANAGER, ANALYST, AGENT, TILL}),
    "business.manage": frozenset({OWNER, MANAGER}),
    "staff.read": frozenset({OWNER, MANAGER}),
    "staff.manage": frozenset({OWNER}),
    "api_keys.manage": frozenset({OWNER}),
    "audit.read": frozenset({OWNER, MANAGER}),
    "stream.manage": frozenset({OWNER, MANAGER}),
}


# What is classified as sensitive is seen by those who may change it: who asks any face without this permission, or by a
# key without this scope, neither sees it nor finds customers by it.
SEES_SENSITIVE = "customers.write"


def role_may(role: Role, permission: str) -> bool:
    """Tell whether a role may do something.

    Raises
    ------
    KeyError
        There is no such permission; a check that cannot fail is none.
    """
    return role in PERMISSIONS[permission]


def _predicate(permission: str) -> Predicate:
    def may(account: Any) -> bool:
        return account.is_active and role_may(Role(account.role), permission)

    checked: Predicate = predicate(may, name=permission)
    return checked


def install() -> None:
    """Tell `rules` what each permission asks for."""
    for permission in PERMISSIONS:
        set_perm(permission, _predicate(permission))
