"""ComfyUI: a workflow server of one's own, and how it is spoken to."""
