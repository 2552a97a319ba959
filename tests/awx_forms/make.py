# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to forms."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from functools import cache
from pathlib import Path

import yaml
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    ROTATE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)
from swarmvault_secretprovider import connections

from tests import rolevars
from tests.awx_forms import questions
from tests.collection_path import COLLECTIONS, ROOT

FORMS = ROOT / "playbooks" / "vars" / "awx_forms.yml"
HEADER = """\
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What AWX asks for: surveys, and the fields of a credential. "make format" makes this file from the
# options' own types, choices, defaults and descriptions. Which of them are asked for, and in which
# order, stands in tests/awx_forms/questions.py.
"""
ARGUMENTS: dict[str, dict[str, t.Any]] = {**ROTATE_ARGUMENTS, **VAULT_ARGUMENTS}
MODULE = "swarmvault.secrets.swarm_secret_rotate"
#: What AWX calls them.
NUMBERS = {"int": "integer", "float": "float"}
#: How much text AWX takes for an answer in one line, and in many.
SHORT, LONG = 1024, 65536


class Unsafe(str):
    """Text with Jinja for AWX, which Ansible leaves as it is."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes long text in blocks, and marks what Ansible must leave as it is."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, "|" if "\n" in value else None)


def _unsafe(dumper: yaml.SafeDumper, value: Unsafe) -> yaml.ScalarNode:
    return dumper.represent_scalar("!unsafe", str(value), "|" if "\n" in value else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Unsafe, _unsafe)


def text() -> str:
    """Return the file as it has to be."""
    content = {
        "swarmvault_awx_surveys": {name: _survey(name) for name in questions.SURVEYS},
        "swarmvault_awx_vault_inputs": _inputs(),
        "swarmvault_awx_vault_injectors": _injectors(),
        "swarmvault_awx_plugin_inputs": _plugin_inputs(),
        "swarmvault_awx_plugin_injectors": _plugin_injectors(),
    }
    return HEADER + yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True
    )


# -- surveys --------------------------------------------------------------------------------------


def _survey(name: str) -> dict[str, t.Any]:
    asked = questions.SURVEYS[name]
    return {
        "name": "",
        "description": "",
        "spec": [_own(one) if isinstance(one, questions.Own) else _option(one) for one in asked],
    }


def _own(own: questions.Own) -> dict[str, t.Any]:
    return {
        "question_name": own.name,
        "question_description": own.help,
        "variable": own.variable,
        "type": "textarea" if own.long else "text",
        "required": own.required,
        "min": 0,
        "max": LONG if own.long else SHORT,
        "default": "",
    }


def _option(option: str) -> dict[str, t.Any]:
    of_role = option.startswith(rolevars.PREFIX)
    argument = rolevars.options()[option] if of_role else ARGUMENTS[option]
    question = {
        "question_name": _label(option.removeprefix(rolevars.PREFIX)),
        "question_description": _first(argument if of_role else _documentation()[option]),
        "variable": option if of_role else f"swarmvault_{option}",
    }
    default = argument.get("default", "")
    if argument["type"] in NUMBERS:
        kind = NUMBERS[argument["type"]]
        return {**question, "type": kind, "required": False, "default": default}
    if argument["type"] == "bool" or "choices" in argument:
        choices = argument.get("choices", ["true", "false"])
        default = json.dumps(default) if isinstance(default, bool) else default
        return {
            **question,
            "type": "multiplechoice",
            "required": False,
            "choices": [*choices],
            "default": default,
        }
    if argument["type"] == "raw":  # a mapping, or text of one
        return {**question, "type": "textarea", "required": False, "max": LONG, "default": ""}
    return {**question, "type": "text", "required": False, "max": SHORT, "default": default}


def _label(option: str) -> str:
    words = option.removeprefix("vault_").replace("_", " ")
    known = {"url": "URL", "jwt": "JWT", "id": "ID", "ca": "CA"}
    label = " ".join(known.get(word, word) for word in words.split())
    return label[0].upper() + label[1:]


def _first(option: t.Mapping[str, t.Any]) -> str:
    """Return the first paragraph of an option's description, without markup."""
    description = option["description"]
    first = description if isinstance(description, str) else description[0]
    return re.sub(r"\b[A-Z]+\(([^()]*)\)", r"\1", first)


@cache
def _documentation() -> dict[str, t.Any]:
    shown = subprocess.run(
        [Path(sys.executable).with_name("ansible-doc"), "--json", MODULE],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    options: dict[str, t.Any] = json.loads(shown)[MODULE]["doc"]["options"]
    return options


# -- credentials ----------------------------------------------------------------------------------


def _inputs() -> dict[str, t.Any]:
    return {
        "fields": [_field(option) for option in questions.VAULT_FIELDS],
        "required": [*questions.VAULT_REQUIRED],
    }


def _field(option: str) -> dict[str, t.Any]:
    argument = ARGUMENTS[option]
    field = {
        "id": option,
        "label": _label(option),
        "type": "string",
        "help_text": _first(_documentation()[option]),
    }
    if argument.get("no_log"):
        field["secret"] = True
    if argument.get("choices"):
        field["choices"] = [*argument["choices"]]
    return field


def _injectors() -> dict[str, t.Any]:
    """Return what AWX makes of it: a file with variables, and the variable that tells where it is.

    Nothing goes into the environment, which AWX keeps with the job, and the values are marked as
    they are here: a password with braces is no template.
    """
    lines = [
        f"{{% if {option} %}}swarmvault_{option}: !unsafe {{{{ {option} | tojson }}}}{{% endif %}}\n"
        for option in questions.VAULT_FIELDS
    ]
    return {
        "file": {"template": Unsafe("---\n" + "".join(lines))},
        "extra_vars": {"swarmvault_credentials_file": Unsafe("{{ tower.filename }}")},
    }


def plugin_files() -> dict[str, str]:
    """Return the files that the plugin logs in with, each with the option that it stands for."""
    return {known.file: known.option for known in connections._ALL if known.file}


def _plugin_inputs() -> dict[str, t.Any]:
    return {"fields": [_plugin_field(file, option) for file, option in plugin_files().items()]}


def _plugin_field(file: str, option: str) -> dict[str, t.Any]:
    field = {
        "id": _identifier(file),
        "label": _label(option),
        "type": "string",
        "help_text": f"Content of the file {file}, which the plugin reads.",
    }
    if ARGUMENTS[option].get("no_log") or file.endswith(".key"):
        field["secret"] = True
    if "." in file:  # PEM
        field["multiline"] = True
    return field


def _plugin_injectors() -> dict[str, t.Any]:
    lines = [
        f"  {{% if {name} %}}{file}: !unsafe {{{{ {name} | tojson }}}},{{% endif %}}\n"
        for file in plugin_files()
        for name in [_identifier(file)]
    ]
    return {
        "file": {
            "template": Unsafe("---\nsecretprovider_credentials: {\n" + "".join(lines) + "  }\n")
        },
        "extra_vars": {"swarmvault_credentials_file": Unsafe("{{ tower.filename }}")},
    }


def _identifier(file: str) -> str:
    return file.replace(".", "_")
