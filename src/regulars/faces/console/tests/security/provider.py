"""A small OpenID provider on loopback: discovery, keys, codes with PKCE, signed identities. It can be made to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "regulars", "a secret of two"


class Provider:
    """Who vouches for `person`; `lies` changes what it says."""

    def __init__(self) -> None:
        self.key, self.strange_key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
        self.person: dict[str, Any] = {
            "sub": "77", "email": "owner@example.com", "email_verified": True, "name": "Mira of the Provider",
        }  # fmt: skip
        self.lies: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.issuer = ""

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.lies.get("issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        key: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [key | {"kid": "one", "alg": "RS256", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser is led: the person has agreed, or, as a lie, has not."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        if self.lies.get("cancelled"):
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> dict[str, Any]:
        first = self.codes.pop(asked["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).rstrip(b"=")
        assert challenge.decode() == first["code_challenge"]
        assert asked["redirect_uri"] == first["redirect_uri"]
        assert (asked["client_id"], asked["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        told = self.person | {"iss": self.issuer, "aud": CLIENT_ID, "iat": int(time.time()), "exp": time.time() + 60}
        told |= self.lies.get("identity", {})
        key = self.strange_key if self.lies.get("strange_key") else self.key
        identity = jwt.encode(told, key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": identity}

    def userinfo(self) -> dict[str, Any]:
        told: dict[str, Any] = self.lies.get("userinfo", {})
        return self.person | told


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:  # The library's own.
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(asked))
            self.end_headers()
            return
        answers = {
            "/.well-known/openid-configuration": self.provider.discovery,
            "/keys": self.provider.keys,
            "/userinfo": self.provider.userinfo,
        }
        self._answer(answers[parts.path]())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(self.provider.token({name: values[0] for name, values in parse_qs(body).items()}))

    def _answer(self, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def open_provider() -> Iterator[Provider]:
    """Serve a provider."""
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
