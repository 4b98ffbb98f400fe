"""The commands that make things: serve, demo, generate."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gesso.app.cli.options import DataDir

app = typer.Typer(rich_markup_mode=None)


@app.command()
def serve(
    *,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where to listen; 127.0.0.1 unless set.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="8000 unless set; 0 takes a free one.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the API until Ctrl-C or SIGTERM.

    Work that is under way then goes on at the next start.
    """
    from gesso.app.cli import serving  # late: help needs no web server

    serving.serve(data_dir, host=host, port=port)


@app.command()
def demo(
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")] = Path(
        "gesso-demo"
    ),
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Say nothing but what goes wrong.")
    ] = False,
) -> None:
    """Make four pictures, a 3D model and a video, offline, and show what they cost."""
    from gesso.app.cli import demonstration  # late: help needs no web server

    raise typer.Exit(demonstration.demo(out, quiet=quiet))


@app.command()
def generate(
    *,
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="e.g. text_to_image, text_to_3d.")],
    prompt: Annotated[str | None, typer.Argument(help="What it should show.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")] = Path(),
    count: Annotated[int | None, typer.Option(metavar="N", help="How many pictures.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="The same gives the same.")] = None,
    tier: Annotated[str | None, typer.Option(help="fast, standard or high.")] = None,
    image: Annotated[
        str | None, typer.Option(metavar="ASSET", help="A picture of yours: an asset's id.")
    ] = None,
    scale: Annotated[int | None, typer.Option(metavar="N", help="Of upscale: 2 or 4.")] = None,
    more: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter; repeatable."),
    ] = None,
    pick: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Of text_to_3d: the picture to go on with."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(envvar="GESSO_URL", help="Another server than the one here.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar="GESSO_API_KEY", help="The key for that server.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Have something made, watch it, save it.

    Ctrl-C cancels it and says what was charged. It is made by the server that runs here, or by one
    started for the purpose.
    """
    from gesso.app.cli import generating  # late: help needs no web server

    known = {"prompt": prompt, "count": count, "seed": seed, "tier": tier, "image": image}
    known |= {"type": kind, "scale": scale, **_parsed(more or [])}
    order = {name: one for name, one in known.items() if one is not None}
    wish = generating.Wish(order=order, out=out, pick=pick)
    raise typer.Exit(generating.generate(data_dir, wish, url=url, key=key))


def _parsed(settings: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` pairs; a value that is JSON is taken as such, any other as text."""
    parsed = {}
    for setting in settings:
        name, is_given, value = setting.partition("=")
        if not (name and is_given):
            raise typer.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--set")
        try:
            parsed[name] = json.loads(value)
        except ValueError:
            parsed[name] = value
    return parsed
