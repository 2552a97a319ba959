# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shop whose services log in to PostgreSQL with credentials that OpenBao makes and ends."""

from __future__ import annotations

import contextlib
import typing as t
from collections import Counter
from dataclasses import dataclass

import docker.errors
import hvac.exceptions
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.errors import BedError
from testbed.postgres_image import LOGIN
from testbed.services import PATIENCE, KeepsFailingError, Tasks
from testbed.waiting import wait_for
from tests.e2e.support.ageing import age
from tests.e2e.support.world import DEADLINE, SECOND, World, digest

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.client import Hook

    from testbed import OpenBao, Postgres

DATABASE = "shop"
#: Its members may leave a row at each login; the roles that OpenBao creates are members.
MEMBERS = "shop_member"
STATIC = "shop_static"
CREDS = "database/creds/shop"
STATIC_CREDS = f"database/static-creds/{STATIC}"
LEASE_SECONDS = 3600
#: Longer than the engine watches a new task, so that old ones outlive the update.
DRAIN_SECONDS = 3

#: What OpenBao makes then cannot log in.
NOBODY = ["""CREATE ROLE "{{name}}" NOLOGIN PASSWORD '{{password}}';"""]
_MADE_BY_OPENBAO = (
    """CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' """
    f"IN ROLE {MEMBERS};"
)
#: PostgreSQL drops a role whose sessions are open and leaves those be: so they are ended first.
_ENDED_BY_OPENBAO = [
    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}';""",
    """DROP ROLE IF EXISTS "{{name}}";""",
]


def prepare(bao: OpenBao, postgres: Postgres) -> None:
    """Give the database its table, and OpenBao an engine that knows this very database."""
    if [DATABASE] not in postgres.sql("select datname from pg_database"):
        postgres.sql(f"create database {DATABASE}")
        postgres.sql(
            "create table logins (task text, role text default current_user);"
            f"create role {MEMBERS}; grant insert on logins to {MEMBERS};"
            f"create role {STATIC} login in role {MEMBERS}",
            DATABASE,
        )
    backend = bao.client().sys
    # What an earlier database was, whose leases nobody can end any more.
    with contextlib.suppress(hvac.exceptions.VaultError):
        backend.revoke_force("database/")
    backend.disable_secrets_engine("database")
    backend.enable_secrets_engine("database")
    engine = bao.client().secrets.database
    engine.configure(
        name=DATABASE,
        plugin_name="postgresql-database-plugin",
        allowed_roles=["*"],
        connection_url=(
            f"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{postgres.port}/{DATABASE}"
            "?sslmode=disable"
        ),
        username=postgres.user,
        password=postgres.password,
    )
    role(bao, "shop", LEASE_SECONDS)
    engine.create_static_role(
        name=STATIC,
        db_name=DATABASE,
        username=STATIC,
        rotation_statements=[],  # OpenBao's own
        rotation_period="24h",
    )


def role(
    bao: OpenBao, name: str, seconds: int, creation: t.Sequence[str] = (_MADE_BY_OPENBAO,)
) -> None:
    """Let database/creds/<name> give credentials that live for so long."""
    bao.client().secrets.database.create_role(
        name=name,
        db_name=DATABASE,
        creation_statements=list(creation),
        revocation_statements=_ENDED_BY_OPENBAO,
        default_ttl=f"{seconds}s",
        max_ttl=f"{seconds}s",
    )


def credential(path: str = CREDS, **more: t.Any) -> list[SecretRequest]:
    """Ask for user and password of one credential as two logical secrets."""
    return [
        SecretRequest(name, source=VaultSource(path=path, field=field, engine="read"), **more)
        for name, field in (("db_user", "username"), ("db_password", "password"))
    ]


@dataclass
class Shop:
    """The Swarm, the database and OpenBao together."""

    world: World
    postgres: Postgres
    #: How much the database had logged when the test began.
    seen: int = 0

    def open(self) -> None:
        """Begin anew, whatever a test that was broken off has left."""
        self.end_leases()
        self.postgres.sql("truncate logins", DATABASE)
        role(self.bao, "shop", LEASE_SECONDS)
        self.bao.clear_audit()
        self.seen = len(self.postgres.log())

    def close(self) -> None:
        """End the services and all leases."""
        self.close_services()
        self.end_leases()

    def close_services(self) -> None:
        """End the services, and wait until nobody logs in any more."""
        for service in self.world.client.services():
            self.world.client.remove_service(service["ID"])

        def ended() -> bool:
            for node in self.world.bed.nodes:
                with contextlib.closing(node.client()) as client:
                    if client.containers(filters={"ancestor": LOGIN}):
                        return False
            return True

        wait_for("the applications to end", ended, timeout=DEADLINE)

    def end_leases(self) -> None:
        """End every lease, so that none of the roles is left that OpenBao made."""
        self.bao.client().sys.revoke_prefix("database/creds/")

    @property
    def bao(self) -> OpenBao:
        """The OpenBao that makes the credentials."""
        return self.world.vault

    def rotate(
        self,
        *requests: SecretRequest,
        check: bool = False,
        hook: Hook | None = None,
        login: t.Mapping[str, t.Any] | None = None,
        **options: t.Any,
    ) -> Report:
        """Run the core.

        :param hook: stands around each request to OpenBao.
        :param login: options to log in with, in place of the root token.
        """
        options.setdefault("wait_timeout", DEADLINE)
        swarm = SwarmClient(self.world.transport())
        with connect(self.world.vault_options(**(login or {})), hook=hook) as reader:
            return rotate(requests, Options(**options), swarm, reader, check_mode=check)

    # -- the application ------------------------------------------------------------------------

    def service(
        self,
        name: str = "shop",
        *,
        replicas: int = 1,
        labels: dict[str, str] | None = None,
        loyal: bool = False,
        drain: int = DRAIN_SECONDS,
    ) -> None:
        """Create a service that logs in all the time, and goes on for a while when asked to stop.

        :param loyal: it starts with the user that there is now, and with no other.
        :param drain: for how many seconds it goes on; a while later it would be killed.
        """
        environment = {
            "PGHOST": self.world.bed.gateway,
            "PGPORT": self.postgres.port,
            "PGDATABASE": DATABASE,
            "DRAIN": drain,
            "ONLY": self.made()[0] if loyal else "",
        }
        only = 'test "$(cat /run/secrets/db_user)" = "$ONLY" && exec /login.sh'
        self.world.service(
            name,
            {"db_user": self.newest("db_user"), "db_password": self.newest("db_password")},
            replicas=replicas,
            labels=labels,
            update={"Order": "start-first"},
            command=("sh", "-c", only) if loyal else ("/login.sh",),
            env=[f"{key}={value}" for key, value in environment.items()],
            container={
                "Image": LOGIN,
                "StopGracePeriod": (drain + 7) * SECOND,
                "Healthcheck": {
                    "Test": ["CMD", "test", "-e", "/dev/shm/ready"],
                    "Interval": SECOND // 2,  # each look starts a process in the container
                    "Timeout": 5 * SECOND,
                    "StartPeriod": 30 * SECOND,
                },
            },
        )

    def failed_logins(self) -> dict[str, int]:
        """Return what went wrong at logins since the test began, as both ends tell, and how often.

        A session that is ended from outside counts as well.
        """
        logged = self.postgres.log()[self.seen :].splitlines()
        refused = [line.partition("FATAL:")[2].strip() for line in logged if "FATAL:" in line]
        printed = [line for line in self._printed() if "failed" in line]
        return dict(Counter(refused + printed))

    def logins(self) -> dict[str, int]:
        """Return how often each role has logged in."""
        rows = self.postgres.sql("select role, count(*) from logins group by role", DATABASE)
        return {name: int(count) for name, count in rows}

    def wait_for_login(self, *roles: str) -> None:
        """Wait until these roles, or all that are left, have logged in once more than until now.

        Not to the end, where the tasks keep failing: then with their error.
        """
        wanted = roles or self.made()
        assert wanted, "nobody is left who could log in"
        before = self.logins()
        tasks = [Tasks(self.world.client, one["ID"]) for one in self.world.client.services()]

        def more() -> bool:
            now = self.logins()
            if all(now.get(name, 0) > before.get(name, 0) for name in wanted):
                return True
            failing = [one for one in tasks if one.keep_failing(PATIENCE)]
            if failing:
                raise KeepsFailingError(failing[0].told())
            return False

        what = f"logins of {' and '.join(wanted)}"
        try:
            wait_for(what, more, timeout=DEADLINE)
        except BedError as error:
            raise BedError(f"{what}: {error}; failed logins: {self.failed_logins()}") from error

    def _printed(self) -> t.Iterator[str]:
        """Give what each task printed, also those that have ended."""
        services = {found["ID"] for found in self.world.client.services()}
        for node in self.world.bed.nodes:
            with contextlib.closing(node.client()) as client:
                for container in client.containers(all=True):
                    label = container["Labels"].get("com.docker.swarm.service.id")
                    if label in services:
                        with contextlib.suppress(docker.errors.NotFound):
                            yield from client.logs(container["Id"]).decode().splitlines()

    # -- credentials ----------------------------------------------------------------------------

    def made(self) -> list[str]:
        """Return the roles that OpenBao made and that are still there."""
        return [name for name in self.postgres.roles() if name.startswith("v-")]

    def leases(self) -> list[str]:
        """Return the ids of the leases that OpenBao holds."""
        found = []
        for name in ("shop", "brief"):
            prefix = f"database/creds/{name}"
            with contextlib.suppress(hvac.exceptions.InvalidPath):
                keys = self.bao.client().sys.list_leases(prefix)["data"]["keys"]
                found += [f"{prefix}/{key}" for key in keys]
        return found

    def users_of(self, service: str) -> list[str]:
        """Return the roles that the running tasks of a service log in with."""
        shown = self.world.shown(service, "db_user")
        return [name for name in self.made() if digest(name) in shown]

    def reads(self) -> int:
        """Return how many credentials were asked for since the audit log was cleared."""
        return len(self.bao.audit_requests("database/creds/"))

    def revocations(self) -> list[str]:
        """Return the calls that ended leases since the audit log was cleared."""
        return [entry["request"]["path"] for entry in self.bao.audit_requests("sys/leases/revoke")]

    def ttls_of_tokens(self, policy: str) -> list[int]:
        """Return how many seconds each token with a policy has to live."""
        auth = self.bao.client().auth.token
        accessors = auth.list_accessors()["data"]["keys"]
        found = [auth.lookup_accessor(accessor)["data"] for accessor in accessors]
        return [token["ttl"] for token in found if policy in token["policies"]]

    # -- versions -------------------------------------------------------------------------------

    def versions(self, logical: str = "db_user") -> dict[int, dict[str, str]]:
        """Return the labels of the versions of a logical secret, by number."""
        found = {
            int(labels[secret_labels.VERSION]): labels
            for labels in self.world.secrets().values()
            if labels.get(secret_labels.NAME) == logical
        }
        return {number: found[number] for number in sorted(found)}

    def used(self, service: str = "shop") -> set[str]:
        """Return the leases of the versions that a service refers to."""
        labels = self.world.secrets()
        return {
            labels[name][secret_labels.LEASE_ID] for name in self.world.references(service).values()
        }

    def newest(self, logical: str) -> str:
        """Return the Swarm name of the newest version."""
        return f"{logical}_v{max(self.versions(logical))}"

    def lease_ids(self, logical: str = "db_user") -> dict[int, str]:
        """Return the lease of each version."""
        return {
            number: labels[secret_labels.LEASE_ID]
            for number, labels in self.versions(logical).items()
        }

    def revoked(self, logical: str = "db_user") -> dict[int, bool]:
        """Return of which versions the labels say that nobody can use them any more."""
        return {
            number: secret_labels.LEASE_REVOKED in v for number, v in self.versions(logical).items()
        }

    def age(self, seconds: int = LEASE_SECONDS * 3 // 4) -> None:
        """Let all credentials look as if they had been made earlier; by default: due, not over."""
        age(self.world.client, seconds)
