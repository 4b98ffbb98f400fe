"""What `deploy/` says holds together, as far as that can be told without Docker."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from gesso.app.cli.entry import app
from gesso.app.staff import every_lane
from gesso.infra.settings import Settings, load_settings
from tests.unit.test_docs import leaves

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "gesso"}
ERRANDS = {"bucket"}
"""Services that do one thing and end."""
GIVEN = re.compile(r"\$\{(\w+)[^}]*\}")


def example() -> dict[str, str]:
    """The settings of `.env.example`, and a word for each secret that is to be filled in."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value or "0123456789abcdef" * 3 for name, value in pairs}


def filled_in(text: str) -> str:
    return GIVEN.sub(lambda found: example()[found[1]], text)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command of gesso's that a service runs, to work or to look at itself."""
    for name, service in OURS.items():
        for words in (service["command"], service["healthcheck"]["test"][1:]):
            if words[0] == "gesso":
                yield name, words[1:]


def test_what_compose_asks_for_is_in_the_example_and_nothing_else_is() -> None:
    assert set(GIVEN.findall((DEPLOY / "compose.yaml").read_text())) == set(example())


def test_every_setting_that_is_named_exists() -> None:
    named = set()
    for file in DEPLOY.iterdir():
        named |= set(re.findall(r"\bGESSO_[A-Z_]+\b", file.read_text()))
    assert named
    assert named <= {name for name, _ in leaves(Settings, "GESSO_")}


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_each_service_make_sense(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in OURS[name]["environment"].items():
        monkeypatch.setenv(key, filled_in(value))
    settings = load_settings()
    assert settings.engine.kind == "celery"
    assert settings.database_url.startswith("postgresql+asyncpg://")
    assert settings.broker.url
    hosts = re.findall(
        r"(?:@|redis://|http://)(?!localhost)(\w+)[:/]",
        " ".join(OURS[name]["environment"].values()),
    )
    assert set(hosts) == {"postgres", "rabbitmq", "redis", "objects"} <= SERVICES.keys()


@pytest.mark.parametrize(("service", "words"), list(commands()))
def test_every_command_is_one_that_the_command_line_knows(service: str, words: list[str]) -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    command = root.commands[words[0]]
    command.make_context(service, words[1:])  # an option that is not there raises


def test_every_lane_is_read_by_one_kind_of_worker() -> None:
    read = []
    for service in OURS.values():
        words = service["command"]
        if "worker" in words:
            read += words[words.index("--queues") + 1].split(",")
    assert sorted(read) == sorted(every_lane(load_settings()))


def test_every_worker_is_asked_by_its_own_name() -> None:
    for service in OURS.values():
        words = service["command"]
        if "worker" in words:
            asked = shlex.split(service["healthcheck"]["test"][1])
            assert asked[-1] == f"{words[words.index('--name') + 1]}@$$HOSTNAME"


def test_the_beat_is_looked_at_where_it_leaves_its_pulse() -> None:
    beat = OURS["beat"]
    pulse = beat["command"][-2:]
    assert pulse[0] == "--pulse"
    assert beat["healthcheck"]["test"][-2:] == pulse


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ERRANDS))
def test_every_service_is_watched_bounded_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["restart"] == "unless-stopped"
    assert service["networks"] == list(COMPOSE["networks"])
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert ":latest" not in service["image"]
    for other, wish in service.get("depends_on", {}).items():
        assert other in SERVICES
        is_errand = other in ERRANDS
        end = "service_completed_successfully" if is_errand else "service_healthy"
        assert wish == {"condition": end}
    for volume in service.get("volumes", ()):
        source, _, inside = volume.partition(":")
        if not inside:
            continue  # the container's own, which goes with it
        assert (DEPLOY / source).is_file() if source[0] == "." else source in COMPOSE["volumes"]


def test_the_image_is_made_of_what_is_there() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if re.match(r"COPY (?!--)", line)]
    names = [name for names in copied for name in names]
    assert [name for name in names if not (DEPLOY.parent / name).exists()] == []
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert {f"!{name}" for name in names} <= set(kept)
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER gesso"]
