"""Models from the command line, with no server and with one YAML entry."""

from pathlib import Path

from tests.house.command import Gesso

ENTRY = """\
id: house/sketch
makes: text_to_image
provider: studio
model: paint
queue: image
unit: picture
price: {megapixel: 2, at_least: 0.5, tiers: {high: 2}, bounds: {megapixels: 1.1}}
examples:
  - {input: {width: 512, height: 512}, tier: fast, price: 0.524288}
  - {input: {width: 1024, height: 1024}, tier: high, price: 4.194304}
"""


def test_a_model_is_one_entry_and_is_added_shown_and_taken_out(
    gesso: Gesso, tmp_path: Path
) -> None:
    file = tmp_path / "sketch.yaml"
    file.write_text(ENTRY)
    added = gesso("models", "add", str(file))
    assert (added.returncode, added.stdout) == (0, "house/sketch is in force as revision 1.\n")
    rows = gesso("models", "list", "--makes", "text_to_image").stdout.splitlines()
    first = next(row for row in rows if "/" in row)
    assert first.split()[:3] == ["house/sketch", "text_to_image", "all"]
    assert "2–4 a megapixel" in first
    assert "available" in first
    assert rows[-1].endswith("+r1.")
    assert not any("studio/film" in row for row in rows)

    off = gesso("models", "disable", "house/sketch", "--target", "studio:paint")
    assert off.stdout == "house/sketch's studio:paint is disabled, as revision 2.\n"
    assert "disabled: true" in gesso("models", "show", "house/sketch").stdout
    assert gesso("models", "enable", "house/sketch", "--target", "studio:paint").returncode == 0
    gesso("models", "disable", "house/sketch")
    listed = gesso("models", "list").stdout
    assert "disabled" in next(row for row in listed.splitlines() if "house/sketch" in row)
    shown = gesso("models", "show", "house/sketch").stdout
    assert shown.count("# revision") == 4
    assert gesso("audit").returncode == 0


def test_what_makes_no_sense_is_told_and_adds_nothing(gesso: Gesso, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    good, odd = ENTRY, ENTRY.replace("price: 4.194304", "price: 4")
    for text, words in (
        (odd, "house/sketch: example 2: its price comes to 4.194304, not 4"),
        (good.replace("text_to_image", "coffee"), "No operation needs 'coffee'."),
        (good.replace("provider: studio", "provider: nobody"), "There is no provider 'nobody'"),
        (good.replace("queue: image", "queue: nowhere"), "described nowhere: ['nowhere']"),
        ("[1, 2", "while parsing"),
        ("just words", "valid dictionary"),
    ):
        file.write_text(text)
        refused = gesso("models", "add", str(file))
        assert (refused.returncode, words in refused.stderr) == (2, True), refused.stderr
    for command in (("show", "nobody/knows"), ("disable", "nobody/knows"), ("add", "nowhere.yaml")):
        assert gesso("models", *command).returncode == 2
    assert "house/sketch" not in gesso("models", "list").stdout
    assert "+r" not in gesso("models", "list").stdout


def test_hosted_models_wait_for_their_keys(gesso: Gesso) -> None:
    rows = gesso("models", "list", "--makes", "image_to_3d").stdout.splitlines()
    states = {row.split()[0]: row.rstrip().endswith("available") for row in rows if "/" in row}
    assert states == {"meshy/latest": False, "tripo/2.5": False, "studio/sculpt": True}
