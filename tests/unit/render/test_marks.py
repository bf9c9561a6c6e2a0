from vesicle.render.environment import environment, render
from vesicle.render.marks import read

TEMPLATES = {
    "a.mjml.j2": """{% import "m.mjml.j2" as m %}
<mjml>
  {% for x in xs -%}
   <mj-text title="{{ x }}">
     {{- m.say(x) }} <b>after</b>
     {%- if x %}
     <p class="one"
        id="two">
     {% endif %}
   </mj-text>
  {% endfor %}
  {% raw %}{{ keep }}
  <x>{% endraw %}
</mjml>""",
    "m.mjml.j2": """{% macro say(x) %}
<i>
{{ x }}</i>
{% endmacro %}""",
}


def place(part: str, *values: str) -> str:
    marked = read(render(environment(TEMPLATES), "a.mjml.j2", {"xs": values}))
    return str(marked.place(marked.text.index(part)))


def test_each_tag_is_found_in_its_template() -> None:
    assert place("<mjml") == "templates/a.mjml.j2:2"
    assert place("<mj-text", "v") == "templates/a.mjml.j2:4"
    assert place("<b>", "v") == "templates/a.mjml.j2:5"
    assert place("id=", "v") == "templates/a.mjml.j2:8"
    assert place("</mj-text", "v") == "templates/a.mjml.j2:10"
    assert place("<x>") == "templates/a.mjml.j2:13"
    assert place("</mjml") == "templates/a.mjml.j2:14"


def test_what_a_macro_writes_is_found_in_the_file_of_the_macro() -> None:
    assert place("<i>", "v") == "templates/m.mjml.j2:2"
    assert place("</i>", "v") == "templates/m.mjml.j2:3"


def test_lines_of_a_value_do_not_shift_what_follows() -> None:
    assert place("</mj-text", "one\n\n\ntwo") == "templates/a.mjml.j2:10"


def test_no_mark_stays_in_the_text() -> None:
    text = read(
        render(environment(TEMPLATES), "a.mjml.j2", {"xs": ["\ufdd0a:1\ufdd1", "\ufdd0 \ufdd1"]})
    ).text
    assert not set(text) & {"\ufdd0", "\ufdd1"}


def test_marks_leave_the_control_of_spaces_alone() -> None:
    text = read(render(environment(TEMPLATES), "a.mjml.j2", {"xs": ["v"]})).text
    assert text.startswith('<mjml>\n<mj-text title="v"><i>\nv</i>')


def test_a_text_without_marks_counts_its_own_lines() -> None:
    assert str(read("a\nb\nc").place(4)) == "mjml:3"


def test_plain_text_templates_are_not_marked() -> None:
    assert render(environment({"a.txt.j2": "x\ny"}), "a.txt.j2", {}) == "x\ny"
