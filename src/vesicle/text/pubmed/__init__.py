"""PubMed XML becomes papers: whole efetch replies, and update files of any size in constant memory. Pure.

Root `PubmedArticleSet ((PubmedArticle | PubmedBookArticle)+, DeleteCitation?)`, as in the DTDs pubmed_130101
to pubmed_250101. No DTD is loaded, no entity resolved, no address opened; unknown elements are passed over.
"""

from vesicle.text.pubmed.files import read_file
from vesicle.text.pubmed.parse import Deleted, Parsed, papers, stream

__all__ = ["Deleted", "Parsed", "papers", "read_file", "stream"]
