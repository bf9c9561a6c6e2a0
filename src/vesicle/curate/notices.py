"""What notices say of the papers they name."""

from collections.abc import Iterable, Iterator

from vesicle.model.paper import Paper, Standing

_SAYS = {
    "RetractionOf": Standing.RETRACTED,
    "ExpressionOfConcernFor": Standing.CONCERN,
    "ErratumFor": Standing.CORRECTED,
}


def implied(paper: Paper, others: Iterable[Paper]) -> Iterator[Standing]:
    """Yield the standing that each notice among *others* gives *paper*, whatever its own record says yet."""
    for other in others:
        for correction in other.corrections:
            if paper.pmid and correction.pmid == paper.pmid and correction.kind in _SAYS:
                yield _SAYS[correction.kind]
