"""The kinds of task: one module each, registered by entry point (`gesso.operations`) or listed
here.
"""

from gesso.domain.tasks import Operation
from gesso.operations.analyze_trends import AnalyzeTrends
from gesso.operations.analyze_video import AnalyzeVideo
from gesso.operations.comfyui_workflow import ComfyUIWorkflow
from gesso.operations.image_to_3d import ImageTo3D
from gesso.operations.image_to_video import ImageToVideo
from gesso.operations.moderate_content import ModerateContent
from gesso.operations.publish_video import PublishVideo
from gesso.operations.remix_video import RemixVideo
from gesso.operations.run_model import RunModel
from gesso.operations.scrape_trends import ScrapeTrends
from gesso.operations.text_to_3d import TextTo3D
from gesso.operations.text_to_image import TextToImage
from gesso.operations.text_to_video import TextToVideo
from gesso.operations.upscale import Upscale
from gesso.operations.write_seo import WriteSeo

BUILT_IN: tuple[type[Operation], ...] = (  # type: ignore[type-arg]  # each has its own order
    TextToImage,
    TextToVideo,
    ImageToVideo,
    RemixVideo,
    Upscale,
    ImageTo3D,
    TextTo3D,
    AnalyzeVideo,
    ModerateContent,
    WriteSeo,
    AnalyzeTrends,
    ScrapeTrends,
    PublishVideo,
    ComfyUIWorkflow,
    RunModel,
)

__all__ = ["BUILT_IN"]
