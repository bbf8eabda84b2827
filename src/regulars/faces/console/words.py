"""Words for what features name by codes."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.customers.contracts import IdentifierKind
from regulars.kit.i18n import mark

IDENTIFIER_WORDS: Mapping[IdentifierKind, str] = {
    IdentifierKind.EXTERNAL_ID: mark("Customer number"),
    IdentifierKind.EMAIL: mark("E-mail"),
    IdentifierKind.PHONE: mark("Phone"),
    IdentifierKind.CARD: mark("Card"),
    IdentifierKind.DEVICE: mark("Device"),
    IdentifierKind.ANONYMOUS_ID: mark("Anonymous visitor"),
}
PERMISSION_WORDS: Mapping[str, str] = {
    "customers.read": mark("See customers"),
    "customers.write": mark("Change customers, write notes and tags, see what is sensitive"),
    "customers.merge": mark("Merge customers, and undo it"),
    "customers.export": mark("Take customers out"),
    "orders.read": mark("See orders"),
    "orders.export": mark("Take orders out"),
    "orders.write": mark("Send orders"),
    "products.read": mark("See products"),
    "products.export": mark("Take products out"),
    "products.write": mark("Change products"),
    "loyalty.read": mark("See points, tiers and rewards"),
    "loyalty.write": mark("Enrol members, redeem rewards and vouchers"),
    "loyalty.adjust": mark("Adjust points by hand"),
    "loyalty.manage": mark("Change programmes, stock and codes"),
    "events.read": mark("See what happened"),
    "events.export": mark("Take events out"),
    "events.write": mark("Tell of what happened"),
    "insights.read": mark("See what the science finds"),
    "insights.run": mark("Have all customers scored"),
    "imports.read": mark("See imports"),
    "imports.run": mark("Import files"),
    "exports.run": mark("Make files of what may be taken out"),
    "business.read": mark("See the settings"),
    "business.manage": mark("Change the settings"),
    "staff.read": mark("See the team"),
    "staff.manage": mark("Invite people, and change their roles"),
    "api_keys.manage": mark("Make and revoke API keys"),
    "audit.read": mark("Read the audit trail"),
    "stream.manage": mark("Hand dead letters over again"),
}
