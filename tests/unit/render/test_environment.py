import pytest

from vesicle.model.errors import ContentError
from vesicle.render.environment import environment, render


def rendered(source: str, name: str = "a.txt.j2", **values: object) -> str:
    return render(environment({name: source}), name, values)


def problem(templates: dict[str, str], name: str) -> tuple[str, str]:
    with pytest.raises(ContentError) as error:
        render(environment(templates), name, {"text": "t"})
    return str(error.value.problems[0].where), error.value.problems[0].text


def test_html_is_escaped_and_text_is_not() -> None:
    assert rendered("{{ t }}", "a.html.j2", t="<b>") == "&lt;b&gt;"
    assert rendered("{{ t }}", "a.txt.j2", t="<b>") == "<b>"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\nb\n{% if %}", 3),
        ("\n{{ nobody }}", 2),
        ("\n{{ text.nothing }}", 2),
        ("\n\n{{ ''.__class__.__mro__ }}", 3),
        ("{{ 1 + 'a' }}", 1),
        ("\n{{ 1 / 0 }}", 2),
        ("\n{{ text.format(1, 2).nope }}", 2),
        ("\n{{ '{x}'.format(y=1) }}", 2),
        ("\n{{ text | no_such_filter }}", 2),
        ("\n{% include 'missing.txt.j2' %}", 2),
        ("\n{% for x in range(10000000) %}{% endfor %}", 2),
        ("{% macro m() %}\n{{ m() }}{% endmacro %}{{ m() }}", 2),
    ],
)
def test_an_error_names_the_line_of_the_template(source: str, line: int) -> None:
    where, _ = problem({"a.txt.j2": source}, "a.txt.j2")
    assert where == f"templates/a.txt.j2:{line}"


def test_an_error_in_a_macro_names_the_file_of_the_macro() -> None:
    templates = {
        "a.txt.j2": "{% import 'm.txt.j2' as m %}\n\n{{ m.f() }}",
        "m.txt.j2": "{% macro f() %}\n{{ x }}{% endmacro %}",
    }
    assert problem(templates, "a.txt.j2") == (
        "templates/m.txt.j2:2",
        "this template cannot be rendered: 'x' is undefined",
    )


def test_a_missing_template_is_named() -> None:
    assert problem({}, "a.txt.j2") == (
        "templates/a.txt.j2",
        "this template cannot be rendered: there is no template called a.txt.j2",
    )


@pytest.mark.parametrize("source", ["{{ items.append(1) }}", "{{ items.__init__ }}", "{{ items.clear() }}"])
def test_a_template_changes_nothing(source: str) -> None:
    items = [0]
    with pytest.raises(ContentError):
        rendered(source, items=items)
    assert items == [0]


def test_filters() -> None:
    assert rendered("{{ t | markdown }}", "a.html.j2", t="a *b* <i>") == "<p>a <em>b</em> &lt;i&gt;</p>\n"
    assert rendered("{{ t | markdown_text }}", t="a [b](https://c.example)") == "a b <https://c.example>"
    assert rendered("{{ t | hashtags(2) }}", t=("moon-moss", "sleep", "x")) == "#MoonMoss #Sleep"
    assert rendered("{% filter wrap(5) %}aa bb cc{% endfilter %}") == "aa bb\ncc\n"
    assert rendered("{{ 7 ~ '' | digits('fa') }}{{ '7' | digits('fa') }}") == "7۷"
