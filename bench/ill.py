"""A provider that fails every submission, beside one that delivers at once.

A plugin like any other. Its other end is `/ill` of `bench.distant_server`, which answers 503 after
as long as a far provider takes to.
"""

from pathlib import Path

from bench import instant
from bench.distant import KEY, Sheet
from gesso.providers import (
    Access,
    Call,
    Failed,
    Flow,
    Offers,
    Provider,
    Refused,
    Submission,
    Ticket,
)
from gesso.providers.readings import refused

CATALOG = """
version: bench
queues:
  instant: {max_concurrency: 1000, timeout_seconds: 3600}
  ill: {max_concurrency: 1000, timeout_seconds: 3600}
models:
  - {id: bench/dot, makes: text_to_image, provider: instant, model: dot, queue: instant, price: 1}
  - {id: bench/ill, makes: sheet, provider: ill, model: dot, queue: ill, price: 1}
"""


class Ill(Provider):
    """Asks, and is told that there is too much to do."""

    name = "ill"
    access = Access(root="http://ill.invalid", secrets={"key": "ILL_KEY"})
    offers = Offers(cancel=False)

    def submit(self, order: Submission) -> Flow[Refused]:
        """Ask for the work in vain."""
        headers = {"Authorization": f"Bearer {order.credential.secret()}"}
        answer = yield Call("POST", f"{order.credential.root}/ill", headers=headers)
        return refused(answer, "It was not taken.")

    def poll(self, ticket: Ticket) -> Flow[Failed]:  # noqa: ARG002
        """Never asked, for nothing was ever taken."""
        return Failed("interrupted", "It was never under way.", again=True)
        yield


PROVIDERS = (instant.Instant, Ill)
OPERATIONS = (Sheet,)


def settings(folder: Path, root: str) -> dict[str, str]:
    """The environment of a server that works with both; their catalogue goes to `folder`."""
    catalog = folder / "ill.yaml"
    catalog.write_text(CATALOG)
    return {
        "GESSO_PLUGINS": '["bench.ill"]',
        "GESSO_CATALOG": str(catalog),
        "GESSO_PROVIDERS__ILL__ROOT": root,
        "ILL_KEY": KEY,
    }
