"""Imports in words: kinds, states, and what a column may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars.customers.queries import list_traits
from regulars.imports.contracts import ImportKind, ImportState
from regulars.intake.contracts import Role
from regulars.intake.fields import OF_ORDERS, OF_PEOPLE, OF_PRODUCTS, Field
from regulars.kit.i18n import gettext, mark

KIND_WORDS: Mapping[ImportKind, str] = {
    ImportKind.ORDERS: mark("Orders"),
    ImportKind.CUSTOMERS: mark("Customers"),
    ImportKind.PRODUCTS: mark("Products"),
}

# Each state with the tone of its tag.
STATE_WORDS: Mapping[ImportState, tuple[str, str]] = {
    ImportState.UPLOADED: (mark("Columns to be told"), "attention"),
    ImportState.MAPPED: (mark("Ready"), "info"),
    ImportState.CHECKING: (mark("Dry run under way"), "info"),
    ImportState.RUNNING: (mark("Under way"), "info"),
    ImportState.DONE: (mark("Imported"), "good"),
    ImportState.FAILED: (mark("Failed"), "bad"),
    ImportState.CANCELLED: (mark("Cancelled"), ""),
}

_ROLE_WORDS: Mapping[str, str] = {
    Role.CUSTOMER: mark("Who ordered"),
    Role.ORDER: mark("Order number"),
    Role.DATE: mark("When it was ordered"),
    Role.AMOUNT: mark("Amount"),
    Role.QUANTITY: mark("Quantity"),
    Role.PRICE: mark("Unit price"),
    Role.PRODUCT: mark("Product number"),
    Role.CURRENCY: mark("Currency"),
    Role.STATUS: mark("Status of the order"),
    Role.REFUNDED: mark("Amount given back"),
}
_FIELD_WORDS: Mapping[str, str] = {
    Field.EMAIL: mark("E-mail"),
    Field.PHONE: mark("Phone"),
    Field.CARD: mark("Card"),
    Field.NAME: mark("Name"),
    Field.GIVEN_NAME: mark("Given name"),
    Field.FAMILY_NAME: mark("Family name"),
    Field.BIRTHDAY: mark("Birthday"),
    Field.LANGUAGE: mark("Language"),
    Field.COUNTRY: mark("Country"),
    Field.CITY: mark("City"),
    Field.POSTCODE: mark("Postcode"),
    Field.PRODUCT_NAME: mark("Product name"),
    Field.CATEGORY: mark("Category"),
    Field.CHANNEL: mark("Channel"),
    Field.LOCATION: mark("Location"),
}


def fields_of(kind: ImportKind) -> dict[str, str]:
    """Return what a column of a file of this kind may be, each with its words."""
    match kind:
        case ImportKind.ORDERS:
            return _said(_ROLE_WORDS, list(Role)) | _said(_FIELD_WORDS, OF_ORDERS)
        case ImportKind.CUSTOMERS:
            traits = {f"traits.{trait.key}": trait.label for trait in list_traits()}
            return {str(Field.ID): gettext("Customer number")} | _said(_FIELD_WORDS, OF_PEOPLE) | traits
        case ImportKind.PRODUCTS:
            return {str(Field.ID): gettext("Product number")} | _said(_FIELD_WORDS, OF_PRODUCTS)


def _said(words: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {str(name): gettext(words[name]) for name in names}
