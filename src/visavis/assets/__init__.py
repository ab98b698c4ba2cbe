"""Pretrained weights of others: what they are, where they come from, and one place where they are kept."""

from visavis.assets.manifest import Asset, AssetFile, list_assets
from visavis.assets.store import cache_folder, is_here, resolve

__all__ = ["Asset", "AssetFile", "cache_folder", "is_here", "list_assets", "resolve"]
