"""Markdown (CommonMark with tables and strikethrough, no raw HTML) to safe HTML and to plain text."""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

_TAGS = frozenset(
    ("a", "img", "br", "hr", "p", "blockquote", "pre", "code", "em", "strong", "s", "ul", "ol", "li")
) | frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"))
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


def html(markdown: str, *, top: int = 3) -> str:
    """Give *markdown* as clean, well-formed HTML whose highest headings have level *top*."""
    import nh3  # noqa: PLC0415 - most mails have no Markdown in them, and a daemon stays small without

    parser = _parser()
    tokens = parser.parse(markdown)
    _lower_headings(tokens, top)
    return nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def text(markdown: str) -> str:
    """Give *markdown* as plain text, one line a paragraph; a link is `words <URL>`, or its URL alone."""
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415 - as above

    return _blocks(SyntaxTreeNode(_parser().parse(markdown)).children, "\n\n")


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - as above

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _lower_headings(tokens: "list[Token]", top: int) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=top)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) - highest + top)}"


def _blocks(nodes: "list[SyntaxTreeNode]", between: str) -> str:
    return between.join(block for node in nodes if (block := _block(node)))


def _block(node: "SyntaxTreeNode") -> str:
    return _WRITERS.get(node.type, _plain)(node)


def _plain(node: "SyntaxTreeNode") -> str:
    return _inline(node.children)


def _quote(node: "SyntaxTreeNode") -> str:
    quoted = _blocks(node.children, "\n\n").split("\n")
    return "\n".join(f"> {line}" if line else ">" for line in quoted)


def _code(node: "SyntaxTreeNode") -> str:
    return re.sub(r"(?m)^(?=.)", "    ", node.content.rstrip("\n"))


def _rule(_: "SyntaxTreeNode") -> str:
    return "* * *"


def _table(node: "SyntaxTreeNode") -> str:
    rows = (row for part in node.children for row in part.children)
    return "\n".join(" | ".join(_inline(cell.children) for cell in row.children) for row in rows)


def _list(node: "SyntaxTreeNode") -> str:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    is_tight = all(
        child.hidden for item in node.children for child in item.children if child.type == "paragraph"
    )
    between = "\n" if is_tight else "\n\n"
    items = (
        _item(_blocks(item.children, between), "-" if first is None else f"{first + number}.")
        for number, item in enumerate(node.children)
    )
    return between.join(items)


def _item(content: str, bullet: str) -> str:
    return f"{bullet} " + re.sub(r"\n(?=.)", "\n" + " " * (len(bullet) + 1), content)


def _inline(nodes: "list[SyntaxTreeNode]") -> str:
    return "".join(_words(node) for node in nodes)


def _words(node: "SyntaxTreeNode") -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "link":
            return _link(_inline(node.children).strip(), str(node.attrs["href"]))
        case _:
            return _inline(node.children)


def _link(words: str, url: str) -> str:
    return url if words in ("", url) else f"{words} <{url}>"


_WRITERS: "dict[str, Callable[[SyntaxTreeNode], str]]" = {
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "fence": _code,
    "code_block": _code,
    "hr": _rule,
    "table": _table,
}
