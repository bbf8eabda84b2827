"""What columns tell of people and goods beside the orders: by what the user says, else by name.

To add a shop, add its column names to the field's list. Of two columns that fit, the one named earlier in the list
wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from regulars.intake.columns import position_of
from regulars.intake.contracts import Role
from regulars.intake.names import RANKS, normalise, ranks_of


class Field(StrEnum):
    """What a column tells of a person, a product or a place."""

    ID = "id"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTHDAY = "birthday"
    LANGUAGE = "language"
    COUNTRY = "country"
    CITY = "city"
    POSTCODE = "postcode"
    PRODUCT_NAME = "product_name"
    CATEGORY = "category"
    CHANNEL = "channel"
    LOCATION = "location"


OF_PEOPLE = (
    *(Field.EMAIL, Field.PHONE, Field.CARD, Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME, Field.BIRTHDAY),
    *(Field.LANGUAGE, Field.COUNTRY, Field.CITY, Field.POSTCODE),
)
OF_ORDERS = (
    *(Field.EMAIL, Field.PHONE, Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME, Field.COUNTRY, Field.CITY),
    *(Field.POSTCODE, Field.PRODUCT_NAME, Field.CATEGORY, Field.CHANNEL, Field.LOCATION),
)
OF_PRODUCTS = (Field.PRODUCT_NAME, Field.CATEGORY)

_NAMES: Mapping[Field, str] = {
    Field.EMAIL: """
        customer_email, email, e_mail, email_address, e_mail_adresse, mail, billing_email, user_email, buyer_email,
        contact_email, order_email
    """,
    Field.PHONE: """
        phone, phone_number, mobile, mobile_phone, telephone, tel, telefon, telefonnummer, handy, handynummer, mobil,
        customer_phone, billing_phone, default_address_phone, shipping_phone
    """,
    Field.CARD: "loyalty_card, card, card_number, loyalty_card_number, kundenkarte, kartennummer",
    Field.NAME: """
        customer_name, full_name, display_name, name, vollstaendiger_name, kundenname, billing_name, buyer_name,
        shipping_name, contact_name
    """,
    Field.GIVEN_NAME: """
        first_name, firstname, given_name, vorname, billing_first_name, customer_first_name, shipping_first_name
    """,
    Field.FAMILY_NAME: """
        last_name, lastname, surname, family_name, nachname, familienname, billing_last_name, customer_last_name,
        shipping_last_name
    """,
    Field.BIRTHDAY: "birthday, birth_date, birthdate, date_of_birth, dob, geburtstag, geburtsdatum",
    Field.LANGUAGE: "language, locale, lang, sprache",
    Field.COUNTRY: """
        country_code, country, land, laendercode, billing_country, default_address_country_code, shipping_country,
        customer_country, staat
    """,
    Field.CITY: "city, town, ort, stadt, wohnort, billing_city, default_address_city, shipping_city, customer_city",
    Field.POSTCODE: """
        postcode, postal_code, zip, zip_code, plz, postleitzahl, billing_postcode, billing_zip, default_address_zip,
        shipping_postcode, shipping_zip, customer_zip_code_prefix
    """,
    Field.PRODUCT_NAME: """
        product_name, item_name, lineitem_name, product_title, title, description, name, produktname, artikelname,
        bezeichnung, artikelbezeichnung, beschreibung, product, produkt, artikel
    """,
    Field.CATEGORY: """
        category, product_category, category_name, product_category_name, product_type, type, department,
        kategorie, warengruppe, produktgruppe, sparte
    """,
    Field.CHANNEL: "channel, sales_channel, order_channel, source_name, kanal, vertriebskanal, verkaufskanal",
    Field.LOCATION: "location, store, shop, store_id, shop_id, store_name, branch, filiale, standort, geschaeft",
}
_IDS = "id, kunden_id, customer, nummer, number, no, nr"
FIELD_RANKS: Mapping[Field, Mapping[str, int]] = {field: ranks_of(names) for field, names in _NAMES.items()}
_ID_RANKS = ranks_of(_IDS)


def known_fields(cells: Iterable[str]) -> set[Field]:
    """Return the fields that some cell names."""
    keys = {normalise(cell) for cell in cells if cell}
    return {field for field, ranks in FIELD_RANKS.items() if not keys.isdisjoint(ranks)}


def assign_fields(
    path: Path,
    names: Sequence[str],
    fields: Sequence[Field],
    wishes: Mapping[Field, str],
    *,
    id_role: Role | None = None,
    taken: frozenset[int] = frozenset(),
) -> dict[Field, int]:
    """Return the position (from 0) of the column of each field that the file has.

    `id_role` adds the field ID, found by the names of that role too. A column in `taken` is left alone. An empty wish
    says that the file has no such column.

    Raises
    ------
        UnknownColumn, ColumnOutOfRange
    """
    found = {field: position_of(path, names, wish) for field, wish in wishes.items() if wish}
    if id_role is not None and Field.ID not in wishes:
        # An e-mail address is no number of a customer's; it has a field of its own.
        ranks = {name: rank for name, rank in RANKS[id_role].items() if name not in FIELD_RANKS[Field.EMAIL]}
        ranks = {name: len(ranks) + rank for name, rank in _ID_RANKS.items()} | ranks
        _best(names, ranks, Field.ID, found, taken | set(found.values()))
    for field in fields:
        if field not in wishes:
            _best(names, FIELD_RANKS[field], field, found, taken | set(found.values()))
    return found


def _best(
    names: Sequence[str], ranks: Mapping[str, int], field: Field, found: dict[Field, int], taken: frozenset[int]
) -> None:
    keys = [normalise(name) for name in names]
    fitting = sorted((ranks[key], place) for place, key in enumerate(keys) if key in ranks and place not in taken)
    if fitting:
        found[field] = fitting[0][1]
