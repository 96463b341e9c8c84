"""What a person is told of a rehearsed cluster."""

import concurrent.futures
import json
import urllib.request

ROLE_NAMES = {"leader": "primary", "sync_standby": "synchronous standby", "replica": "standby"}


def _answers(url):
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=1.0) as answer:
            return answer.status == 200
    except OSError:
        return False


def answering(cluster, role="frontend"):
    """The machines whose server of that role says that it can serve."""
    urls = cluster.urls(role)
    with concurrent.futures.ThreadPoolExecutor(len(urls)) as pool:
        return [name for name, good in zip(urls, pool.map(_answers, urls.values())) if good]


def store_is_ready(cluster):
    everyone = list(cluster.machines)
    return all(answering(cluster, role) == everyone for role in ("catalog", "orders", "frontend"))


def condition(cluster, name, members):
    """What a machine is now, in a few words."""
    machine = cluster[name]
    if not machine.is_on:
        return "off"
    if machine.frozen:
        return "frozen"
    if name in cluster.cut_off:
        return "cut off"
    member = members.get(name)
    if member is None:
        return "no member"
    role = ROLE_NAMES.get(member["role"], member["role"])
    return role if member["state"] in ("running", "streaming") else f"{role}, {member['state']}"


def summary(cluster):
    """One line; the same line again where nothing has changed."""
    members = cluster.members()
    parts = [f"{name} {condition(cluster, name, members)}" for name in cluster.machines]
    if cluster.has_store:
        parts.append("store answers on " + (" ".join(answering(cluster)) or "none"))
    return " | ".join(parts)


def table(cluster):
    members = cluster.members()
    serving = answering(cluster) if cluster.has_store else []
    rows = [("machine", "PostgreSQL", "lag", "store", "address")]
    for name, machine in cluster.machines.items():
        lag = members.get(name, {}).get("lag", "")
        address = cluster.urls()[name] if cluster.has_store else machine.address
        store = ("serves" if name in serving else "silent") if cluster.has_store else ""
        rows.append((name, condition(cluster, name, members), f"{lag} B" if lag != "" else "", store, address))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def as_json(cluster):
    """The same for a program, and what it needs to use the store."""
    members = cluster.members()
    serving = answering(cluster) if cluster.has_store else []
    machines = [{"name": name, "postgres": condition(cluster, name, members), "serves": name in serving,
                 "frontend": cluster.urls()[name]} for name in cluster.machines]
    return json.dumps({"whole": cluster.is_whole() and (not cluster.has_store or store_is_ready(cluster)),
                       "shopkeeper_token_file": str(next(iter(cluster.machines.values())).folder / "etc/bazar/shopkeeper.token"),
                       "machines": machines}, indent=1)


def instructions(cluster):
    lines = [table(cluster), ""]
    if cluster.has_store:
        first, last = list(cluster.urls().values())[0], list(cluster.urls().values())[-1]
        lines += [f"Buy:      curl -X POST {last}/purchase/2 -H 'Content-Type: application/json' -d '{{\"name\":\"Hiba\"}}'",
                  f"Look:     {first} in a browser; build/release/bazar members --catalog"
                  f" {list(cluster.urls('catalog').values())[-1]} (from this host: with the service token)"]
    leader = cluster.leader() or next(iter(cluster.machines))
    lines += [f"Break it: tools/cluster kill {leader}; tools/cluster status; tools/cluster start {leader}",
              "          also freeze, thaw, cut, heal and kill-service, see tools/cluster --help",
              "Ctrl-C stops everything. What changes is told here:", ""]
    return "\n".join(lines)
