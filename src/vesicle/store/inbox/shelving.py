"""Part of the inbox taken from the database into memory, and put back with what changed of it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, literal, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.store.inbox.rows import candidate_columns, held, paper_columns, selected
from vesicle.store.merging import Held, Shelf, mentioned
from vesicle.store.tables import candidates, flags, mentions, names, papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """A shelf of some candidates, and what was on it when it was taken."""

    shelf: Shelf
    before: Mapping[int, Held]
    names: frozenset[str]


def one_of(column: Column[Any], values: Collection[str | int]) -> ColumnElement[bool]:
    """Give the condition that *column* is among *values*, however many: they are one parameter."""
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def lend(connection: Connection, wanted: Collection[str]) -> Loan:
    """Take the candidates that have one of the *wanted* names."""
    rows = connection.execute(select(names).where(one_of(names.c.name, wanted)))
    known = {row.name: row.paper_id for row in rows}
    found = {
        row.id: held(row)
        for row in connection.execute(selected().where(one_of(papers.c.id, set(known.values()))))
    }
    last = connection.execute(select(func.max(papers.c.id))).scalar_one() or 0
    shelf = Shelf(found, known, number=last + 1)
    return Loan(shelf=shelf, before=found, names=frozenset(known))


def give_back(connection: Connection, loan: Loan) -> None:
    """Write what changed on the shelf; touch no other row."""
    shelf, before = loan.shelf, loan.before
    for number in before.keys() - shelf.held.keys():
        _join(connection, number, shelf.survivor(number))
    changed = {number: one for number, one in shelf.held.items() if before.get(number) != one}
    if changed:
        _write(connection, changed)
    named = shelf.names.keys() - loan.names
    if named:
        connection.execute(
            insert(names), [{"name": name, "paper_id": shelf.names[name]} for name in sorted(named)]
        )


def _join(connection: Connection, old: int, new: int) -> None:
    connection.execute(update(names).where(names.c.paper_id == old).values(paper_id=new))
    told = select(literal(new), flags.c.standing, flags.c.at).where(flags.c.paper_id == old)
    kept = insert(flags).from_select(["paper_id", "standing", "at"], told).on_conflict_do_nothing()
    connection.execute(kept)
    connection.execute(delete(papers).where(papers.c.id == old))


def _write(connection: Connection, changed: Mapping[int, Held]) -> None:
    found = [(number, one.candidate) for number, one in changed.items()]
    _upsert(connection, papers, [paper_columns(number, candidate) for number, candidate in found])
    _upsert(connection, candidates, [candidate_columns(number, one) for number, one in changed.items()])
    connection.execute(delete(mentions).where(one_of(mentions.c.paper_id, changed.keys())))
    links = [
        {"paper_id": number, "pmid": pmid}
        for number, candidate in found
        for pmid in mentioned(candidate.paper)
    ]
    if links:
        connection.execute(insert(mentions), links)


def _upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    row = insert(table)
    (key,) = table.primary_key
    columns = {column.name: row.excluded[column.name] for column in table.c if column is not key}
    connection.execute(row.on_conflict_do_update(index_elements=[key], set_=columns), rows)
