"""The menu: which operations there are, and what an order comes to under the catalogue in force."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gesso.domain.catalog import Catalog, Model, Target, Tier, fill
from gesso.domain.routing import Candidate, Router
from gesso.domain.tasks.operation import Draft, Operation, Order
from gesso.domain.tasks.verbatim import linked
from gesso.infra.errors import Invalid
from gesso.providers import Offers


class Placed(Protocol):
    """A job with the target that it has been given."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """What only its operation and its provider understand."""

    @property
    def provider(self) -> str:
        """Who is asked."""

    @property
    def provider_model(self) -> str:
        """For which model of theirs."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A piece with the model that was quoted, the most that it can cost in micro-credits, and who
    is asked for it first.
    """

    draft: Draft
    model: Model
    amount: int
    target: Target
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What its job remembers of the price and of the choice."""


@dataclass(slots=True)
class Menu:
    """Everything that can be asked for. `catalog` is put in the place of the old one when operators
    change it; whoever needs two facts of one catalogue reads them without waiting in between.
    """

    operations: Mapping[str, Operation[Any]]
    catalog: Catalog
    router: Router = field(default_factory=Router)
    reachable: Callable[[str], bool] = lambda _provider: True
    """Whether a provider is installed, and the settings have a credential for it."""
    keyed: Collection[str] = ()
    """Providers of which there is a key on the ring."""
    currency: Callable[[str], str] = lambda _provider: "USD"
    """What a provider's costs are told in."""
    providers: Collection[str] | None = None
    """Those that are installed; None: nobody has looked."""
    offers: Callable[[str], Offers | None] = lambda _provider: None
    """What a provider can do; None: it is not installed."""

    def operation(self, name: str) -> Operation[Any]:
        """The operation of this type; Invalid when its plugin is gone."""
        found = self.operations.get(name)
        if found is None:
            raise Invalid(f"There is no operation {name!r} here.", code="unknown_operation")
        return found

    def order(self, stored: Mapping[str, Any]) -> Order:
        """The typed order that was written into a task's metadata."""
        order: Order = self.operation(str(stored["type"])).params.model_validate(stored)
        return order

    def price(self, order: Order, drafts: Sequence[Draft]) -> list[Priced]:
        """Each piece with its model, its price and its target; Invalid when nobody makes it in the
        tier asked.
        """
        operation = self.operation(order.type)
        return [self._priced(operation, order, draft) for draft in drafts]

    def _priced(self, operation: Operation[Any], order: Order, draft: Draft) -> Priced:
        model = self.model(draft.makes, order)
        most = draft.rate
        if most is None:
            most = model.price.most({**draft.input, "tier": order.tier})
        target, trace = self.route(model)
        metadata: dict[str, Any] = {"trace": {"routing": trace}}
        if model.price.is_metered:
            rule = model.price.model_dump(mode="json", exclude_defaults=True)
            metadata["price"] = {"rule": rule, "tier": order.tier, "most": most}
        return Priced(draft, model, operation.price(order, draft, most), target, metadata)

    def model(self, makes: str, order: Order) -> Model:
        """The model for this skill: the one that the order names, if that makes it, or the first in
        the order's tier that anybody can be asked for.
        """
        if order.model is not None:
            named = self.catalog.named(order.model)
            if named is not None and not named.disabled and named.makes == makes:
                return named
            operation = self.operation(order.type)
            skills = (*operation.makes, *operation.instead)
            if named is None or named.disabled or named.makes not in skills:
                raise self._unknown(order.model, skills)
        model = self.maker(makes, order.tier)
        if model is None:
            raise Invalid(f"Nobody makes {makes} in the tier {order.tier}.", code="no_model")
        return model

    def maker(self, makes: str, tier: Tier) -> Model | None:
        """Whose this skill is in this tier when no model is named."""
        found = self.catalog.makers(makes, tier)
        return next((each for each in found if self.is_offered(each)), found[0] if found else None)

    def can_ask(self, provider: str) -> bool:
        """Whether it is installed, and there is a credential for it."""
        if provider in self.keyed:
            return self.providers is None or provider in self.providers
        return self.reachable(provider)

    def is_offered(self, model: Model) -> bool:
        """Whether anybody can be asked for it."""
        return any(
            self.can_ask(target.provider) and not target.disabled
            for _, target in self.catalog.targets(model)
        )

    def route(self, model: Model) -> tuple[Target, dict[str, object]]:
        """Who is asked first for a piece of this model, and why."""
        targets = self.targets(model)
        choice = self.router.choose(self.candidates(model, targets))
        return targets[choice.name], choice.trace

    def targets(self, model: Model) -> dict[str, Target]:
        """Whoever can make a piece of this model, by name, the preferred first."""
        found: dict[str, Target] = {}
        for _, target in self.catalog.targets(model):
            found.setdefault(target.name, target)
        return found

    def candidates(self, model: Model, targets: Mapping[str, Target]) -> list[Candidate]:
        """The same as the router weighs them."""
        return [
            Candidate(
                name,
                rank=0 if target in model.targets else 1,
                cost=target.usual_cost,
                currency=self.currency(target.provider),
                pinned=target.pinned,
                disabled=target.disabled,
                reachable=self.can_ask(target.provider),
            )
            for name, target in targets.items()
        ]

    def usual_cost(self, job: Placed) -> int:
        """What the provider usually takes for this job, in millionths of its currency; 0 when its
        model is not in the catalogue any more.
        """
        target = self._target_of(job)
        return target.usual_cost if target else 0

    def words(self, job: Placed, sources: Mapping[str, str]) -> dict[str, Any]:
        """This job's input in its provider's words; `sources` are the addresses of its stored
        inputs, by name.
        """
        target = self._target_of(job)
        shape = target.input if target else None
        values = job.meta.get("input", {})
        operation = self.operations.get(str(job.meta.get("operation")))
        if operation is not None and operation.verbatim:
            values = linked(values, sources)
        return fill(shape, {**values, **(sources if shape else {})})

    def _target_of(self, job: Placed) -> Target | None:
        return self.catalog.target(str(job.meta.get("model")), job.provider, job.provider_model)

    @property
    def skills(self) -> dict[str, list[str]]:
        """What the operations need to have made, and for which of them."""
        found: dict[str, list[str]] = {}
        for operation in self.operations.values():
            for makes in (*operation.makes, *operation.instead):
                found.setdefault(makes, []).append(operation.type)
        return found

    @property
    def names(self) -> list[str]:
        """The fields of orders by which their tasks are called."""
        fields = [
            name
            for operation in self.operations.values()
            for name, field in operation.params.model_fields.items()
            if isinstance(field.json_schema_extra, dict)
            and field.json_schema_extra.get("x-ui") == "prompt"
        ]
        return list(dict.fromkeys(fields))

    def check(self, model: Model) -> None:
        """Invalid for an entry that nobody needs, or that names a provider who is not here."""
        if model.makes not in self.skills:
            raise Invalid(
                f"No operation needs {model.makes!r}.", code="bad_model", skills=[*self.skills]
            )
        for target in model.targets:
            if self.providers is not None and target.provider not in self.providers:
                raise Invalid(
                    f"There is no provider {target.provider!r} here.",
                    code="bad_model",
                    providers=sorted(self.providers),
                )

    def _unknown(self, named: str, skills: Sequence[str]) -> Invalid:
        known = [m.id for m in self.catalog.models if m.makes in skills and not m.disabled]
        return Invalid(
            f"There is no model {named!r} for this.", code="unknown_model", models=known[:50]
        )

    @property
    def version(self) -> str:
        """The version of the prices."""
        return self.catalog.version


def total(priced: Sequence[Priced]) -> int:
    """The most that these pieces can cost together, in micro-credits."""
    return sum(piece.amount for piece in priced)
