"""Renders the files under deploy/ for one machine. The same files serve real machines and the rehearsal."""

import os
import pathlib
import string

TEMPLATES = pathlib.Path(__file__).resolve().parent.parent

# Template, place on the machine, owner on the machine, mode.
FILES = (
    ("etcd/etcd.env", "etc/default/etcd", "root", 0o644),
    ("patroni/patroni.yml", "etc/patroni/config.yml", "postgres", 0o600),
    ("patroni/bootstrap.sql", "etc/patroni/bootstrap.sql", "postgres", 0o600),
    ("bazar/catalog.env", "etc/bazar/catalog.env", "bazar", 0o600),
    ("bazar/orders.env", "etc/bazar/orders.env", "bazar", 0o600),
    ("bazar/frontend.env", "etc/bazar/frontend.env", "bazar", 0o600),
    ("bazar/pgpass", "etc/bazar/pgpass", "bazar", 0o600),
    ("bazar/service.token", "etc/bazar/service.token", "bazar", 0o600),
    ("bazar/shopkeeper.token", "etc/bazar/shopkeeper.token", "bazar", 0o600),
)
BACKUP_FILES = (("pgbackrest/pgbackrest.conf", "etc/pgbackrest.conf", "postgres", 0o640),)
VERBATIM = (
    ("patroni/restart.conf", "etc/systemd/system/patroni.service.d/bazar.conf"),
    ("systemd/bazar-catalog.service", "etc/systemd/system/bazar-catalog.service"),
    ("systemd/bazar-orders.service", "etc/systemd/system/bazar-orders.service"),
    ("systemd/bazar-frontend.service", "etc/systemd/system/bazar-frontend.service"),
)


def write(path, text, mode):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)


def render_machine(settings, machine, layout, secrets, root):
    """Writes the files of `machine` as a tree below `root`, the machine's `/`. Returns [(path, owner)]."""
    values = settings.values(machine, layout, secrets)
    written = []
    for template, place, owner, mode in FILES + (BACKUP_FILES if settings.backup_repository else ()):
        text = string.Template((TEMPLATES / template).read_text()).substitute(values)
        write(pathlib.Path(root) / place, text, mode)
        written.append((pathlib.Path(root) / place, owner))
    for source, place in VERBATIM:
        write(pathlib.Path(root) / place, (TEMPLATES / source).read_text(), 0o644)
        written.append((pathlib.Path(root) / place, "root"))
    return written
