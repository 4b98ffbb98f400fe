"""The kinds of task: one module each, registered by entry point (`gesso.operations`) or listed
here.
"""

from gesso.domain.tasks import Operation
from gesso.operations.image_to_3d import ImageTo3D
from gesso.operations.image_to_video import ImageToVideo
from gesso.operations.text_to_3d import TextTo3D
from gesso.operations.text_to_image import TextToImage
from gesso.operations.text_to_video import TextToVideo
from gesso.operations.upscale import Upscale

BUILT_IN: tuple[type[Operation], ...] = (  # type: ignore[type-arg]  # each has its own order
    TextToImage,
    TextToVideo,
    ImageToVideo,
    Upscale,
    ImageTo3D,
    TextTo3D,
)

__all__ = ["BUILT_IN"]
