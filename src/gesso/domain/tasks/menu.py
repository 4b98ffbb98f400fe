"""The menu: which operations there are, and what an order comes to under the catalogue in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gesso.domain.catalog import Catalog, Model
from gesso.domain.tasks.operation import Draft, Operation, Order
from gesso.infra.errors import Invalid


@dataclass(frozen=True, slots=True)
class Priced:
    """A piece with the model that will make it, and the most that it can cost in micro-credits."""

    draft: Draft
    model: Model
    amount: int


@dataclass(frozen=True, slots=True)
class Menu:
    """Everything that can be asked for."""

    operations: Mapping[str, Operation[Any]]
    catalog: Catalog

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
        """Each piece with its model and price; Invalid when nobody makes it in the tier asked."""
        operation = self.operation(order.type)
        priced = []
        for draft in drafts:
            model = self.model(draft.makes, order)
            priced.append(Priced(draft, model, operation.price(order, draft, model.amount)))
        return priced

    def model(self, makes: str, order: Order) -> Model:
        """The model for this skill in the order's tier."""
        model = self.catalog.pick(makes, order.tier)
        if model is None:
            raise Invalid(f"Nobody makes {makes} in the tier {order.tier}.", code="no_model")
        return model

    @property
    def version(self) -> str:
        """The version of the prices."""
        return self.catalog.version


def total(priced: Sequence[Priced]) -> int:
    """The most that these pieces can cost together, in micro-credits."""
    return sum(piece.amount for piece in priced)
