import pytest

from vesicle.text.agents import looks_like_scanner


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "   ",
        "python-requests/2.32",
        "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) BingPreview/1.0b",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0",
        "WhatsApp/2.23",
        "curl/8.5",
    ],
)
def test_programs_that_follow_links_are_known_by_their_names(agent: str) -> None:
    assert looks_like_scanner(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
    ],
)
def test_browsers_are_not(agent: str) -> None:
    assert not looks_like_scanner(agent)
