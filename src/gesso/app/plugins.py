"""Plugins: operations, providers and registered functions, ours and those of installed packages.

A package offers them by entry points (`gesso.operations`, `gesso.providers`, `gesso.tasks`); the
setting `plugins` names modules that offer `OPERATIONS`, `PROVIDERS` and `TASKS` besides, for
development.
"""

import importlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any, get_args

from gesso.app import functions
from gesso.domain import tasks, workflows
from gesso.domain.catalog import load_catalog
from gesso.domain.registry import RegisteredTask
from gesso.domain.tasks import Operation
from gesso.infra.settings import Settings, SettingsError
from gesso.operations import BUILT_IN
from gesso.providers import Provider
from gesso.providers.adapters import ADAPTERS
from gesso.providers.comfyui.template import Template
from gesso.providers.studio import Studio


def check_plugins(settings: Settings) -> None:
    """Load what the settings name, so that an unsound one is told before anything starts."""
    find_operations(settings.plugins)
    find_providers(settings.plugins)
    find_functions(settings.plugins)
    load_catalog([settings.catalog] if settings.catalog else [])
    find_templates(settings)


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
    """Every provider by its name, ready to be spoken to; SettingsError for one that comes twice."""
    return {name: kind() for name, kind in find_provider_kinds(modules).items()}


def find_provider_kinds(modules: Sequence[str]) -> dict[str, type[Provider]]:
    """The same, for who only wants to know what they ask of their callers."""
    kinds = [Studio, *ADAPTERS, *_offered("gesso.providers"), *_named(modules, "PROVIDERS")]
    found: dict[str, type[Provider]] = {}
    for kind in kinds:
        if kind.name in found:
            raise SettingsError(f"two plugins offer the provider {kind.name!r}")
        found[kind.name] = kind
    return found


def find_templates(settings: Settings) -> dict[str, Template]:
    """The workflows of the folder that the settings name; SettingsError for one that is unsound."""
    folder = settings.comfyui.templates
    try:
        return workflows.read_folder(folder) if folder else {}
    except workflows.FolderError as error:
        raise SettingsError(str(error)) from error


def find_functions(modules: Sequence[str]) -> dict[str, RegisteredTask[..., Any]]:
    """Every registered function by its name; SettingsError for what is none, or comes twice."""
    offered = [*functions.BUILT_IN, *_offered("gesso.tasks"), *_named(modules, "TASKS")]
    found: dict[str, RegisteredTask[..., Any]] = {}
    for each in offered:
        if not isinstance(each, RegisteredTask):
            raise SettingsError(f"{each!r} is offered as a task without @register_task")
        if each.name in found:
            raise SettingsError(f"two plugins offer the task {each.name!r}")
        found[each.name] = each
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
    try:
        tasks.check_form(operation.params)
    except tasks.FormError as error:
        raise SettingsError(f"what {operation.type!r} takes fits no form: {error}") from error
