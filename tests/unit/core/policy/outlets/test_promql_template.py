"""A name that is filled into a query stays a name, whatever it is; and the query around it stays what the policy says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.policy.outlets.promql_template import PLACEHOLDERS, promql_template

HOSTILE = st.text(st.one_of(st.sampled_from("\"'`\\{}[]()|.*+?^$#\n\r\0\u2028=~!, a-z0"), st.characters()), max_size=30)


def literals(query: str) -> tuple[str, list[str]]:
    """Return a query with its texts taken out, and the texts as Prometheus unquotes them (its ``strutil.Unquote``)."""
    rest, texts, at = "", [], 0
    while at < len(query):
        if query[at] == "#":
            end = query.find("\n", at) % (len(query) + 1)
            at = end
            continue
        if query[at] not in "\"'`":
            rest, at = rest + query[at], at + 1
            continue
        quote, text, at = query[at], "", at + 1
        while query[at] != quote:
            assert query[at] != "\n", "a text on two lines"
            if query[at] != "\\" or quote == "`":
                text, at = text + query[at], at + 1
            elif query[at + 1] in "uU":
                digits = 4 if query[at + 1] == "u" else 8
                text, at = text + chr(int(query[at + 2 : at + 2 + digits], 16)), at + 2 + digits
            else:
                assert query[at + 1] in ("\\", quote), f"no escape: {query[at : at + 2]}"
                text, at = text + query[at + 1], at + 2
        texts.append(text)
        rest, at = rest + '""', at + 1
    return rest, texts


@settings(max_examples=60, deadline=None)
@given(HOSTILE, HOSTILE)
def test_no_name_leaves_its_text_or_widens_its_pattern(name: str, other: str) -> None:
    template = promql_template(
        '100 * rate(x{job="{service_name}", a!=\'of {deployment_id}\', pod=~"{service_name}-[a-z]+", raw=`\\d`}[{window}])'
    )
    assert template.names == ("service_name", "deployment_id")
    rest, (job, own, pattern, raw) = literals(template.filled({"service_name": name, "deployment_id": other}, 300))
    assert rest == '100 * rate(x{job="", a!="", pod=~"", raw=""}[300s])'
    seen, raw_seen = (re.sub("[\ud800-\udfff]", "\ufffd", one) for one in (name, other))
    assert (job, own, raw) == (seen, f"of {raw_seen}", "\\d")
    assert re.fullmatch(pattern, f"{seen}-ab", re.DOTALL)
    assert not re.fullmatch(pattern, f"{seen}x-ab", re.DOTALL)
    assert seen == "other" or not re.fullmatch(pattern, "other-ab", re.DOTALL)


def test_a_window_of_any_length() -> None:
    template = promql_template("rate(x[{window}]) # of {nobody}")
    assert (template.filled({}, 60), template.filled({}, 2.5)) == (
        "rate(x[60s]) # of {nobody}",
        "rate(x[2500ms]) # of {nobody}",
    )


def test_braces_that_are_none_of_ours_stand() -> None:
    query = 'sum by (a) (x{b=~"[0-9]{3}", c="{"}) > bool on() {d="e"}'
    assert promql_template(query).filled({}, 1) == query


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("x{job={service_name}}", '{service_name} stands outside of the value of a label: expected it as in {job="'),
        ("x * {model_name}", "{model_name} stands outside"),
        ("{service_name}", "{service_name} stands outside"),
        ('x{job="{servicename}"}', "there is no {servicename}; did you mean service_name?; allowed: {deployment_id}"),
        ('label_replace(x, "a", "$1", "b", "{service_name}")', "{service_name} stands outside of the value of a label"),
        (r'x{a="\{service_name}"}', "a text that a name could break"),
        (r'x{a="\x4{service_name}"}', "a text that a name could break"),
        ("x{a=`{service_name}`}", "a text that a name could break"),
        (r'x{a=~"\\{service_name}"}', "a backslash stands before {service_name}"),
        ('x{a="{window}"}', "{window} stands in quotes"),
        ('x{a="b', 'a text in it is not closed: " is missing'),
        ('x{a="b\\"', "is not closed"),
        ("  ", "expected a query"),
    ],
)
def test_where_no_name_may_stand(query: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        promql_template(query)


@given(
    st.lists(
        st.sampled_from(['"', "'", "`", "\\", "{service_name}", "=", "=~", "#", "\n", "x", "{", "}", " "]), max_size=8
    ).map("".join)
)
def test_what_is_taken_can_be_filled(text: str) -> None:
    """Whatever a policy says: it is refused, or no name changes anything but the text that it stands in."""
    try:
        template = promql_template(text)
    except ValueError:
        return
    plain, hostile = (template.filled(dict.fromkeys(PLACEHOLDERS, name), 1) for name in ("n", "\"'`\\#\n}"))
    if template.names:
        assert literals(plain)[0] == literals(hostile)[0]
    else:
        assert plain == hostile == text
