from vesicle.model.message import Link, Picture
from vesicle.text.html import links, pictures


def test_links_come_with_the_words_a_reader_sees() -> None:
    html = '<p><a href="https://a.example/?x=1&amp;y=2">the\n <b>moss</b> study</a> and <a href="m">more</a>'
    assert links(html) == (
        Link(url="https://a.example/?x=1&y=2", text="the moss study"),
        Link(url="m", text="more"),
    )


def test_alt_text_of_an_image_counts_as_words() -> None:
    assert links('<a href="u">see<img src="s" alt="the chart">now</a>') == (
        Link(url="u", text="see the chart now"),
    )
    assert links('<a href="u"><img src="s"></a>') == (Link(url="u", text=""),)


def test_what_is_in_comments_is_not_seen() -> None:
    html = '<!-- <a href="x">y</a> --><!--[if mso]><a href="x"><img src="i"></a><![endif]--><a href="z">w</a>'
    assert links(html) == (Link(url="z", text="w"),)
    assert pictures(html) == ()


def test_what_only_outlook_skips_is_seen() -> None:
    assert links('<!--[if !mso]><!--><a href="z">w</a><!--<![endif]-->') == (Link(url="z", text="w"),)


def test_anchor_without_address_is_no_link() -> None:
    assert links('<a name="here">x</a> words <a href="u">v</a>') == (Link(url="u", text="v"),)


def test_links_that_are_never_closed_are_told_apart() -> None:
    assert links('<a href="1">one<a href="2">two') == (Link(url="1", text="one"), Link(url="2", text="two"))


def test_words_around_a_link_are_not_its_words() -> None:
    assert links('before <img src="s" alt="not mine"> <a href="u">mine</a> after') == (
        Link(url="u", text="mine"),
    )


def test_missing_alt_is_told_from_an_empty_one() -> None:
    html = '<img src="a.png"><img src="b.png" alt=""><img src="c.png" alt><img alt="d &amp; e">'
    assert pictures(html) == (
        Picture(src="a.png", alt=None),
        Picture(src="b.png", alt=""),
        Picture(src="c.png", alt=""),
        Picture(src="", alt="d & e"),
    )


def test_first_of_two_attributes_counts_as_in_a_browser() -> None:
    assert links('<a href="1" href="2">x</a>') == (Link(url="1", text="x"),)
