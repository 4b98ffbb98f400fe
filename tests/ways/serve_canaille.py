"""Serves Canaille, a whole OpenID provider, with one user and one client: a program of its own.

python serve_canaille.py PORT FOLDER REDIRECT_URI
"""

import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server

CLIENT, SECRET = "gesso-client", "a-secret-of-a-client-32-letters."
"""No letters that a client encodes in its header (RFC 6749, 2.3.1): Authlib does not decode."""
USER, PASSWORD = "anna", "correct horse battery staple"


def configuration(port: int, folder: Path) -> dict[str, Any]:
    """On this machine, in this folder, with a key of its own."""
    private = rsa.generate_private_key(65537, 2048)
    jwk = {**RSAAlgorithm.to_jwk(private, as_dict=True), "kid": "canaille-1", "use": "sig"}
    del jwk["key_ops"]
    return {
        "SECRET_KEY": "for a test",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "sql", "FORCE_HTTPS": False},
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder / 'canaille.db'}"},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [jwk]},
    }


def fill(redirect_uri: str) -> None:
    """One user, one client."""
    models = importlib.import_module("canaille.app.models")
    backend = importlib.import_module("canaille.backends").Backend.instance
    backend.save(
        models.User(
            user_name=USER, formatted_name="Anna", family_name="A",
            emails=["anna@example.org"], password=PASSWORD,
        )
    )  # fmt: skip
    client = models.Client(
        client_id=CLIENT, client_secret=SECRET, client_name="gesso",
        client_id_issued_at=datetime.now(UTC),
        client_uri="http://127.0.0.1", redirect_uris=[redirect_uri],
        grant_types=["authorization_code"], response_types=["code"],
        scope=["openid", "email", "profile"],
        token_endpoint_auth_method="client_secret_basic",
    )  # fmt: skip
    backend.save(client)
    client.audience = [client]
    backend.save(client)


def main() -> None:
    """Make it, and serve until somebody ends it."""
    port, folder, redirect_uri = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    app = importlib.import_module("canaille").create_app(configuration(port, folder))
    with app.app_context():
        importlib.import_module("canaille.backends").Backend.instance.install(app)
        fill(redirect_uri)
    server = make_server("127.0.0.1", port, app, threaded=True)
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
