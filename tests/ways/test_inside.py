"""What an issuer's address may lead to: nothing that is not everybody's."""

from pathlib import Path

from tests.ways.waystation import open_station


async def test_what_is_inside_is_not_reached(sqlite_url: str, tmp_path: Path) -> None:
    """The provider is a canary here: it is on this machine, and nothing allows to go there."""
    async with open_station(sqlite_url, tmp_path, allow=()) as station:
        browser = await station.browser()
        inside = ["169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:169.254.169.254]", "127.1"]
        for number, host in enumerate(inside):
            slug = f"inside-{number}"
            await station.channel(slug, issuer=f"https://{host}")
            landed = await browser.get(f"/auth/sso/{slug}/start")
            assert (landed.status, landed.code) == (503, "issuer_unavailable"), host
        await station.channel("canary")
        assert (await browser.get("/auth/sso/canary/start")).code == "issuer_unavailable"
        assert station.provider.calls == []
