"""The sculptor: a prompt or a picture to a GLB model."""

from collections.abc import Mapping

from gesso.providers.studio import relief
from gesso.providers.studio.casting import cast
from gesso.providers.studio.catalogue import figure_of
from gesso.providers.studio.march import Progress
from gesso.providers.studio.mesh import to_glb
from gesso.providers.studio.pictures import open_picture
from gesso.providers.studio.signature import signed_by
from gesso.providers.studio.words import read


def sculpt(
    prompt: str,
    *,
    seed: int,
    image: bytes | None,
    recipe: Mapping[str, object] | None,
    progress: Progress,
) -> bytes:
    """A closed GLB model of the prompt, or of the picture if there is one.

    A picture that we painted, known by its signature or by the `recipe` (`{"prompt", "seed"}`),
    becomes the very object in it; any other is inflated or made a relief.
    """
    progress(0.0)
    if recipe is not None:
        prompt, seed = str(recipe.get("prompt", prompt)), _number(recipe.get("seed", seed))
    brief = read(prompt)
    picture = open_picture(image) if image is not None else None
    painted = image is None or recipe is not None or signed_by(image, prompt=prompt, seed=seed)
    progress(0.05)
    if picture is None or (painted and not brief.is_view):
        mesh, skin = cast(figure_of(brief, seed), lambda share: progress(0.05 + 0.85 * share))
    else:
        mesh, skin = relief.model(picture, lambda share: progress(0.05 + 0.85 * share))
    content = to_glb(mesh, skin)
    progress(1.0)
    return content


def _number(value: object) -> int:
    if isinstance(value, int):
        return value
    raise ValueError("The recipe's seed is not a whole number.")
