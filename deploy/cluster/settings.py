"""What the configuration files of a cluster are rendered from: its machines, its paths and its secrets."""

import dataclasses
import ipaddress
import json
import os
import pathlib
import secrets

SECRETS = ("superuser_password", "replication_password", "rewind_password", "restapi_password", "bazar_password",
           "service_token", "shopkeeper_token")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where things lie on a machine. The defaults are those of Debian's packages."""

    etc: str = "/etc"
    bazar_etc: str = "/etc/bazar"
    patroni_etc: str = "/etc/patroni"
    patroni_var: str = "/var/lib/postgresql"
    etcd_data: str = "/var/lib/etcd/bazar"
    postgres_data: str = "/var/lib/postgresql/15/bazar"
    postgres_bin: str = "/usr/lib/postgresql/15/bin"
    socket_dir: str = "/var/run/postgresql"


@dataclasses.dataclass(frozen=True)
class Settings:
    """One cluster. `machines` maps names to addresses, in the order in which they are named everywhere."""

    cluster: str
    network: str
    machines: dict
    etcd_initial_state: str = "new"
    frontend_port: int = 8080
    frontend_host: str = "0.0.0.0"
    shared_buffers: str = "1GB"
    # Where pgBackRest keeps backups and log: options of its [global] section, such as repo1-host. Empty: nothing is archived.
    backup_repository: dict = dataclasses.field(default_factory=dict)
    demo_books: bool = False
    # On a loopback address of its own a machine must not take the port for the whole host.
    only_own_address: bool = False

    def __post_init__(self):
        if len(self.machines) < 3:
            raise ValueError("a cluster needs three machines: with fewer no majority outlives one of them")
        network = ipaddress.ip_network(self.network)
        for name, address in self.machines.items():
            if ipaddress.ip_address(address) not in network:
                raise ValueError(f"{name}: {address} is not in the network {self.network}")

    def database_url(self, database, first=None):
        """All machines, beginning with `first`."""
        names = sorted(self.machines, key=lambda name: name != first)
        hosts = ",".join(f"{self.machines[name]}:5432" for name in names)
        return f"postgresql://bazar@{hosts}/{database}"

    def values(self, machine, layout, secret):
        """The placeholders of the templates for one machine."""
        address = self.machines[machine]
        return {
            **dataclasses.asdict(layout),
            **secret,
            "cluster": self.cluster,
            "network": self.network,
            "machine": machine,
            "address": address,
            "etcd_hosts": ",".join(f"{a}:2379" for a in self.machines.values()),
            "etcd_initial_cluster": ",".join(f"{m}=http://{a}:2380" for m, a in self.machines.items()),
            "etcd_initial_state": self.etcd_initial_state,
            "postgres_listen": f"{address}:5432" if self.only_own_address else f"{address},127.0.0.1:5432",
            "shared_buffers": self.shared_buffers,
            "archive_mode": "on" if self.backup_repository else "off",
            "archive_command": self._pgbackrest(layout, "archive-push %p") if self.backup_repository else "",
            "backup_repository": "\n".join(f"{key}={value}" for key, value in self.backup_repository.items()),
            "catalog_url": self.database_url("catalog"),
            # This machine's own, a standby on two of three; where it is down, another's.
            "standby_url": self.database_url("catalog", machine),
            "orders_url": self.database_url("orders"),
            "catalog_flags": " --demo-books" if self.demo_books else "",
            "frontend_host": address if self.only_own_address else self.frontend_host,
            "frontend_port": str(self.frontend_port),
        }

    def _pgbackrest(self, layout, command):
        return f"pgbackrest --config={layout.etc}/pgbackrest.conf --stanza={self.cluster} {command}"


def new_secrets():
    return {name: secrets.token_hex(24) for name in SECRETS}


def load_or_make_secrets(path):
    """The cluster's secrets; made, and kept readable by their owner only, where there are none yet."""
    path = pathlib.Path(path)
    if path.exists():
        found = json.loads(path.read_text())
        missing = [name for name in SECRETS if name not in found]
        if missing:
            raise ValueError(f"{path} lacks {', '.join(missing)}")
        return found
    made = new_secrets()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file, indent=2)
    return made
