#!/usr/bin/python3
"""Holds the running servers to docs/openapi*.yaml.

Starts `bazar up` on free ports, sends each tier good and bad requests, and checks of every answer that its status, its
headers, its media type and its body are among what the description allows for that operation. At the end every
operation of the three descriptions must have been exercised.
"""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import uuid

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


def absolute(node, document):
    """`node` with every local reference naming its document, so that it may be followed from another one."""
    if isinstance(node, dict):
        return {k: document + v if k == "$ref" and v.startswith("#") else absolute(v, document) for k, v in node.items()}
    if isinstance(node, list):
        return [absolute(item, document) for item in node]
    return node


DOCUMENTS = {
    name: absolute(yaml.safe_load((ROOT / "docs" / name).read_text()), name)
    for name in ("openapi.yaml", "openapi-catalog.yaml", "openapi-orders.yaml")
}


class Tier:
    """One server and the document that describes it."""

    def __init__(self, document, url):
        self.document = document
        self.address = urllib.parse.urlsplit(url).netloc
        self.resolver = jsonschema.RefResolver(document, DOCUMENTS[document], store=dict(DOCUMENTS))
        self.exercised = set()
        self.failures = []
        self.checks = 0

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node

    def operation(self, method, path):
        """The operation that answers `path`; a literal path wins over a template."""
        segments = path.split("/")
        found = None
        for template, item in DOCUMENTS[self.document]["paths"].items():
            parts = template.split("/")
            if len(parts) == len(segments) and all(
                p == s or p.startswith("{") for p, s in zip(parts, segments)
            ):
                if method in item and (found is None or template == path):
                    found = (template, item[method])
        return found

    def call(self, method, target, body=None, headers=None, raw=None):
        connection = http.client.HTTPConnection(self.address, timeout=15)
        sent = dict(headers or {})
        if body is not None or raw is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(
            method.upper(), target, raw if raw is not None else (json.dumps(body) if body is not None else None), sent
        )
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, content

    def expect(self, status, method, target, body=None, headers=None, raw=None):
        """Sends, checks against the description and the expected status, returns the decoded body."""
        got, got_headers, content = self.call(method, target, body, headers, raw)
        where = f"{self.document} {method.upper()} {target[:80]} -> {got}"
        self.checks += 1
        try:
            if got != status:
                raise AssertionError(f"expected {status}: {content[:300]!r}")
            return self.check(method, target, got, got_headers, content)
        except (AssertionError, jsonschema.ValidationError) as error:
            self.failures.append(f"{where}: {str(error).splitlines()[0]}")
            return None

    def check(self, method, target, status, headers, content):
        found = self.operation(method, urllib.parse.urlsplit(target).path)
        if found is None:
            raise AssertionError("no operation describes this request")
        template, operation = found
        self.exercised.add((method, template))
        if str(status) not in operation["responses"]:
            raise AssertionError("the description has no such status here")
        described = self.resolve(operation["responses"][str(status)])
        for name, header in described.get("headers", {}).items():
            header = self.resolve(header)
            value = headers.get(name.lower())
            if value is None:
                if header.get("required"):
                    raise AssertionError(f"header {name} is missing")
                continue
            self.validate(value, header["schema"])
        if "content" not in described:
            return None
        media = headers.get("content-type", "").split(";")[0]
        if media not in described["content"]:
            raise AssertionError(f"media type {media!r} is not described")
        if not media.endswith("json"):
            return None
        decoded = json.loads(content)
        self.validate(decoded, described["content"][media]["schema"])
        if media == "application/problem+json" and decoded["status"] != status:
            raise AssertionError("the problem's status is not the answer's")
        return decoded

    def validate(self, instance, schema):
        jsonschema.Draft202012Validator(schema, resolver=self.resolver).validate(instance)


def check_frontend(tier, token):
    keeper = {"Authorization": f"Bearer {token}"}
    key = lambda: {"Idempotency-Key": str(uuid.uuid4())}
    for target in ("/", "/topics", "/info", "/info?limit=2", "/info/all", "/healthz", "/readyz", "/metrics", "/version"):
        tier.expect(200, "get", target)
    tier.expect(200, "get", "/info/2")
    tier.expect(200, "get", "/info/2")
    tier.expect(404, "get", "/info/999")
    tier.expect(400, "get", "/info/0")
    tier.expect(400, "get", "/info/two")
    tier.expect(304, "get", "/info/2", headers={"If-None-Match": "*"})
    tier.expect(200, "get", "/info/2", headers={"Accept": "text/plain"})
    tier.expect(200, "get", "/info/2", headers={"Accept": "text/html"})
    tier.expect(200, "get", "/search/distributed%20systems")
    tier.expect(404, "get", "/search/cookery")
    tier.expect(400, "get", "/search/%FF")
    tier.expect(200, "get", "/search?q=theory")
    tier.expect(200, "get", "/search?q=%22%20OR%20*")
    for bad in ("/search", "/search?q=", "/search?q=x&limit=0", "/search?q=x&limit=1001", "/search?q=x&after=!!"):
        tier.expect(400, "get", bad)
    for bad in ("/info?limit=-1", "/info?limit=x", "/info?after=x"):
        tier.expect(400, "get", bad)

    bought = tier.expect(200, "post", "/purchase/2", {"name": "Hiba"}, key())
    same = key()
    first = tier.expect(200, "post", "/purchase/2", {"name": "Hiba", "quantity": 2}, same)
    again = tier.expect(200, "post", "/purchase/2", {"quantity": 2, "name": "Hiba"}, same)
    if first != again:
        tier.failures.append(f"a replay answered {again}, first was {first}")
    tier.expect(422, "post", "/purchase/2", {"name": "Hiba", "quantity": 3}, same)
    tier.expect(200, "post", "/purchase/2", {"name": "Omar"})
    tier.expect(404, "post", "/purchase/999", {"name": "Hiba"}, key())
    tier.expect(403, "post", "/purchase/3", {"name": "Hiba", "quantity": 500}, key())
    for bad in ({}, {"name": ""}, {"name": 5}, {"name": "x", "quantity": 0}, {"name": "x", "quantity": 1001},
                {"name": "x", "quantity": 1.5}, {"name": "x" * 201}, {"name": "a\u0007"}, {"name": "x", "more": 1}, [], "x"):
        tier.expect(400, "post", "/purchase/2", bad, key())
    for raw in (b"", b"{", b'{"name":"\xff"}', b'{"name":"x"} {}'):
        tier.expect(400, "post", "/purchase/2", raw=raw)
    tier.expect(400, "post", "/purchase/2", {"name": "x"}, {"Idempotency-Key": "a b"})
    tier.expect(400, "post", "/purchase/2", {"name": "x"}, {"Idempotency-Key": "k" * 256})
    tier.expect(415, "post", "/purchase/2", raw=b"name=x", headers={"Content-Type": "text/plain"})
    tier.expect(413, "post", "/purchase/2", raw=b'{"name":"' + b"x" * (2 << 20) + b'"}')

    lines = [{"book_id": 2, "quantity": 1}, {"book_id": 7, "quantity": 2}]
    cart = tier.expect(200, "post", "/checkout", {"name": "Hiba", "lines": lines}, key())
    tier.expect(403, "post", "/checkout", {"name": "Hiba", "lines": [{"book_id": 3, "quantity": 900}, lines[0]]}, key())
    tier.expect(404, "post", "/checkout", {"name": "Hiba", "lines": [{"book_id": 999, "quantity": 1}]}, key())
    for bad in ({"name": "x", "lines": []}, {"name": "x"}, {"name": "x", "lines": [{"book_id": 1}] * 101},
                {"name": "x", "lines": [lines[0], lines[0]]}):
        tier.expect(400, "post", "/checkout", bad, key())

    for order in filter(None, (bought and bought["order_id"], cart and cart["order_id"])):
        tier.expect(200, "get", f"/orders/{order}")
    tier.expect(404, "get", "/orders/0190163d-8694-739b-aea5-966c26f8ad91")
    tier.expect(400, "get", "/orders/nonsense")
    tier.expect(200, "get", "/orders?name=Hiba&limit=2")
    tier.expect(200, "get", "/orders?name=nobody")
    for bad in ("/orders", "/orders?name=", "/orders?name=Hiba&limit=0", "/orders?name=Hiba&after=x"):
        tier.expect(400, "get", bad)

    draft = {"title": "Sharing <b>Time</b>", "topic": "new", "price": 12.5, "quantity": 3}
    tier.expect(401, "post", "/books", draft)
    tier.expect(401, "post", "/books", draft, {"Authorization": "Bearer wrong"})
    book = tier.expect(201, "post", "/books", draft, keeper)
    tier.expect(409, "post", "/books", {**draft, "id": 1}, keeper)
    same = {**keeper, **key()}
    tier.expect(201, "post", "/books", draft, same)
    tier.expect(201, "post", "/books", draft, same)
    tier.expect(422, "post", "/books", {**draft, "quantity": 4}, same)
    for bad in ({**draft, "price": 1.234}, {**draft, "price": "1"}, {**draft, "price": -1}, {**draft, "quantity": -1}, {**draft, "title": ""},
                {**draft, "isbn": "123"}, {**draft, "topic": "x" * 513}, {**draft, "currency": "EUR"}, {"title": "x"}):
        tier.expect(400, "post", "/books", bad, keeper)
    if book:
        check_writes(tier, book, draft, keeper)


def check_writes(tier, book, draft, headers):
    path = f"/books/{book['id']}"
    match = {**headers, "If-Match": f'"{book["version"]}"'}
    tier.expect(204, "put", path, {**draft, "price": 13}, match)
    tier.expect(412, "put", path, draft, match)
    tier.expect(403, "put", path, {**draft, "quantity": -1}, headers)
    tier.expect(400, "put", path, {"title": "x"}, headers)
    tier.expect(404, "put", "/books/999999", draft, headers)
    tier.expect(204, "patch", path, {"price": 14.99}, headers)
    tier.expect(204, "patch", path, {"year": 1999}, {**headers, "Content-Type": "application/merge-patch+json"})
    tier.expect(204, "patch", path, {"year": None}, headers)
    tier.expect(400, "patch", path, {"title": None}, headers)
    tier.expect(403, "patch", path, {"quantity": -5}, headers)
    tier.expect(404, "patch", "/books/999999", {"price": 1}, headers)
    tier.expect(415, "patch", path, raw=b"x", headers={**headers, "Content-Type": "text/plain"})
    key = {**headers, "Idempotency-Key": str(uuid.uuid4())}
    tier.expect(200, "post", path + "/stock", {"delta": 5}, key)
    tier.expect(200, "post", path + "/stock", {"delta": 5}, key)
    tier.expect(422, "post", path + "/stock", {"delta": 6}, key)
    tier.expect(400, "post", path + "/stock", {"delta": 5}, headers)
    tier.expect(403, "post", path + "/stock", {"delta": -100}, {**headers, "Idempotency-Key": str(uuid.uuid4())})
    tier.expect(400, "post", path + "/stock", {"delta": 0.5}, {**headers, "Idempotency-Key": str(uuid.uuid4())})
    tier.expect(404, "post", "/books/999999/stock", {"delta": 5}, {**headers, "Idempotency-Key": str(uuid.uuid4())})
    tier.expect(204, "delete", path, headers=headers)
    tier.expect(404, "delete", path, headers=headers)


def check_catalog(tier):
    for target in ("/books", "/books?topic=new", "/books?topic=new&full=1", "/books?q=theory", "/books?ids=1,2,999",
                   "/books?limit=2", "/books/1", "/topics", "/members", "/sales?unprojected=1"):
        tier.expect(200, "get", target)
    tier.expect(404, "get", "/books?topic=cookery")
    tier.expect(404, "get", "/books/999")
    for bad in ("/books?ids=1,x", "/books?ids=", "/books?limit=0", "/books?after=x", "/books/0", "/sales", "/sales?unprojected=2", "/sales/x"):
        tier.expect(400, "get", bad)
    tier.expect(404, "get", "/sales/0190163d-8694-739b-aea5-966c26f8ad91")
    draft = {"title": "Held to it", "topic": "new", "price": 1, "quantity": 2}
    book = tier.expect(201, "post", "/books", draft)
    if book:
        check_writes(tier, book, draft, {})
    tier.expect(200, "post", "/books/batch", {"items": [{"key": "row:1", "book": draft}, {"key": "row:1", "book": draft},
                                                        {"key": "row:2", "book": {**draft, "title": ""}}]})
    tier.expect(400, "post", "/books/batch", {"items": 1})
    order = "01931c3e-8694-739b-aea5-966c26f8ad91"
    sale = {"key": "openapi-1", "order_id": order, "name": "Hiba", "lines": [{"book_id": 1, "quantity": 1}], "fingerprint": "a"}
    wishes = [sale, sale, {**sale, "fingerprint": "b"},
              {**sale, "key": "openapi-2", "lines": [{"book_id": 999, "quantity": 1}]},
              {**sale, "key": "openapi-3", "lines": [{"book_id": 3, "quantity": 999}]}]
    answer = tier.expect(200, "post", "/sales", {"sales": wishes})
    if answer:
        outcomes = [o["outcome"] for o in answer["outcomes"]]
        if outcomes != ["sold", "replayed", "conflict", "not_found", "out_of_stock"]:
            tier.failures.append(f"POST /sales answered {outcomes}")
    tier.expect(200, "get", f"/sales/{order}")
    tier.expect(400, "post", "/sales", {"sales": [{**sale, "lines": []}]})
    tier.expect(400, "post", "/sales", {})
    member = {"url": "http://127.0.0.1:1", "incarnation": "abc"}
    tier.expect(200, "put", "/members/orders/orders-x", member)
    tier.expect(200, "get", "/members/orders/orders-x?incarnation=abc")
    tier.expect(409, "get", "/members/orders/orders-x?incarnation=other")
    tier.expect(400, "get", "/members/orders/orders-x")
    tier.expect(400, "put", "/members/orders/orders-x", {"url": "nonsense", "incarnation": "abc"})
    tier.expect(204, "delete", "/members/orders/orders-x?incarnation=abc")
    silent = "/members/frontend/frontend-x"
    tier.expect(200, "put", silent, member)
    tier.expect(200, "put", silent, {**member, "incarnation": "def"})
    tier.expect(409, "put", silent, member)
    tier.expect(204, "delete", silent + "?incarnation=def")
    tier.expect(204, "delete", silent + "?incarnation=abc")


def check_invalidation(catalog, token):
    """A front-end's private listener, which catalogs alone speak to (coherence protocol, rule 3)."""
    member = next(m for m in catalog.expect(200, "get", "/members")["members"] if m["role"] == "frontend" and m["state"] == "live")
    url = urllib.parse.urlsplit(member["control_url"])
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    epoch = catalog.call("get", "/books/1")[1]["bazar-epoch"]
    least = {"epoch": epoch, "incarnation": member["incarnation"], "revision": 1, "books": [1]}
    for status, body, headers in ((200, least, bearer), (200, {**least, "listing": True}, bearer), (401, least, {}),
                                  (409, {**least, "incarnation": "another"}, bearer), (400, {**least, "books": "1"}, bearer)):
        connection = http.client.HTTPConnection(url.netloc, timeout=15)
        connection.request("POST", "/invalidate", json.dumps(body), {"Content-Type": "application/json", **headers})
        catalog.checks += 1
        got = connection.getresponse().status
        if got != status:
            catalog.failures.append(f"POST /invalidate {body} -> {got}, expected {status}")
        connection.close()


def check_orders(tier):
    key = lambda: {"Idempotency-Key": str(uuid.uuid4())}
    wish = {"id": 2, "name": "Hiba"}
    order = tier.expect(200, "post", "/orders", wish, key())
    tier.expect(403, "post", "/orders", {**wish, "id": 3, "quantity": 999}, key())
    tier.expect(404, "post", "/orders", {**wish, "id": 999}, key())
    tier.expect(400, "post", "/orders", {"id": 2}, key())
    same = key()
    tier.expect(200, "post", "/orders", wish, same)
    tier.expect(422, "post", "/orders", {**wish, "name": "Omar"}, same)
    batch = [{"key": str(uuid.uuid4()), "name": "Hiba", "lines": [{"book_id": b, "quantity": 1}]} for b in (1, 999)]
    tier.expect(200, "post", "/orders/batch", {"orders": batch})
    tier.expect(400, "post", "/orders/batch", {"orders": 5})
    if order:
        tier.expect(200, "get", f"/orders/{order['order_id']}")
        minor = tier.call("get", f"/orders/{order['order_id']}?amounts=minor")
        if json.loads(minor[2])["total"] != round(order["price"] * 100):
            tier.failures.append(f"amounts=minor answered {minor[2]}")
        tier.expect(400, "get", f"/orders/{order['order_id']}?amounts=major")
    tier.expect(404, "get", "/orders/0190163d-8694-739b-aea5-966c26f8ad91")
    tier.expect(200, "get", "/orders?name=Hiba")
    tier.expect(200, "get", "/orders?all=1")
    tier.expect(400, "get", "/orders?name=Hiba&limit=x")


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as directory:
        store = subprocess.Popen([binary, "up", "--port", "0", "--data", directory], stdout=subprocess.PIPE, text=True)
        try:
            for line in store.stdout:
                if line.startswith("ready "):
                    break
            else:
                print("bazar up did not become ready")
                return 1
            members = json.loads(pathlib.Path(directory, "members.json").read_text())
            url = lambda role: next(m["url"] for m in members if m["role"] == role)
            token = pathlib.Path(directory, "shopkeeper.token").read_text().strip()
            tiers = [Tier("openapi.yaml", url("frontend")), Tier("openapi-catalog.yaml", url("catalog")),
                     Tier("openapi-orders.yaml", url("orders"))]
            check_frontend(tiers[0], token)
            check_catalog(tiers[1])
            check_invalidation(tiers[1], pathlib.Path(directory, "service.token").read_text().strip())
            check_orders(tiers[2])
        finally:
            store.send_signal(signal.SIGTERM)
            try:
                store.wait(20)
            except subprocess.TimeoutExpired:
                store.kill()
                raise
    failures = [f for tier in tiers for f in tier.failures]
    for tier in tiers:
        described = {
            (method, path)
            for path, item in DOCUMENTS[tier.document]["paths"].items()
            for method in item
            if method in ("get", "put", "post", "patch", "delete")
        }
        failures += [f"{tier.document}: {m.upper()} {p} was never exercised" for m, p in sorted(described - tier.exercised)]
    for failure in failures:
        print(failure)
    print(f"{sum(t.checks for t in tiers)} requests checked, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
