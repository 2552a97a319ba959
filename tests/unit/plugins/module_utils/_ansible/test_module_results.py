# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible starts it: options in, one JSON document out, no value in it."""

from __future__ import annotations

import json
import typing as t
from contextlib import contextmanager

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report
from ansible_collections.swarmvault.secrets.plugins.modules import swarm_secret_rotate

CANARY = "canary-2b6e"


class Core:
    """Stands for everything below the module; keeps what it was called with."""

    def __init__(self) -> None:
        self.call: tuple[t.Any, ...] = ()
        self.error: Exception | None = None
        self.report = Report(changed=False, secrets=(), services=(), retired=())

    @contextmanager
    def connected(self, _params: object) -> t.Iterator[tuple[str, str]]:
        yield "swarm", "reader"

    def rotate(self, *args: t.Any, check_mode: bool) -> Report:
        self.call = (*args, check_mode)
        if self.error is not None:
            raise self.error
        return self.report


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    core = Core()
    monkeypatch.setattr(swarm_secret_rotate.connections, "connected", core.connected)
    monkeypatch.setattr(swarm_secret_rotate, "rotate", core.rotate)
    return core


def printed(capsys: pytest.CaptureFixture[str], *, check: bool = False, **options: t.Any) -> str:
    arguments = {**options, "_ansible_check_mode": check}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        swarm_secret_rotate.main()
    return capsys.readouterr().out


def test_the_core_gets_the_request(core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    output = json.loads(printed(capsys, secrets=[{"name": "db", "data": CANARY}], check=True))
    requests, options, swarm, reader, check_mode = core.call
    assert [request.name for request in requests] == ["db"]
    assert requests[0].data.reveal() == CANARY.encode()
    assert (options.state, swarm, reader, check_mode) == ("present", "swarm", "reader", True)
    lists: dict[str, list[object]] = {"secrets": [], "services": [], "retired": []}
    assert output.items() >= {"changed": False, **lists}.items()


@pytest.mark.parametrize("error", [None, InputError("cannot"), ValueError(CANARY)])
@pytest.mark.usefixtures("core")
def test_no_value_is_printed(
    core: Core, capsys: pytest.CaptureFixture[str], error: Exception | None
) -> None:
    core.error = error
    output = printed(
        capsys,
        secrets=[{"name": "db", "data": CANARY}, {"name": "api", "data": "x" + CANARY}],
        hash_key=CANARY,
        vault_token=CANARY,
        vault_secret_id=CANARY,
        vault_password=CANARY,
        vault_jwt=CANARY,
        vault_proxies={"https": f"http://user:{CANARY}@proxy.example.com"},
    )
    assert json.loads(output).get("failed", False) is (error is not None)
    assert CANARY not in output


def test_a_short_value_hides_only_what_contains_it(
    core: Core, capsys: pytest.CaptureFixture[str]
) -> None:
    core.report = Report(changed=True, secrets=(), services=(), retired=("db_v1", "api_v2"))
    output = json.loads(printed(capsys, secrets=[{"name": "db", "data": "1"}]))
    assert output["retired"] == ["db_v********", "api_v2"]
