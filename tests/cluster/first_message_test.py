#!/usr/bin/python3
"""What a role says of a PostgreSQL server that it cannot use: first_message_test.py BAZAR

One line on standard error, exit code 1. That a server is too old is tested in src/db/postgres.
Exit code 77: this host has no PostgreSQL 15.
"""

import pathlib
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import postgres_server  # noqa: E402


def commands(binary, token, data, url):
    role = ["--database", url, "--service-token-file", token]
    return {
        "catalog": [binary, "catalog", *role],
        "orders": [binary, "orders", *role, "--catalog", "http://127.0.0.1:1"],
        "migrate": [binary, "migrate", "--database", url],
        "up": [binary, "up", "--port", "0", "--data", data, "--database", url],
    }


def expect(binary, folder, url, words):
    token = folder / "token"
    token.write_text("service-token-of-tests\n")
    token.chmod(0o600)
    for name, command in commands(binary, token, folder / "data", url).items():
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        lines = done.stderr.splitlines()
        if done.returncode != 1 or len(lines) != 1 or not lines[0].startswith("bazar: ") or words not in lines[0]:
            raise AssertionError(f"bazar {name} should say “{words}”: {done}")
    print(f"{words}: {lines[0]}")


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def currency_of_a_new_store(binary, server):
    url = server.create_database("euros")
    migrate = lambda *flags: subprocess.run([binary, "migrate", "--database", url, *flags], capture_output=True, text=True)
    made = migrate("--currency", "EUR")
    if made.returncode != 0 or "prices are in EUR" not in made.stdout:
        raise AssertionError(f"a store in euros: {made}")
    if (kept := migrate()).returncode != 0 or "prices are in EUR" not in kept.stdout:
        raise AssertionError(f"the currency is kept: {kept}")
    if (refused := migrate("--currency", "USD")).returncode != 1 or "EUR" not in refused.stderr:
        raise AssertionError(f"the currency cannot be changed: {refused}")
    if migrate("--currency", "XQX").returncode != 2:
        raise AssertionError("XQX is no currency")


def main():
    if not postgres_server.installed():
        print(postgres_server.MISSING)
        return 77
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="bazar-message-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)
        expect(binary, folder, f"postgresql://bazar@127.0.0.1:{unused_port()}/catalog", "Connection refused")
        with postgres_server.running(folder) as server:
            expect(binary, folder, server.url("nowhere"), 'database "nowhere" does not exist')
            read_only = server.create_database("read_only")
            server.sql("ALTER DATABASE read_only SET default_transaction_read_only = on")
            expect(binary, folder, read_only, "read-only")
            server.sql("CREATE ROLE guest LOGIN")
            server.create_database("others")
            expect(binary, folder, server.url("others", "guest"), "needs CREATE on the schema")
            server.sql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
            expect(binary, folder, server.url("latin"), "encoding is not UTF8")
            currency_of_a_new_store(binary, server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
