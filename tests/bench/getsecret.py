# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task waits for: GetSecret over the plugin's socket, beside a bare hvac read of its path."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import shutil
import statistics
import tempfile
import time
import typing as t
from pathlib import Path

import hvac

from bench.result import Result
from tests.e2e.secretprovider.plugin_process import Plugin, Unix, running
from tests.e2e.vault.front import Front, forward, hanging

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.support.world import World

PATHS = 100
#: The first round only warms connections up.
ROUNDS = 6
AT_ONCE, SECRETS = 300, 50
MANY = 10_000
#: Clients that ask side by side, as one leader does for the tasks of many services.
CLIENTS = 8
MIB = 1024.0
#: More than waitress has threads for.
HUNG = 40
DEADLINE = 8.0
#: Long enough for a value not to be shared any more with those who ask just after.
FRESH_SECONDS = 1.1
POLICY = """
path "secret/data/bench/*" { capabilities = ["read"] }
path "sys/mounts" { capabilities = ["read"] }
path "auth/token/create/bench" { capabilities = ["update"] }
"""


def measure(world: World) -> list[Result]:
    """Measure the plugin as a process, with the bed's OpenBao behind it."""
    vault = world.vault
    kv = vault.client().secrets.kv.v2
    for i in range(PATHS):
        kv.create_or_update_secret(f"bench/g{i}", secret={"password": f"value {i}"})
    world.paths.update(f"bench/g{i}" for i in range(PATHS))
    vault.policy("bench", POLICY)
    role = {"allowed_policies": ["bench"], "orphan": True, "renewable": False}
    vault.client().write_data("auth/token/roles/bench", data={**role, "token_type": "batch"})
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        credentials = Path(directory) / "credentials"
        credentials.mkdir()
        shutil.copy(vault.ca_cert, credentials / "ca.pem")
        (credentials / "token").write_text(vault.token(["bench"]), encoding="utf-8")
        own = {"VAULT_TASK_POLICIES": "bench", "VAULT_TOKEN_ROLE": "bench"}
        with _plugin(directory, vault.url) as plugin:
            plain = _latency(plugin, vault, 1.3, "")
            rest = [_at_once(plugin, vault), *_memory(plugin)]
        with _plugin(directory, vault.url, **own) as plugin:
            with_token = _latency(plugin, vault, 2.3, ", with a token for the task")
        return [plain, with_token, *rest, _hanging(directory, vault)]


@contextlib.contextmanager
def _plugin(directory: str, address: str, **settings: str) -> t.Iterator[Plugin]:
    program = ("-m", "swarmvault_secretprovider", "--socket", f"{directory}/plugin.sock")
    with running(Path(directory), *program, VAULT_ADDR=address, **settings) as plugin:
        yield plugin


def _request(number: int, service: str = "shop_web") -> dict[str, t.Any]:
    labels = {"vault_path": f"bench/g{number}", "vault_field": "password"}
    return {"ServiceName": service, "SecretLabels": labels}


def _ask(connection: Unix, number: int, service: str = "shop_web") -> None:
    request = {"SecretName": f"g{number}", **_request(number, service)}
    connection.request("POST", "/SecretProvider.GetSecret", json.dumps(request).encode())
    answer = json.loads(connection.getresponse().read())
    if not answer.get("Value"):
        raise SystemExit(f"GetSecret went wrong: {answer.get('Err')}")


def _latency(plugin: Plugin, vault: OpenBao, limit: float, how: str) -> Result:
    """Ask for each path in turn, by the plugin and by hvac, each over one connection."""
    ours: list[float] = []
    theirs: list[float] = []
    # With the rights that the plugin has: for the root token Vault looks at no policy.
    token = vault.token(["bench"])
    client = hvac.Client(url=vault.url, token=token, verify=str(vault.ca_cert))
    read = client.secrets.kv.v2.read_secret_version
    with contextlib.closing(Unix(plugin.socket)) as connection:
        for turn in range(ROUNDS):
            for number in range(PATHS):
                started = time.perf_counter()
                _ask(connection, number)
                between = time.perf_counter()
                read(f"bench/g{number}", raise_on_deleted_version=True)
                ended = time.perf_counter()
                if turn:
                    ours.append(between - started)
                    theirs.append(ended - between)
            time.sleep(FRESH_SECONDS)
    slow, fast = statistics.median(ours), statistics.median(theirs)
    return Result(
        f"GetSecret: p50 over the socket{how}, beside bare hvac",
        slow / fast,
        limit,
        "x",
        f"{slow * 1000:.2f} ms beside {fast * 1000:.2f} ms, {len(ours)} reads each",
    )


def _at_once(plugin: Plugin, vault: OpenBao) -> Result:
    """Ask for 50 secrets with 300 requests at once; count what arrives at Vault."""
    before = vault.audit_log.stat().st_size

    def one(index: int) -> None:
        with contextlib.closing(Unix(plugin.socket)) as connection:
            _ask(connection, index % SECRETS)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(AT_ONCE)))
    with vault.audit_log.open(encoding="utf-8") as log:
        log.seek(before)
        entries = [json.loads(line) for line in log]
    reads = [
        entry["request"]["path"]
        for entry in entries
        if entry["type"] == "request" and entry["request"]["path"].startswith("secret/data/bench/")
    ]
    return Result(
        f"GetSecret: reads of each path for {AT_ONCE} requests at once for {SECRETS} secrets",
        len(reads) / SECRETS,
        1.0,
        "",
        f"{len(reads)} reads of {len(set(reads))} paths",
    )


def _memory(plugin: Plugin) -> list[Result]:
    """Ask 10,000 times, by many services; see what the process holds after a tenth and at the end."""

    def some(client: int, count: int) -> None:
        with contextlib.closing(Unix(plugin.socket)) as connection:
            for i in range(count):
                _ask(connection, (client + i) % PATHS, service=f"shop_{i % 40}")

    def resident(count: int) -> float:
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda one: some(one, count // CLIENTS), range(CLIENTS)))
        return float(plugin.status()["VmRSS"].split()[0]) / MIB

    early, late = resident(MANY // 10), resident(MANY - MANY // 10)
    return [
        Result(f"GetSecret: memory after {MANY} requests", late, 80, " MB"),
        Result(
            f"GetSecret: growth of memory from {MANY // 10} to {MANY} requests",
            late / early,
            1.05,
            "x",
            f"{early:.1f} MB, then {late:.1f} MB",
        ),
    ]


def _hanging(directory: str, vault: OpenBao) -> Result:
    """Ask for two values a second apart while a third, which many ask for, hangs at Vault."""
    behaviour = hanging(f"bench/g{PATHS - 1}", forward(vault.url, vault.ca_cert))
    waits: list[float] = []
    with Front(behaviour).running() as front, _plugin(directory, front.url) as plugin:
        pool = concurrent.futures.ThreadPoolExecutor(HUNG)
        hung = [
            pool.submit(plugin.get, f"g{PATHS - 1}", **_request(PATHS - 1)) for _i in range(HUNG)
        ]
        for number in range(5):
            for other in (number, number + 10):
                started = time.perf_counter()
                with contextlib.closing(Unix(plugin.socket)) as connection:
                    _ask(connection, other)
                waits.append(time.perf_counter() - started)
            time.sleep(FRESH_SECONDS)
        front.released.set()
        if any(one.result()["Err"] == "" for one in hung):
            raise SystemExit("the path that was to hang did not")
        pool.shutdown()
    return Result(
        "GetSecret: longest wait for a value of its own path while another hangs, of the deadline",
        max(waits) / DEADLINE,
        0.1,
        "x",
        f"{max(waits):.2f} s of {DEADLINE:g} s, {HUNG} requests hang",
    )
