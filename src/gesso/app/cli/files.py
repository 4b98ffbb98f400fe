"""Results as files: fetched, and named after what was asked for."""

import json
import mimetypes
import re
import unicodedata
from pathlib import Path

from gesso.app.cli.client import Client, Json

_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "model/gltf-binary": ".glb",
}
_LONGEST = 48


def delivered(task: Json, phase: str | None = None) -> list[Json]:
    """The pieces that are there, of one phase or of all."""
    return [
        file
        for output in task["outputs"]
        if output["asset_id"] and phase in (None, output["phase"])
        for file in (output, *_further(output))
    ]


def _further(output: Json) -> list[Json]:
    """The other files of a piece, told apart by an index behind its own."""
    return [
        {**file, "index": f"{output['index']}-{place}"}
        for place, file in enumerate(output["more"], 1)
    ]


async def save(client: Client, outputs: list[Json], out: Path, stem: str) -> list[Path]:
    """Fetch these pieces into `out`; pieces of one kind are told apart by their index."""
    out.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # nobody else waits for this loop
    files = []
    for output in outputs:
        kinds = [other for other in outputs if other["kind"] == output["kind"]]
        number = f"-{output['index']}" if len(kinds) > 1 else ""
        file = out / f"{stem}{number}{_ending(output['content_type'])}"
        await client.download(output["url"], file)
        files.append(file)
    return files


def keep_values(task: Json, out: Path, stem: str) -> list[tuple[Path, str]]:
    """Write results that are no files into `out`; where each is, and its text."""
    values = [output for output in task["outputs"] if output["value"] is not None]
    kept = []
    for output in values:
        number = f"-{output['index']}" if len(values) > 1 else ""
        file = out / f"{stem}{number}.json"
        text = json.dumps(output["value"], indent=2, ensure_ascii=False)
        out.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        kept.append((file, text))
    return kept


def stem_of(text: str) -> str:
    """A file's name made of a prompt's first words;
    `gesso` when it has none that can be written.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:_LONGEST].rpartition("-")[0] if len(words) > _LONGEST else words or "gesso"


def free_stem(out: Path, stem: str) -> str:
    """The stem, counted on until no file in `out` begins with it: what is there stays."""
    taken = {file.name for file in out.iterdir()} if out.is_dir() else set()
    tries = [stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3))]
    return next(
        tried
        for tried in tries
        if not any(re.fullmatch(rf"{re.escape(tried)}(-\d+)?\.\w+", name) for name in taken)
    )


def _ending(content_type: str) -> str:
    return _ENDINGS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
