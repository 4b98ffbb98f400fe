"""The film-maker: a prompt or a picture to an MP4 that loops."""

from collections.abc import Callable

from scipy import ndimage

from gesso.providers.studio import turntable
from gesso.providers.studio.encoder import encode, part
from gesso.providers.studio.lighting import develop
from gesso.providers.studio.march import Progress
from gesso.providers.studio.noise import Array
from gesso.providers.studio.parallax import Parallax
from gesso.providers.studio.pictures import open_picture, to_bytes
from gesso.providers.studio.portrait import arrange, backdrop
from gesso.providers.studio.scenes import View, finisher
from gesso.providers.studio.words import Brief, read


def film(
    prompt: str,
    *,
    seed: int,
    seconds: float,
    fps: int,
    width: int,
    height: int,
    image: bytes | None,
    progress: Progress,
) -> bytes:
    """A silent MP4 whose end meets its beginning: a view that lives, a turning object, a picture.

    Over a picture the camera moves. Odd sizes lose a pixel, as H.264 asks.
    """
    _check(seconds=seconds, fps=fps, width=width, height=height)
    progress(0.0)
    size = (width // 2 * 2, height // 2 * 2)
    brief = read(prompt)
    begun = part(progress, 0.0, 0.2)
    if image is not None:
        dice = brief.dice(seed=seed, purpose="camera")
        moving = Parallax(open_picture(image), size, dice)
        shoot: Callable[[float], Array] = moving.show
    elif brief.is_view:
        shoot = _view(brief, seed, size)
    else:
        shoot = _object(brief, seed, size, begun)
    begun(1.0)
    frames = max(2, round(seconds * fps))
    rolling = part(progress, 0.2, 0.98)
    content = encode(lambda number: to_bytes(shoot(number / frames)), frames, fps, rolling)
    progress(1.0)
    return content


def _check(*, seconds: float, fps: int, width: int, height: int) -> None:
    if not 0.5 <= seconds <= 20:
        raise ValueError("A film must be between half a second and 20 seconds long.")
    if not 5 <= fps <= 60:
        raise ValueError("A film must have between 5 and 60 frames a second.")
    if not (64 <= width <= 1920 and 64 <= height <= 1920):
        raise ValueError("Width and height of a film must be between 64 and 1920 pixels.")


def _view(brief: Brief, seed: int, size: tuple[int, int]) -> Callable[[float], Array]:
    view = View(brief, seed=seed)
    finish = finisher(size, view.hour, brief.dice(seed=seed, purpose="grain"))
    return lambda phase: finish(view.paint(size, phase))


def _object(
    brief: Brief, seed: int, size: tuple[int, int], progress: Progress
) -> Callable[[float], Array]:
    sitting = arrange(brief, seed=seed, cells=60)
    dice = brief.dice(seed=seed, purpose="paper")
    ground = backdrop(brief, dice, size)
    exposure = 1.0
    if brief.setting is not None:
        view = View(brief, seed=seed)
        ground = ndimage.gaussian_filter(view.paint(size), (3, 3, 0))
        exposure = view.hour.exposure * 1.2
    table = turntable.prepare(sitting, size, progress)

    def shoot(phase: float) -> Array:
        colour, cover, floor = table.show(360 * phase)
        return develop(colour + ground * floor[..., None] * (1 - cover[..., None]), exposure)

    return shoot
