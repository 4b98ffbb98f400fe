"""What a browser may do with our pages: nothing that is not of this origin, and nothing inline that
was not there when they were built.
"""

from typing import Final
from urllib.parse import urlsplit

from gesso.infra.storage.settings import StorageSettings

_SECURITY: Final = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # A report in the console only: which of our libraries would need a policy of its own.
    "content-security-policy-report-only": "require-trusted-types-for 'script'",
}


def security_headers(
    *, scripts: tuple[str, ...], styles: tuple[str, ...], media: str | None
) -> dict[str, str]:
    """The headers of a page; `media` is where pictures come from beside this origin."""
    return {**_SECURITY, "content-security-policy": content_policy(scripts, styles, media)}


def content_policy(scripts: tuple[str, ...], styles: tuple[str, ...], media: str | None) -> str:
    """The Content-Security-Policy of a page whose inline scripts and styles have these hashes."""
    beside = [media] if media else []
    rules: dict[str, list[str]] = {
        "default-src": ["'self'"],
        # Compressed models are unpacked by WebAssembly; JavaScript is not made from text.
        "script-src": ["'self'", "'wasm-unsafe-eval'", *(f"'{each}'" for each in scripts)],
        "style-src": ["'self'", *(f"'{each}'" for each in styles)],
        "img-src": ["'self'", "blob:", "data:", *beside],
        "media-src": ["'self'", "blob:", *beside],
        # A model's textures are read from blobs.
        "connect-src": ["'self'", "blob:", *beside],
        "worker-src": ["'self'", "blob:"],
        "frame-src": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())


def media_origin(storage: StorageSettings) -> str | None:
    """Where browsers fetch results, if it is not from us: the bucket, when it hands them out."""
    if storage.kind != "s3" or storage.downloads != "redirect":
        return None
    parts = urlsplit(storage.public_bucket_url)
    return f"{parts.scheme}://{parts.netloc}"
