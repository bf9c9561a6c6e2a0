"""What signatures are verified with in tests."""

from collections.abc import Mapping

from vesicle.model.errors import NotFound


class FixedKeys:
    """Gives the secrets and certificates that it was made with, and remembers what was fetched."""

    def __init__(
        self, secrets: Mapping[str, str] | None = None, *, certificates: Mapping[str, bytes] | None = None
    ) -> None:
        self._secrets = dict(secrets or {})
        self._certificates = dict(certificates or {})
        self.fetched: list[str] = []

    def secret(self, name: str) -> str:
        """Give the secret called *name*; empty where there is none."""
        return self._secrets.get(name, "")

    def certificate(self, url: str) -> bytes:
        """Give the certificate at *url*; raise NotFound where there is none."""
        self.fetched.append(url)
        if url not in self._certificates:
            raise NotFound(f"{url}: there is no certificate")
        return self._certificates[url]
