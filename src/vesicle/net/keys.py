"""What a mail provider's signature is verified with."""

from collections.abc import Callable


class ProviderKeys:
    """A `ports.Keys` on the *options* of one provider; a certificate is fetched once."""

    def __init__(self, options: object, fetch: Callable[[str], bytes]) -> None:
        self._options = options
        self._fetch = fetch
        self._certificates: dict[str, bytes] = {}

    def secret(self, name: str) -> str:
        """Give the option called *name*; empty where there is none."""
        return str(getattr(self._options, name, ""))

    def certificate(self, url: str) -> bytes:
        """Give what stands at *url*; raises what fetching it raises."""
        if url not in self._certificates:
            self._certificates[url] = self._fetch(url)
        return self._certificates[url]
