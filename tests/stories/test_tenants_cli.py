"""Organisations, people and the audit log from the command line."""

from tests.house.command import Gesso


def test_the_command_line_appoints_dismisses_and_keeps_tenants(gesso: Gesso) -> None:
    assert gesso("user", "create", "anna@example.org", "--role", "owner").returncode == 0
    assert gesso("tenants", "create", "Partner").returncode == 0
    bert = ("bert@example.org", "--tenant", "Partner")
    assert gesso("user", "create", *bert).returncode == 0
    assert "operator" in gesso("user", "role", "bert@example.org", "operator", *bert[1:]).stdout
    key = gesso("key", "create", *bert).stdout.strip()
    assert key.startswith("gsk_")
    assert gesso("user", "disable", *bert).returncode == 0
    assert "operator, disabled" in gesso("user", "list").stdout
    assert gesso("user", "enable", *bert).returncode == 0
    assert gesso("user", "role", "anna@example.org", "user").returncode == 2
    assert gesso("tenants", "rename", "Partner", "Sons").returncode == 0
    assert gesso("tenants", "close", "Sons").returncode == 0
    assert "closed" in gesso("tenants", "list").stdout
    assert gesso("tenants", "close", "default").returncode == 2
    log = gesso("audit-log", "--limit", "50").stdout
    for action in ("user.create", "user.change_role", "user.disable", "key.create", "tenant.close"):
        assert action in log, action
    assert key not in log
    assert key.split("_")[2] not in gesso("audit-log", "--csv").stdout
