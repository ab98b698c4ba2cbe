"""``visavis assets``: pretrained files that are downloaded once and verified."""

from __future__ import annotations

from typing import Annotated

import typer

from visavis.cli.console import show

app = typer.Typer(help="Pretrained files that visavis downloads once: list, fetch, verify.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List every asset with its licence, size and whether it is installed."""
    from visavis.assets import is_here, list_assets

    for asset in list_assets():
        here = "here" if is_here(asset.name) else "not fetched"
        show(f"{asset.name:<28} {asset.size / 1e6:8.1f} MB  {asset.licence:<12} {here}")


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of assets. Default: those that `visavis animate` needs.")
    ] = None,
) -> None:
    """Download assets now, for offline use later."""
    from visavis.assets import DEFAULT_ASSETS, resolve

    for name in names or DEFAULT_ASSETS:
        show(f"{name}: {resolve(name)}")


@app.command()
def verify() -> None:
    """Verify the sha256 of every downloaded asset."""
    from visavis.assets import list_assets, verify
    from visavis.errors import InputError

    bad = [asset.name for asset in list_assets() if verify(asset.name) is False]
    if bad:
        raise InputError(f"damaged: {', '.join(bad)}; run: visavis assets fetch {' '.join(bad)}")
    show("all fetched assets are intact")
