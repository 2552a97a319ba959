# SPDX-License-Identifier: GPL-3.0-or-later
"""Terms and options of a lookup are read, and an error becomes Ansible's, without any value."""

from __future__ import annotations

import traceback
import typing as t

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._lookup import Lookup

CANARY = "canary-c0de"


class Templates:
    """Stands for Ansible's own."""

    def template(self, text: str) -> str:
        return text.replace("{{ a }}", "b")


class Probe(Lookup):
    """A lookup with one option; the answer is what it was asked."""

    error: Exception | None = None

    def __init__(self) -> None:
        self._templar = Templates()
        self._given: dict[str, t.Any] = {}

    @property
    def option_definitions(self) -> dict[str, t.Any]:
        variable = {"vars": [{"name": "ansible_vault_url"}], "aliases": ["url"]}
        return {"_terms": {}, "vault_url": variable, "vault_field": {}}

    def set_options(self, *, var_options: dict[str, t.Any], direct: dict[str, t.Any]) -> None:
        self._given = {**var_options, **direct}

    def get_options(self) -> dict[str, t.Any]:
        return self._given

    def answer(self, terms: list[str], params: t.Mapping[str, t.Any]) -> list[str]:
        if self.error is not None:
            raise self.error
        return [*terms, *(f"{name}={value}" for name, value in params.items())]


def problem(probe: Probe, *terms: t.Any, **options: t.Any) -> str:
    with pytest.raises(AnsibleLookupError) as caught:
        probe.run(list(terms), {}, **options)
    # Ansible shows what is chained to an error.
    assert caught.value.__context__ is None
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_a_list_of_terms_is_as_good_as_many() -> None:
    assert Probe().run([["a", "b"], "c"], {}) == ["a", "b", "c"]
    assert Probe().run([], {}) == []


def test_variables_are_templated_and_only_those_that_stand_for_options_are_looked_at() -> None:
    variables = {"ansible_vault_url": "https://{{ a }}", "other": object()}
    assert Probe().run(["x"], variables, url="y") == ["x", "ansible_vault_url=https://b", "url=y"]


@pytest.mark.parametrize("term", ["", " ", None, 7, {"a": "b"}])
def test_a_term_must_be_a_text(term: object) -> None:
    assert "Term 2 of the lookup is empty or not a string." in problem(Probe(), "a", term)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("vault_feild", "Did you mean vault_field?"), ("zzz", "Leave it out."), ("_terms", "Leave")],
)
def test_an_option_that_there_is_not_is_refused(name: str, remedy: str) -> None:
    said = problem(Probe(), "a", **{name: CANARY})
    assert f"This lookup has no option {name}. {remedy}" in said


def test_a_domain_error_is_told_as_it_is() -> None:
    probe = Probe()
    probe.error = SourceError("There is nothing.", "Write something.")
    assert problem(probe, "a") == "There is nothing. Write something."


def test_of_any_other_error_its_kind_and_place_are_told() -> None:
    probe = Probe()
    probe.error = ValueError(CANARY)
    said = problem(probe, "a")
    assert said.startswith("Unexpected ValueError, a bug in swarmvault.secrets: line ")
