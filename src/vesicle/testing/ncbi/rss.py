"""PubMed's RSS feed of a saved search (its generator 2.15.0)."""

from datetime import date, datetime, time
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from vesicle.testing.ncbi.replies import Params, Reply, number
from vesicle.testing.ncbi.shelf import Record, Shelf
from vesicle.testing.ncbi.term import translate

MOST = 100
"""As many papers as a feed may hold."""

_HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    '<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">\n  <channel>\n'
)
_NEW_YORK = ZoneInfo("America/New_York")
_TEASER = 500


def rss(term: str, params: Params, shelf: Shelf) -> Reply:
    """Give the newest records that *term* finds, every record where it is empty."""
    found = translate(term, shelf).search(shelf) if term else shelf.all()
    newest = sorted(found, key=lambda record: record.created, reverse=True)
    shown = newest[: min(number(params, "limit", 15), MOST)]
    title = escape(term or "all", quote=False)
    link = "https://pubmed.ncbi.nlm.nih.gov/rss-feed/?feed_id=made-up&amp;utm_campaign=pubmed-2&amp;v=2.15.0"
    lines = [
        f"<title>{title}</title>",
        f"<link>{link}</link>",
        f"<description>{title}: Latest results from PubMed</description>",
        f'<atom:link href="{link}" rel="self"/>',
        "<docs>http://www.rssboard.org/rss-specification</docs>",
        "<generator>PubMed RSS feeds (2.15.0)</generator>",
        "<language>en</language>",
        f"<lastBuildDate>{_six_o_clock(shelf.newest())}</lastBuildDate>",
        f"<pubDate>{_six_o_clock(shelf.newest())}</pubDate>",
        "<ttl>120</ttl>",
    ]
    body = _HEAD + "".join(f"    {line}\n" for line in lines) + "".join(map(_item, shown))
    return Reply(body=f"{body}  </channel>\n</rss>\n".encode(), media_type="text/xml; charset=utf-8")


def _item(record: Record) -> str:
    title = escape(record.title.removesuffix("."), quote=False)
    link = f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/?utm_source=Made Up/1.0&amp;utm_medium=rss"
    lines = [
        f"<title>{title}</title>",
        f"<link>{link}</link>",
        f"<description>{escape(_teaser(record), quote=False)}</description>",
        f"<content:encoded><![CDATA[{_content(record)}]]></content:encoded>",
        f'<guid isPermaLink="false">pubmed:{record.pmid}</guid>',
        f"<pubDate>{_six_o_clock(record.created)}</pubDate>",
        *(f"<dc:creator>{escape(name, quote=False)}</dc:creator>" for name in record.authors),
        f"<dc:date>{record.published}</dc:date>",
        f"<dc:source>{escape(record.journal, quote=False)}</dc:source>",
        f"<dc:title>{title}</dc:title>",
        f"<dc:identifier>pmid:{record.pmid}</dc:identifier>",
    ]
    if record.doi:
        lines.append(f"<dc:identifier>doi:{escape(record.doi, quote=False)}</dc:identifier>")
    return "    <item>\n" + "".join(f"      {line}\n" for line in lines) + "    </item>\n"


def _teaser(record: Record) -> str:
    """Cut the abstract as PubMed does: to the conclusions where it has them, else to its beginning."""
    sections = dict(record.sections)
    conclusions = next((text for label, text in sections.items() if label.startswith("CONCLUSION")), "")
    if conclusions:
        return f"CONCLUSIONS: {conclusions}"
    text = " ".join(text for _, text in record.sections)
    return text if len(text) <= _TEASER else f"{text[:_TEASER].rpartition(' ')[0]}..."


def _content(record: Record) -> str:
    doi = escape(record.doi)
    first = f"{record.journal_short}. {record.printed}." + (f" doi: {doi}." if doi else "")
    parts = "".join(f"<p>{_labelled(label, text)}</p>" for label, text in record.sections)
    abstract = f"<p><b>ABSTRACT</b></p>{parts}" if parts else "<p>NO ABSTRACT</p>"
    link = f'<a href="https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/?utm_medium=rss">{record.pmid}</a>'
    last = f"PMID:{link}" + (f" | DOI:<a href=https://doi.org/{doi}>{doi}</a>" if doi else "")
    body = f'<p style="color: #4aa564;">{escape(first, quote=False)}</p>{abstract}'
    return f'<div>{body}<p style="color: lightgray">{last}</p></div>'


def _labelled(label: str, text: str) -> str:
    words = escape(text, quote=False)
    return f"<b>{escape(label)}</b>: {words}" if label else words


def _six_o_clock(day: date) -> str:
    return format_datetime(datetime.combine(day, time(6), _NEW_YORK))
