"""The catalogue: every model that can be asked for, under one version, read from files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import yaml
from pydantic import ValidationError

from gesso.domain.catalog.model import Entry, Model, QueueDefaults, Target
from gesso.domain.catalog.price import Tier

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast where the library carries its C half."""

DEFAULT = Path(__file__).with_name("default.yaml")


class CatalogError(Exception):
    """The catalogue makes no sense; the message says where."""


class Catalog(Entry):
    """Every model and queue in force, under one version that each hold remembers."""

    version: str
    queues: Mapping[str, QueueDefaults] = {}
    models: tuple[Model, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Model]:
        """Every model by its id; of two with one id, the first listed."""
        return {model.id: model for model in reversed(self.models)}

    @cached_property
    def _patterns(self) -> Sequence[Model]:
        """Those that stand for others, the longest first."""
        found = [model for model in self.by_id.values() if model.is_pattern]
        return sorted(found, key=lambda model: len(model.id), reverse=True)

    def named(self, name: str) -> Model | None:
        """The model of this name: an entry's own, or one that the longest pattern stands for; None
        where there is neither.
        """
        found = self.by_id.get(name)
        if found is not None and not found.is_pattern:
            return found
        fitting = (pattern.standing_for(name) for pattern in self._patterns)
        return next((model for model in fitting if model is not None), None)

    @cached_property
    def _by_skill(self) -> Mapping[tuple[str, Tier], Sequence[Model]]:
        found: dict[tuple[str, Tier], list[Model]] = {}
        for model in self.models:
            if self.by_id[model.id] is model and not (model.disabled or model.is_pattern):
                for tier in model.tiers:
                    found.setdefault((model.makes, tier), []).append(model)
        return found

    def makers(self, makes: str, tier: Tier) -> Sequence[Model]:
        """The models that make it in this tier, the preferred first; disabled ones are left out,
        and so are patterns.
        """
        return self._by_skill.get((makes, tier), ())

    def targets(self, model: Model) -> Iterator[tuple[Model, Target]]:
        """Whoever can make a piece of this model: its own targets, then those of the entries that
        it falls back on.
        """
        yield from ((model, target) for target in model.targets)
        for name in model.fallback:
            other = self.by_id.get(name)
            if other is not None and not other.disabled:
                yield from ((other, target) for target in other.targets)

    def target(self, model_id: str, provider: str, provider_model: str) -> Target | None:
        """The target by which a job of this model is made; None when nobody knows it any more."""
        model = self.named(model_id)
        named = (provider, provider_model)
        for _, target in self.targets(model) if model else ():
            if (target.provider, target.model) == named:
                return target
        return None


class _Entries(Entry):
    models: tuple[Model, ...]


def load_catalog(files: Iterable[Path] = ()) -> Catalog:
    """The built-in catalogue with `files` before it: their models win, their queues replace."""
    catalog = _read(DEFAULT)
    for file in files:
        above = _read(file)
        catalog = Catalog(
            version=f"{catalog.version}+{above.version}",
            queues={**catalog.queues, **above.queues},
            models=above.models + catalog.models,
        )
    check(catalog)
    return catalog


def check(catalog: Catalog) -> None:
    """CatalogError where an entry names what is not there."""
    queues = {target.queue for model in catalog.models for target in model.targets}
    if lost := sorted(queues - set(catalog.queues)):
        raise CatalogError(f"these queues are named by models and described nowhere: {lost}")
    for model in catalog.models:
        for name in model.fallback:
            other = catalog.by_id.get(name)
            if other is None:
                raise CatalogError(f"{model.id}: it falls back on {name!r}, which is not there")
            if other.is_pattern:
                raise CatalogError(f"{model.id}: it falls back on {name!r}, which is a pattern")
            if other.makes != model.makes:
                raise CatalogError(
                    f"{model.id}: it falls back on {name!r}, which makes other things"
                )


def _read(file: Path) -> Catalog:
    content: object = None
    try:
        content = yaml.load(file.read_text(), Loader=_LOADER)  # noqa: S506  # one of the safe two
        return Catalog.model_validate(content)
    except ValidationError as error:
        raise CatalogError(f"{file}:\n{told(error, content)}") from error
    except (OSError, yaml.YAMLError) as error:
        raise CatalogError(f"{file}: {error}") from error


def read_entries(file: Path) -> Sequence[Model]:
    """The entries of a file, which is one of them or has a list of `models`; CatalogError names
    what is wrong with which.
    """
    content: object = None
    try:
        content = yaml.load(file.read_text(), Loader=_LOADER)  # noqa: S506  # one of the safe two
        if isinstance(content, Mapping) and "models" not in content:
            content = {"models": [content]}
        return _Entries.model_validate(content).models
    except ValidationError as error:
        raise CatalogError(f"{file}:\n{told(error, content)}") from error
    except (OSError, yaml.YAMLError) as error:
        raise CatalogError(f"{file}: {error}") from error


def told(error: ValidationError, content: object) -> str:
    """What is wrong, a line for each, with the names of the entries that it is wrong in."""
    lines = []
    for issue in error.errors(include_url=False, include_input=False):
        place = list(issue["loc"])
        entry = _entry(content, place)
        path = ".".join(str(part) for part in (place[2:] if entry else place))
        words = issue["msg"].removeprefix("Value error, ")
        lines.append("  " + ": ".join(part for part in (entry, path, words) if part))
    return "\n".join(lines)


def _entry(content: object, place: Sequence[int | str]) -> str:
    """The id of the model that a place in the file lies in, or where it stands in the list."""
    if len(place) < 2 or place[0] != "models" or not isinstance(content, Mapping):
        return ""
    models = content.get("models")
    number = place[1]
    if not isinstance(models, list) or not isinstance(number, int):
        return ""
    entry = models[number]
    named = entry.get("id") if isinstance(entry, Mapping) else None
    return str(named or f"models.{number}")
