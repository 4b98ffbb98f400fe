"""Simulators by name: what is printed of one makes a server speak to it."""

import shlex

import pytest

from gesso.app.cli.simulating import settings_for
from gesso.infra.settings import SettingsError, load_settings
from gesso.providers.adapters import ADAPTERS
from gesso.simulators import Simulator
from gesso.simulators.registry import GATEWAYS, SIMULATORS
from gesso.simulators.stripe import StripeSimulator

ACCESS = {adapter.name: adapter.access for adapter in ADAPTERS}


@pytest.mark.parametrize("kind", SIMULATORS.values(), ids=SIMULATORS)
def test_what_is_printed_leads_a_server_there(
    kind: type[Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = kind()
    simulator.url = "http://127.0.0.1:7"
    for line in settings_for(simulator):
        name, _, value = shlex.split(line)[0].partition("=")
        monkeypatch.setenv(name, value)
    settings = load_settings().providers[simulator.name]
    told = {part: secret.get_secret_value() for part, secret in settings.secrets.items()}
    assert (settings.root, told) == (simulator.url, dict(simulator.secrets))


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_simulator_is_opened_by_what_its_provider_asks_for(name: str) -> None:
    needed = set(ACCESS[name].secrets)
    assert needed <= set(SIMULATORS[name].secrets)


def test_what_is_printed_of_a_gateway_leads_payments_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stripe = StripeSimulator()
    stripe.url = "http://127.0.0.1:7"
    for line in settings_for(stripe):
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, shlex.split(value)[0])
    told = load_settings().payments.stripe
    assert told.key is not None
    assert (told.root, told.key.get_secret_value()) == (stripe.url, stripe.secrets["key"])
    assert [each.get_secret_value() for each in told.webhook_secrets] == stripe.signing
    assert {"stripe": StripeSimulator} == GATEWAYS


def test_an_empty_webhook_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GESSO_PAYMENTS__STRIPE__WEBHOOK_SECRETS", '[""]')
    with pytest.raises(SettingsError, match="at least 8 letters"):
        load_settings()
