"""What columns are called: English and German, and the exports of common shops and public data sets.

To add a shop, add its column names to the role's list. Of two columns that fit, the one named earlier in the list wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from regulars.intake.contracts import Role

_NAMES: Mapping[Role, str] = {
    Role.CUSTOMER: """
        customer_unique_id, customer_id, customerid, customer_key, customer_no, customer_number, customer_code,
        cust_id, custid, cust_no, client_id, clientid, member_id, memberid, user_id, userid, household_id,
        household_key, household, account_id, consumer_id, buyer_id, shopper_id, contact_id, partner_id,
        order_partner_id, order_id/partner_id, loyalty_id, card_number, kundennummer, kundennr, kunden_nr,
        kunden_id, kundenid, kdnr, kd_nr, kunde_id, debitor, debitorennummer, mitgliedsnummer, customer, kunde,
        kundin, client, buyer, member, user, household_number, kaeufer, mitglied, customer_email, email, e_mail,
        email_address, e_mail_adresse, billing_email, customer_ref, order_customer, order_id/partner_id/id,
        customer_name, billing_name, buyer_email, id_customer, id_client, id_cliente, cliente, user_email,
        kontakt, partner, visitor_id, person_id, id_in_master
    """,
    Role.ORDER: """
        order_id, orderid, order_number, order_no, ordernumber, order_ref, order_reference, invoice_no,
        invoiceno, invoice, invoice_id, invoice_number, transaction_id, transactionid, transaction_no,
        basket_id, basketid, receipt_id, receipt_no, receipt_number, sale_id, purchase_id, bestellnummer,
        bestell_nr, bestellnr, bestell_id, bestellung, auftragsnummer, auftrag, auftragsnr, rechnungsnummer,
        rechnungsnr, rechnung, belegnummer, belegnr, beleg, bonnummer, bon_nr, bon, vorgangsnummer,
        order_line/order_id, order_reference_no, order, ticket_id, id_order, order_key, order_id/name, bill_no,
        check_id, cart_id, booking_id, sales_order_number, sales_order_id, sales_order
    """,
    Role.DATE: """
        order_date, orderdate, order_date_key, ordered_at, ordered_on, invoicedate, invoice_date, transaction_date,
        transaction_timestamp, purchase_date, purchased_at, purchased_on, order_purchase_timestamp, sale_date,
        created_at, date_created, order_created_at, occurred_on, occurred_at, trans_date, transactiondate,
        order_time, order_timestamp, bestelldatum, auftragsdatum, rechnungsdatum, belegdatum, kaufdatum,
        buchungsdatum, order_id/date_order, date_order, date_add, paid_at, paid_date, date_paid,
        transaction_time, date_time, datetime, timestamp, date, datum, day, tag, zeitstempel, zeitpunkt, time,
        created, creation_date, create_date, day_of_purchase, orderdatum
    """,
    Role.AMOUNT: """
        line_total, linetotal, lineitem_total, line_amount, item_total, price_subtotal, price_total,
        extended_price, order_line/price_subtotal, order_line/price_total, sales_value, salesvalue, net_amount,
        net_total, order_total, order_amount, order_value, total, total_amount, total_price, total_paid,
        total_sales, amount_total, totalprice, grand_total, grand_total_purchased, grand_total_base, amount,
        amount_paid, revenue, sales, sales_amount, net_sales, gross_sales, turnover, spend, spent,
        monetary_value, monetary, dollar_value, dollars, purchase_amount, purchase_value, transaction_amount,
        transaction_value, payment_value, invoice_total, invoice_amount, invoice_value, value, betrag,
        gesamtbetrag, gesamt, gesamtpreis, gesamtsumme, summe, umsatz, bestellwert, auftragswert, warenwert,
        positionsbetrag, positionswert, rechnungsbetrag, zeilensumme, nettobetrag, bruttobetrag, wert, subtotal,
        paid, order_total_amount, total_incl_tax, total_paid_tax_incl, lineitem_amount, net_revenue, net,
        brutto, netto, gross
    """,
    Role.QUANTITY: """
        quantity, qty, lineitem_quantity, item_quantity, product_uom_qty, order_line/product_uom_qty, order_qty,
        quantity_ordered, qty_ordered, units, item_count, number_of_items, number_of_cds, cds, menge, anzahl,
        stueck, stueckzahl, stk, bestellmenge, pieces, count_of_items, product_quantity,
        order_quantity, purchase_quantity
    """,
    Role.PRICE: """
        unit_price, unitprice, price, lineitem_price, item_price, price_unit, order_line/price_unit,
        price_per_unit, product_price, item_cost, price_each, einzelpreis, stueckpreis, preis, unit_cost,
        verkaufspreis, selling_price
    """,
    Role.PRODUCT: """
        product_id, productid, stockcode, stock_code, sku, lineitem_sku, product_sku, item_id, itemid,
        item_code, product_code, product_no, article_id, article_no, article_number, artikelnummer, artikelnr,
        artikel_nr, artikel_id, order_line/product_id, product_template_id, ean, gtin, upc, asin, variant_id,
        lineitem_name, product_name, item_name, product, item, article, artikel, produkt, product_title,
        item_number
    """,
    Role.CURRENCY: "currency, currency_code, order_currency, currency_id, waehrung, iso_currency, transaction_currency",
    Role.REFUNDED: """
        refunded_amount, amount_refunded, total_refunded, refund_amount, order_refund_amount, refunded_total,
        total_refunded_amount, refunds, erstattet, erstattungsbetrag, rueckerstattet, rueckerstattung
    """,
    Role.STATUS: """
        order_status, order_state, order_status_name, financial_status, payment_status, transaction_status,
        sale_status, item_status, lineitem_status, bestellstatus, auftragsstatus, zahlungsstatus, status
    """,
}
# An amount of such a name is that of a whole order, even where it is repeated on each of the order's lines.
_ORDER_TOTALS = (
    "total order_total order_amount order_value total_amount total_price total_paid amount_total grand_total "
    "invoice_total invoice_amount bestellwert auftragswert gesamtbetrag rechnungsbetrag gesamtsumme "
    "grand_total_purchased grand_total_base gesamt gesamtpreis summe totalprice"
)


def normalise(name: str) -> str:
    """Return what is compared of a name: its letters and digits in lower case ASCII."""
    text = name.strip().lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9/]+", "", text)


def ranks_of(names: str) -> dict[str, int]:
    """Return the place of each name in a list with commas, normalised; of a name that comes twice the first."""
    ordered = [normalise(name) for name in names.split(",")]
    return {name: rank for rank, name in reversed(list(enumerate(ordered)))}


EMAILS = frozenset({"email", "emailaddress", "billingemail", "customeremail", "useremail", "buyeremail"})
ORDER_TOTALS = frozenset(normalise(name) for name in _ORDER_TOTALS.split())
RANKS: Mapping[Role, Mapping[str, int]] = {role: ranks_of(names) for role, names in _NAMES.items()}


def ranked(names: Sequence[str], role: Role) -> list[int]:
    """Return the positions (from 0) of the columns whose names fit `role`, the best name first."""
    ranks = RANKS[role]
    fitting = [(ranks[normalise(name)], position) for position, name in enumerate(names) if normalise(name) in ranks]
    return [position for _, position in sorted(fitting)]


def known_names(cells: Iterable[str]) -> set[Role]:
    """Return the roles that some cell names."""
    keys = {normalise(cell) for cell in cells if cell}
    return {role for role, ranks in RANKS.items() if not keys.isdisjoint(ranks)}
