"""The statements of vouchers and of stock."""

from __future__ import annotations

from pathlib import Path

from regulars.stream.database import rows_from

_SQL = Path(__file__).parent / "sql"
voucher_rows = rows_from(_SQL / "vouchers.sql")
stock_rows = rows_from(_SQL / "stock.sql")
