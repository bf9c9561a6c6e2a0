"""What is probably wrong with an address that looks right: a typing error in the domain of a provider."""

# Where most private mailboxes are, in the countries of our readers and beyond.
PROVIDERS = (
    "gmail.com",
    "email.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.co.th",
    "outlook.com",
    "outlook.co.th",
    "live.com",
    "live.co.uk",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "yahoo.co.th",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "t-online.de",
    "mail.com",
    "mail.ru",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
    "fastmail.com",
    "orange.fr",
    "free.fr",
    "libero.it",
    "qq.com",
    "163.com",
    "naver.com",
    "chmail.ir",
    "truemail.co.th",
)

# A domain shorter than this is one letter from many others that are right.
_SHORTEST = 9


def likely_domain(domain: str) -> str:
    """Give the provider whose domain is one typing error away from *domain*; empty where there is none.

    The errors are those of Damerau: a character too many, missing, wrong, or two that changed places. Only
    providers of at least nine characters are guessed: `me.com` is too near to too many.
    """
    written = domain.lower().rstrip(".")
    if written in PROVIDERS:
        return ""
    return next((one for one in PROVIDERS if len(one) >= _SHORTEST and is_near(written, one)), "")


def is_near(one: str, other: str) -> bool:
    """Tell whether a single typing error makes one text of the other; linear in their length."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    return max(len(one), len(other)) == 1 or (len(one) == 2 and one == other[::-1])


def _shared(one: str, other: str) -> int:
    """Count the characters that both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
