"""The HTTP servers that the store is compared with: own instances on loopback, with their files in a given folder.

Each is set up for speed as its manual says, with one worker, since the server side has one core.
"""

import contextlib
import os
import pathlib
import shutil
import sqlite3
import typing

import http_answer
from processes import Server, free_port

FLASK_WORKERS = 4
ENDLESS = 1_000_000_000  # requests on a connection
BOOK = '{"id":2,"title":"RPCs for Noobs","topic":"theory","price":50.00,"quantity":100}'

NGINX = """\
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests {endless};
  sendfile on;
  tcp_nodelay on;
  open_file_cache max=1000 inactive=1h;
  open_file_cache_valid 1h;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  proxy_cache_path {folder}/cache keys_zone=books:1m inactive=1h;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  upstream backend {{
    server {backend};
    keepalive 1024;
    keepalive_requests {endless};
  }}
  server {{
    listen 127.0.0.1:{port} backlog=16384;
    location /static/ {{ root {folder}; }}
    location /cached/ {{
      proxy_cache books;
      proxy_cache_valid 200 1h;
      proxy_pass http://backend;
    }}
    location /proxied/ {{ proxy_pass http://backend; }}
  }}
}}
"""

VARNISH = """\
vcl 4.1;
backend canned {{ .host = "{host}"; .port = "{port}"; }}
sub vcl_backend_response {{ set beresp.ttl = 1h; }}
"""


def missing_program(*programs: str) -> str | None:
    """The first of them that this machine lacks; those of /usr/sbin count."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return next((program for program in programs if shutil.which(program, path=path) is None), None)


@contextlib.contextmanager
def canned_server(program: pathlib.Path, folder: pathlib.Path) -> typing.Iterator[tuple[Server, str]]:
    with Server("canned_server", [program], folder / "canned.log") as server:
        yield server, server.ready_url()


@contextlib.contextmanager
def nginx(folder: pathlib.Path, backend: str) -> typing.Iterator[tuple[Server, str]]:
    """With the locations /static/, /cached/ and /proxied/, the latter two of the backend at that URL."""
    home = folder / "nginx"
    (home / "static" / "info").mkdir(parents=True)
    (home / "static" / "info" / "2").write_text(BOOK)
    port = free_port()
    (home / "nginx.conf").write_text(NGINX.format(
        # Its worker would otherwise be a user who may not enter the folder.
        user="user root;" if os.geteuid() == 0 else "", folder=home, backend=backend.removeprefix("http://"), port=port,
        endless=ENDLESS))
    command: list[str | os.PathLike[str]] = ["/usr/sbin/nginx", "-e", home / "error.log", "-c", home / "nginx.conf"]
    with Server("nginx", command, folder / "nginx.log") as server:
        url = f"http://127.0.0.1:{port}"
        server.wait_for(lambda: http_answer.is_served(url + "/static/info/2"))
        yield server, url


@contextlib.contextmanager
def varnish(folder: pathlib.Path, backend: str) -> typing.Iterator[tuple[Server, str]]:
    home = folder / "varnish"
    home.mkdir()
    host, port = backend.removeprefix("http://").split(":")
    (home / "store.vcl").write_text(VARNISH.format(host=host, port=port))
    own_port = free_port()
    command: list[str | os.PathLike[str]] = [
        "/usr/sbin/varnishd", "-F", "-j", "none", "-n", home / "work", "-f", home / "store.vcl", "-s", "malloc,64m",
        "-a", f"127.0.0.1:{own_port}", "-p", "thread_pools=1"]
    with Server("varnish", command, folder / "varnish.log") as server:
        url = f"http://127.0.0.1:{own_port}"
        server.wait_for(lambda: http_answer.is_served(url + "/info/2"))
        yield server, url


@contextlib.contextmanager
def flask(folder: pathlib.Path, books: int) -> typing.Iterator[tuple[Server, str]]:
    """The app of flask_store.py with that many books. A worker holds on to its connection: FLASK_WORKERS can be used."""
    database = folder / "flask.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT, topic TEXT, price REAL, quantity INTEGER)")
        connection.executemany("INSERT INTO books VALUES(?, 'RPCs for Noobs', 'theory', 50.0, 100)",
                               ((book,) for book in range(1, books + 1)))
        connection.commit()
    port = free_port()
    app = pathlib.Path(__file__).resolve().with_name("flask_store.py")
    command: list[str | os.PathLike[str]] = [
        "uwsgi", "--plugin", "python3", "--http11-socket", f"127.0.0.1:{port}", "--listen", "100", "--master", "--die-on-term",
        "--processes", str(FLASK_WORKERS), "--disable-logging", "--env", f"DATABASE={database}", "--wsgi-file", app,
        "--callable", "app"]
    with Server("uwsgi", command, folder / "uwsgi.log") as server:
        url = f"http://127.0.0.1:{port}"
        server.wait_for(lambda: http_answer.is_served(url + "/dict/info/2"))
        yield server, url
