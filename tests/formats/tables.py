"""Reads the tables and the NDJSON of a run, and holds every cell against the JSON report of the same
run: python3 tables.py FOLDER, with report.json, lines.ndjson, sessions.csv, findings.csv and
inventory.csv in it. What a column means is written down here once more, on purpose."""

import csv
import json
import os
import sys

folder = sys.argv[1]
path = lambda name: os.path.join(folder, name)
report = json.load(open(path("report.json"), encoding="utf-8"))
sessions = report["sessions"]

INVISIBLE = (
    {0x061C, 0xFEFF} | set(range(0x200B, 0x2010)) | set(range(0x2028, 0x202F))
    | set(range(0x2060, 0x2070)) | set(range(0xFFF9, 0xFFFC)) | set(range(0xE0000, 0xE0080))
)


def cell(value):
    """What a spreadsheet gets: no control characters, nothing that it would compute."""
    if value is None:
        return ""
    if isinstance(value, bool):
        value = str(value).lower()
    text = "".join(
        f"\\u{{{ord(c):X}}}" if ord(c) < 32 or 127 <= ord(c) < 160 or ord(c) in INVISIBLE else c
        for c in str(value)
    )
    return "'" + text if text[:1] in tuple("=+-@") else text


def table(name):
    with open(path(name), newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert len({len(row) for row in rows}) == 1, f"{name}: rows of different lengths"
    assert len(set(rows[0])) == len(rows[0]), f"{name}: a column twice"
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def compare(name, given, expected):
    assert len(given) == len(expected), f"{name}: {len(given)} rows, not {len(expected)}"
    for number, (row, wanted) in enumerate(zip(given, expected), 1):
        assert row.keys() == wanted.keys(), f"{name}: {row.keys() ^ wanted.keys()}"
        for column, value in wanted.items():
            assert row[column] == cell(value), (
                f"{name}, row {number}, {column}: {row[column]!r} is not {cell(value)!r}"
            )


def at(value, *path):
    for step in path:
        if value is None or (isinstance(value, list) and not value):
            return None
        value = value[step]
    return value


def end(endpoint):
    ip = endpoint["ip"]
    return f"[{ip}]:{endpoint['port']}" if ":" in ip else f"{ip}:{endpoint['port']}"


def suite(value):
    return value and (value["name"] or value["code"])


def words(values):
    return " ".join(str(value) for value in values)


def session_row(it):
    smtp, tls, capture, tcp = it["smtp"], it["tls"], it["capture"], it["tcp"]
    hello, answer = at(tls, "client_hello"), at(tls, "server_hello")
    leaf, alert = at(tls, "certificates", "server", 0), at(tls, "alerts", 0)
    return {
        "input": capture["input"],
        "tcp_stream": capture["tcp_stream"],
        "first_frame": capture["first_frame"],
        "last_frame": capture["last_frame"],
        "started": it["started"],
        "ended_at": it["ended_at"],
        "client_ip": it["client"]["ip"],
        "client_port": it["client"]["port"],
        "server_ip": it["server"]["ip"],
        "server_port": it["server"]["port"],
        "community_id": it["community_id"],
        "banner_host": at(smtp, "banner", "host"),
        "ehlo": at(smtp, "ehlo", "name"),
        "starttls_offered": smtp and smtp["offered"] is not None,
        "tls_verb": at(smtp, "tls_verb"),
        "reply_code": at(smtp, "reply", "code"),
        "offered_max": at(hello, "max_version"),
        "sni": at(hello, "sni"),
        "version": at(answer, "version"),
        "cipher_suite": suite(at(answer, "cipher_suite")),
        "group": at(answer, "group"),
        "resumed": at(answer, "resumed"),
        "certificate_subject": at(leaf, "subject"),
        "certificate_sha256": at(leaf, "sha256"),
        "certificate_not_after": at(leaf, "not_after"),
        "alert_from": at(alert, "from"),
        "alert_code": at(alert, "code"),
        "alert_name": at(alert, "name"),
        "outcome": it["outcome"],
        "ended_by": it["ended"]["by"],
        "ended_how": it["ended"]["how"],
        "ended_phase": it["ended"]["phase"],
        "verdict_finding": it["verdict"]["finding"],
        "verdict_confidence": it["verdict"]["confidence"],
        "verdict": it["verdict"]["text"],
        "findings": words(finding["id"] for finding in it["findings"]),
        "retransmissions": sum(tcp[side]["retransmissions"] for side in ("client", "server")),
        "capture_copies": tcp["capture_copies"],
    }


def finding_row(finding, place, frames):
    row = {name: finding[name] for name in
           ("id", "severity", "confidence", "title", "cause", "advice", "filter", "tls_rpt")}
    return place | row | {
        "frames": words(frames), "references": "; ".join(finding["references"])
    }


def finding_rows():
    for it in sessions:
        place = {
            "input": it["capture"]["input"], "first_frame": it["capture"]["first_frame"],
            "client": end(it["client"]), "server": end(it["server"]),
        }
        for finding in it["findings"]:
            yield finding_row(finding, place, finding["frames"])
    for finding in report["findings"]:
        first = finding["sessions"][0]
        place = {"input": first["input"], "first_frame": first["first_frame"],
                 "client": None, "server": None}
        frames = [frame for cited in finding["sessions"] for frame in cited["frames"]]
        yield finding_row(finding, place, frames)


NDJSON = [json.loads(line) for line in open(path("lines.ndjson"), encoding="utf-8")]
kinds = [line["kind"] for line in NDJSON]
assert kinds[-1] == "summary" and kinds.count("summary") == 1, kinds[-3:]
assert [line for line in NDJSON if line["kind"] == "session"] == sessions
envelope = {"schema": report["schema"], "kind": "finding"}
lines = [line for line in NDJSON if line["kind"] == "finding"]
assert lines == [envelope | finding for finding in report["findings"]]
assert NDJSON[-1]["summary"] == report["summary"]

rows = table("sessions.csv")
compare("sessions", rows, [session_row(it) for it in sessions])
findings = table("findings.csv")
compare("findings", findings, list(finding_rows()))
inventory = table("inventory.csv")
there = report["inventory"]
for kind, known in (("client", "clients"), ("server", "servers"), ("certificate", "certificates")):
    of_kind = [row for row in inventory if row["kind"] == kind]
    assert len(of_kind) == len(there[known]), f"inventory: {kind}"
    for row, it in zip(of_kind, there[known]):
        if kind == "certificate":
            assert row["sessions"] == str(it["sessions"])
            assert row["name"] == cell(f"{it['subject']}, serial {it['serial']}")
            continue
        assert row["address"] == it["ip"]
        assert row["name"] == cell(it["ehlo" if kind == "client" else "host"])
        assert row["best_version"] == cell(it["best_version"])
        for count in ("sessions", "established", "failed", "in_clear"):
            assert row[count] == str(it["seen"][count]), f"inventory: {count}"
        assert row["breaks"] == words(it["breaks"])

tables = {"sessions.csv": rows, "findings.csv": findings, "inventory.csv": inventory}
for name, known in tables.items():
    for row in known:
        risky = [value for value in row.values() if value[:1] in tuple("=+-@\t\r")]
        assert not risky, f"{name}: a spreadsheet computes {risky}"

reader = "csv"
try:
    import pandas
except ImportError:
    pass
else:
    reader = f"csv and pandas {pandas.__version__}"
    for name, known in tables.items():
        frame = pandas.read_csv(path(name), dtype=str, keep_default_na=False)
        assert frame.to_dict("records") == known, f"{name}: pandas reads something else"

cells = sum(len(row) for known in tables.values() for row in known)
print(f"{len(rows)} sessions, {len(findings)} findings, {len(inventory)} lines of inventory, "
      f"{cells} cells, {len(NDJSON)} lines of NDJSON, read by {reader}")
