# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms and objects of AWX: made from the options, known to the playbooks, and as AWX takes them."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from jinja2 import StrictUndefined, sandbox

from tests import rolevars
from tests.awx_forms import make, questions
from tests.collection_path import ROOT
from tests.e2e.support import awx

PLAYBOOKS = ROOT / "playbooks"
FORMS = awx.read(make.FORMS)
OBJECTS = awx.read(PLAYBOOKS / "vars" / "awx.yml")
RECORDED = Path(__file__).with_name("infra_aap_configuration.yml")
#: What would be a template, or end a text, or begin another variable, if it were taken for one.
ODD = "{{ odd }} {% raw %} \"'\\ <&> # : \n- x: y\tä€"


def taken_by(playbook: str) -> set[str]:
    """Return every variable that a playbook looks at."""
    files = [
        PLAYBOOKS / f"{playbook}.yml",
        *PLAYBOOKS.glob("vars/request.yml"),
        *PLAYBOOKS.glob("tasks/*.yml"),
    ]
    code = [line for file in files for line in file.read_text().splitlines()]
    text = "\n".join(line for line in code if not line.lstrip().startswith("#"))
    of_role = rolevars.options() if playbook in rolevars.PLAYBOOKS else {}
    return {*re.findall(r"\bswarmvault_\w+", text), *of_role}


def test_forms_are_what_the_options_give() -> None:
    assert make.FORMS.read_text() == make.text(), "'make format' makes it anew"


@pytest.mark.parametrize("playbook", questions.SURVEYS)
def test_a_playbook_takes_what_its_survey_asks_for(playbook: str) -> None:
    spec = FORMS["swarmvault_awx_surveys"][playbook]["spec"]
    asked = [question["variable"] for question in spec]
    assert len(asked) == len(set(asked))
    assert {*asked} <= taken_by(playbook)


def test_each_job_template_has_the_survey_of_its_playbook() -> None:
    for template in OBJECTS["controller_templates"]:
        assert (ROOT / template["playbook"]).exists()
        name = Path(template["playbook"]).stem
        assert template["survey_spec"] == f"{{{{ swarmvault_awx_surveys.{name} }}}}"
        reads = "read_credentials.yml" in (ROOT / template["playbook"]).read_text()
        assert reads is ("'swarmvault " in template["credentials"])


def test_objects_have_the_shape_of_infra_aap_configuration() -> None:
    recorded = yaml.safe_load(RECORDED.read_text())
    kinds = {name for name in OBJECTS if name.startswith("controller_")}
    assert kinds == recorded.keys()
    for kind in kinds:
        for one in OBJECTS[kind]:
            assert one.keys() <= {*recorded[kind]}, kind


@pytest.mark.parametrize("of", ["vault", "plugin"])
def test_a_credential_writes_one_file_and_nothing_into_the_environment(of: str) -> None:
    injectors = FORMS[f"swarmvault_awx_{of}_injectors"]
    assert injectors.keys() == {"file", "extra_vars"}
    assert injectors["extra_vars"] == {"swarmvault_credentials_file": "{{ tower.filename }}"}
    # As AWX tries a template before it takes it.
    strict = sandbox.ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    fields = [field["id"] for field in FORMS[f"swarmvault_awx_{of}_inputs"]["fields"]]
    (text,) = injectors["file"].values()
    tried = strict.from_string(text).render(dict.fromkeys(fields, "EXAMPLE"))
    assert tried.count("EXAMPLE") == len(fields)


def written(of: str, values: dict[str, str], folder: Path) -> tuple[t.Any, str]:
    """Return what is in the file of a credential, and its text."""
    awx.inject(folder, FORMS[f"swarmvault_awx_{of}_injectors"], values)
    (file,) = (folder / "env").glob("*credential")
    assert file.stat().st_mode & 0o777 == 0o600
    return awx.read(file), file.read_text()


@pytest.mark.parametrize("given", [questions.VAULT_FIELDS, ("vault_url", "vault_token"), ()])
def test_the_file_says_what_was_entered_whatever_it_is(
    given: tuple[str, ...], tmp_path: Path
) -> None:
    found, text = written("vault", dict.fromkeys(given, ODD), tmp_path)
    assert (found or {}) == {f"swarmvault_{key}": ODD for key in given}
    # Each as text that Ansible leaves as it is.
    assert text.count(": !unsafe ") == len(given)


@pytest.mark.parametrize("given", [tuple(make.plugin_files()), ("token",), ()])
def test_so_does_the_file_for_the_plugin(given: tuple[str, ...], tmp_path: Path) -> None:
    values = {file.replace(".", "_"): ODD for file in given}
    found, text = written("plugin", values, tmp_path)
    assert found == {"secretprovider_credentials": dict.fromkeys(given, ODD)}
    assert text.count(": !unsafe ") == len(given)


def test_the_fields_that_log_in_are_hidden_and_the_playbooks_take_them() -> None:
    fields = {field["id"]: field for field in FORMS["swarmvault_awx_vault_inputs"]["fields"]}
    hidden = {name for name, field in fields.items() if field.get("secret")}
    assert hidden == {name for name in fields if make.ARGUMENTS[name].get("no_log")}
    assert {"vault_token", "vault_secret_id", "hash_key"} <= hidden
    wanted = {f"swarmvault_{name}" for name in fields}
    assert {one.removesuffix("_list") for one in taken_by("rotate")} >= wanted
