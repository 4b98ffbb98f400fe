"""The commands that make things: serve, demo, generate."""

from pathlib import Path
from typing import Annotated

import typer

from gesso.app.cli.options import DataDir, ServerKey, ServerUrl, parsed

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
def worker(
    *,
    queues: Annotated[
        str | None, typer.Option(metavar="A,B", help="The lanes that it reads; all unless set.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=512, help="Messages at once; one a core unless set.")
    ] = None,
    pool: Annotated[
        str, typer.Option(help="prefork: processes; threads: many waits in one process.")
    ] = "prefork",
    name: Annotated[
        str | None, typer.Option(help="Its name, where one machine has several workers.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Do what the broker's messages bring, until Ctrl-C or SIGTERM.

    It is a worker of Celery's: `celery inspect`, `celery status` and Flower see it.
    """
    from gesso.app.cli import distributed  # late: help needs no broker

    distributed.work(data_dir, queues=queues, concurrency=concurrency, pool=pool, name=name)


@app.command()
def simulate(
    *,
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="The name of a provider.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free one.")
    ] = 0,
    fate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What befalls every job, several times: seconds=20, fails=CODE, status=429, "
            "pushes=0, loses_answer=true, file=truncated …",
        ),
    ] = None,
) -> None:
    """Stand in for a provider until Ctrl-C: its protocol, on this machine, without an account.

    Prints the settings with which a server works with it.
    """
    from gesso.app.cli import simulating  # late: help needs no web server

    simulating.simulate(provider, port=port, fate=fate or [])


@app.command()
def beat(
    *,
    pulse: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file to touch every second while all is well."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell how the beat with this --pulse is.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Send what is due to workers, until Ctrl-C or SIGTERM; several at once share the work."""
    from gesso.app.cli import distributed  # late: help needs no broker

    if check and pulse is None:
        raise typer.BadParameter("it needs --pulse FILE", param_hint="--check")
    if check and pulse is not None:
        raise typer.Exit(distributed.check_beat(pulse))
    distributed.beat(data_dir, pulse=pulse)


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
    model: Annotated[
        str | None, typer.Option(metavar="ID", help="One of `gesso models`; the tier's else.")
    ] = None,
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
    url: ServerUrl = None,
    key: ServerKey = None,
    data_dir: DataDir = None,
) -> None:
    """Have something made, watch it, save it.

    Ctrl-C cancels it and says what was charged. It is made by the server that runs here, or by one
    started for the purpose.
    """
    from gesso.app.cli import generating  # late: help needs no web server

    known = {"prompt": prompt, "count": count, "seed": seed, "tier": tier, "image": image}
    known |= {"type": kind, "model": model, "scale": scale, **parsed(more or [])}
    order = {name: one for name, one in known.items() if one is not None}
    wish = generating.Wish(order=order, out=out, pick=pick)
    raise typer.Exit(generating.generate(data_dir, wish, url=url, key=key))
