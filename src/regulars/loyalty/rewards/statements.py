"""The statements of vouchers, of stock, and of what the staff oversees."""

from __future__ import annotations

from pathlib import Path

from regulars.stream.database import rows_from

_SQL = Path(__file__).parent / "sql"
voucher_rows = rows_from(_SQL / "vouchers.sql")
stock_rows = rows_from(_SQL / "stock.sql")
overseeing_rows = rows_from(_SQL / "overseeing.sql")
