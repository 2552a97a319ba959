# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX makes of a job template, a survey's answers and credentials, for ``ansible-runner``.

AWX itself runs in Kubernetes only. This follows its ``awx/main/tasks/jobs.py``,
``awx/main/utils/safe_yaml.py`` and ``awx/main/models/credential.py``.
"""

from __future__ import annotations

import shutil
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import StrictUndefined, sandbox

from tests.e2e.support import runner

if t.TYPE_CHECKING:
    from tests.e2e.support.controller import Controller

#: What AWX calls a file of a credential in its templates.
ONE_FILE = "template"


class Unsafe(str):
    """Text that Ansible is told to leave as it is."""

    __slots__ = ()


class _Reader(yaml.SafeLoader):
    """Reads ``!unsafe`` as plain text, as AWX is given it."""


_Reader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


class _Writer(yaml.SafeDumper):
    """Marks all text, keys included: nobody who answers a survey writes templates."""

    def represent_data(self, data: t.Any) -> t.Any:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


def read(path: Path) -> t.Any:
    """Read a file with ``!unsafe`` text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Reader)  # noqa: S506 - derived from SafeLoader


def answered(survey: t.Mapping[str, t.Any], answers: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the variables of a survey: a question without an answer has its default.

    Raises ``AssertionError`` for what AWX refuses.
    """
    questions = {one["variable"]: one for one in survey["spec"]}
    assert answers.keys() <= questions.keys(), answers.keys() - questions.keys()
    for variable, question in questions.items():
        given = answers.get(variable, question["default"])
        assert given != "" or not question["required"], f"{variable} value missing"
        wanted = {"integer": int, "float": (float, int)}.get(question["type"], str)
        assert isinstance(given, wanted), f"{variable}: {given!r}"
        assert "choices" not in question or given in question["choices"], f"{variable}: {given!r}"
        assert not isinstance(given, str) or len(given) <= question.get("max", len(given))
    defaults = {variable: question["default"] for variable, question in questions.items()}
    return {**defaults, **answers}


@dataclass
class Awx:
    """A private data directory for each job."""

    controller: Controller
    inventory: Path
    ssh_key: Path | None = None

    @property
    def _collection(self) -> Path:
        return self.controller.collections / "ansible_collections" / "swarmvault" / "secrets"

    def launch(
        self,
        playbook: str,
        variables: t.Mapping[str, t.Any],
        credential: tuple[t.Mapping[str, t.Any], t.Mapping[str, str]] | None = None,
        project: str | None = None,
    ) -> runner.Job:
        """Run a job.

        :param variables: as a survey answers it.
        :param credential: the injectors of its type, and its values.
        :param project: the playbook of a project that has nothing else; otherwise the project is
            the collection itself.
        """
        private = Path(tempfile.mkdtemp(prefix="awx-", dir=self.controller.directory))
        runner.write(private / "env" / "extravars", yaml.dump(dict(variables), Dumper=_Writer))
        runner.write(private / "inventory" / "hosts.json", self.inventory.read_text())
        if self.ssh_key:
            runner.write(private / "env" / "ssh_key", self.ssh_key.read_text())
        if credential:
            runner.write(private / "env" / "cmdline", inject(private, *credential))
        if project:
            runner.write(private / "project" / playbook, project)
        else:
            shutil.copytree(self._collection, private / "project")
        return runner.run(self.controller, private, playbook)


def inject(private: Path, injectors: t.Mapping[str, t.Any], values: t.Mapping[str, str]) -> str:
    """Write the files of a credential; return what it adds to the command line."""
    assert injectors.keys() <= {"file", "extra_vars"}, "AWX keeps the environment with the job"
    environment = sandbox.ImmutableSandboxedEnvironment()
    (name,) = injectors["file"]
    assert name == ONE_FILE
    path = private / "env" / "tmp0credential"
    # A field without a value is not defined there.
    runner.write(path, environment.from_string(injectors["file"][name]).render(**values))
    strict = sandbox.ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    extra = {
        key: strict.from_string(text).render(tower={"filename": str(path)})
        for key, text in injectors["extra_vars"].items()
    }
    variables = private / "env" / "tmp1extravars"
    runner.write(variables, yaml.dump(extra, Dumper=_Writer))
    return f"-e @{variables}"
