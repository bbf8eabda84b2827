"""What a login may not do, the database refuses."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import ProgrammingError, connections

WITHHELD = [
    (model._meta.db_table, column) for model in apps.get_models() for column in getattr(model, "not_for_read_only", ())
]


def ask(table: str, column: str) -> None:
    with connections["readonly"].cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} LIMIT 1")


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize(("table", "column"), WITHHELD)
def test_who_only_reads_does_not_read_codes(table: str, column: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask(table, column)
    ask(table, "id")


def test_codes_of_vouchers_and_cards_are_withheld() -> None:
    assert set(WITHHELD) >= {("loyalty_ledger_member", "code"), ("loyalty_rewards_voucher", "code")}
