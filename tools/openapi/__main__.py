"""Write the API's OpenAPI document anew."""

from pathlib import Path

from tools.openapi.document import DOCUMENT, document

if __name__ == "__main__":
    Path(DOCUMENT).write_text(document())
