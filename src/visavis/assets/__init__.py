"""Third-party pretrained weights: what they are, where they come from, and where they are stored."""

from visavis.assets.manifest import DEFAULT_ASSETS, Asset, AssetFile, list_assets
from visavis.assets.store import cache_folder, is_here, resolve, verify

__all__ = ["DEFAULT_ASSETS", "Asset", "AssetFile", "cache_folder", "is_here", "list_assets", "resolve", "verify"]
