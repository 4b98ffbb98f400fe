"""Plugins: operations and providers, ours and those of installed packages.

A package offers them by entry points (`gesso.operations`, `gesso.providers`); the setting `plugins`
names modules that offer `OPERATIONS` and `PROVIDERS` besides, for development.
"""

import importlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any, get_args

from gesso.domain.catalog import load_catalog
from gesso.domain.tasks import Operation
from gesso.infra.settings import Settings, SettingsError
from gesso.operations import BUILT_IN
from gesso.providers import Provider
from gesso.providers.studio import Studio


def check_plugins(settings: Settings) -> None:
    """Load what the settings name, so that an unsound one is told before anything starts."""
    find_operations(settings.plugins)
    find_providers(settings.plugins)
    load_catalog([settings.catalog] if settings.catalog else [])


def find_operations(modules: Sequence[str]) -> dict[str, Operation[Any]]:
    """Every operation by its type; SettingsError for one that is unsound or comes twice."""
    kinds = [*BUILT_IN, *_offered("gesso.operations"), *_named(modules, "OPERATIONS")]
    found: dict[str, Operation[Any]] = {}
    for kind in kinds:
        operation: Operation[Any] = kind()
        _check(operation)
        if operation.type in found:
            raise SettingsError(f"two plugins offer the operation {operation.type!r}")
        found[operation.type] = operation
    return found


def find_providers(modules: Sequence[str]) -> dict[str, Provider]:
    """Every provider by its name; SettingsError for one that comes twice."""
    kinds = [Studio, *_offered("gesso.providers"), *_named(modules, "PROVIDERS")]
    found: dict[str, Provider] = {}
    for kind in kinds:
        provider: Provider = kind()
        if provider.name in found:
            raise SettingsError(f"two plugins offer the provider {provider.name!r}")
        found[provider.name] = provider
    return found


@cache
def _offered(group: str) -> Sequence[Any]:
    return [point.load() for point in entry_points(group=group)]


def _named(modules: Sequence[str], name: str) -> Iterable[Any]:
    found: list[Any] = []
    for module in modules:
        try:
            found += getattr(importlib.import_module(module), name, ())
        except ImportError as error:
            raise SettingsError(f"the plugin {module!r} cannot be imported: {error}") from error
    return found


def _check(operation: Operation[Any]) -> None:
    literal = get_args(operation.params.model_fields["type"].annotation)
    if literal != (operation.type,):
        raise SettingsError(f"the order of {operation.type!r} must fix its type to that name")
    if len(operation.phases) != len(operation.makes):
        raise SettingsError(f"{operation.type!r} needs a skill for each of its phases")
