"""The one look of console, portal and report: tokens, type, charts, and the assets that are built from them."""

from regulars.design.assets import AssetsNotBuilt, asset_path, asset_text

__all__ = ["AssetsNotBuilt", "asset_path", "asset_text"]
