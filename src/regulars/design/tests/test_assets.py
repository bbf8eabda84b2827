"""Built assets are found, and their absence is told in a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.design import AssetsNotBuilt, asset_path, asset_text, assets
from regulars.kit.errors import DomainError


def test_the_built_style_sheet_carries_its_fonts() -> None:
    assert asset_path("report.css").is_file()
    assert asset_text("report.css").count("url(data:font/woff2;base64,") == 2


def test_missing_assets_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "STATIC_DIR", tmp_path)
    with pytest.raises(AssetsNotBuilt, match="make assets") as caught:
        asset_text("report.css")
    assert isinstance(caught.value, DomainError)
    assert caught.value.code == "assets_not_built"


def test_the_lock_names_no_registry() -> None:
    lock = (Path(assets.__file__).parent / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
