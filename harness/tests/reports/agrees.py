"""agrees.py FILE.tap POINTS FILE.jsonl: whether TAP, its blocks of YAML, and what Perl's harness made of them (points.pl)
say of a run what JSON Lines say of it."""

import base64
import json
import re
import sys

import yaml


def check(good, *what):
    if not good:
        print(*what)
        sys.exit(1)


def read_tap(path):
    """Number, passed, description, skip's reason and block, of each test point."""
    points, block = [], None
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    check(lines[0] == "TAP version 14" and lines[-1] == "", "the first line, or the last one")
    for line in lines[2:-1]:
        if block is not None:
            if line == "  ...":
                points[-1]["block"] = yaml.safe_load("\n".join(block))
                block = None
            else:
                check(line.startswith("  "), "a block's line without its indent:", line)
                block.append(line)
        elif line == "  ---":
            block = []
        elif not line.startswith("# "):
            found = re.fullmatch(r"(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*?)(?: # SKIP (.*))?", line)
            check(found, "no test point:", line)
            failed, number, name, reason = found.groups()
            name = re.sub(r"\\([#\\])", r"\1", name)
            points.append({"number": int(number), "ok": not failed, "name": name, "skip": reason, "block": None})
    check(lines[1] == f"1..{len(points)}", "the plan is", lines[1])
    return points


def shown(text):
    """As reports show text that came from outside, as far as these tests' own goes."""
    hidden = "\u2028\u202e\ufeff\ufffe"
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    out = []
    for c in text:
        if c in short:
            out.append(short[c])
        elif ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in hidden:
            out.extend(f"\\x{byte:02x}" for byte in c.encode())
        else:
            out.append(c)
    return "".join(out)


def bytes_of(value):
    return value["text"].encode() if "text" in value else base64.b64decode(value["base64"], validate=True)


def check_diff(diff, fault):
    sides = {name: bytes_of(fault[name]) for name in ("expected", "received") if name in fault}
    rows = 0
    for row in diff.splitlines():
        found = re.match(r"(both|expected|received)\s+([0-9a-f]{8})  ([0-9a-f ]{0,48})", row)
        if not found:
            check(set(row) <= {" ", "^"}, "no row of a difference:", row)
            continue
        blanks = len(found[3]) - len(found[3].lstrip())  # of what the window does not have: three columns a byte
        at = int(found[2], 16) + blanks // 3 - fault["window_offset"]
        data = bytes.fromhex(found[3].replace(" ", ""))
        for side in sides if found[1] == "both" else [found[1]]:
            check(sides[side][at:at + len(data)] == data, "the difference shows other bytes:", row)
        rows += 1
    check(rows >= 2, "a difference of", rows, "rows")


def check_fault(block, fault):
    said = shown(fault["message"])
    check(block["message"].endswith(said), block["message"], "is not", said)
    check(block["type"] == fault["kind"] and block["severity"] == "fail", "kind")
    place = {key: fault[key] for key in ("file", "line", "column") if key in fault}
    check(block.get("at", {}) == place, block.get("at"), "is not", place)
    check(block.get("step") == fault.get("step"), block.get("step"), "is not", fault.get("step"))
    check(block.get("called_from") == fault.get("called_from"), block.get("called_from"), "called it")
    if "received" in fault:
        check(block["offset"] == fault["offset"], "offset")
        if "expected" in fault:
            check_diff(block["diff"], fault)
        check(block.get("wanted") == (shown(fault["wanted"]) if "wanted" in fault else None), "wanted")


def check_case(point, case):
    block = point["block"] or {}
    check(point["number"] == case["number"] and point["name"] == shown(case["name"]), "number or name", point["name"])
    check(point["ok"] == (case["outcome"] != "failed"), "outcome of", point["name"])
    check(point["skip"] == (shown(case["skip_reason"]) if case["outcome"] == "skipped" else None), "skip")
    check(bool(block) == any(key in case for key in ("faults", "lints", "earlier")), "a block of", point["name"])
    if not block:
        return
    check(block["duration_us"] == case["duration_ns"] // 1000, "duration")
    faults, waits, earlier = case.get("faults", []), case.get("waits", []), case.get("earlier", [])
    if faults:
        check_fault(block, faults[0])
        check(len(block.get("also", [])) == len(faults) - 1, "faults")
    for also, fault in zip(block.get("also", []), faults[1:]):
        check_fault(also, fault)
    told = sum(1 + wait.get("and_more", 0) for wait in block.get("meanwhile", [])) + block.get("more_waits", 0)
    check(told == len(waits), told, "waits, not", len(waits))
    check([lint["message"] for lint in block.get("warnings", [])] == [lint["message"] for lint in case.get("lints", [])],
          "warnings")
    check(len(block.get("failed_before", [])) == len(earlier), "turns")
    for before, turn in zip(block.get("failed_before", []), earlier):
        check_fault(before, turn["faults"][0])


def main(tap, points_path, jsonl):
    points = read_tap(tap)
    with open(jsonl, encoding="ascii") as file:
        cases = [line for line in map(json.loads, file) if line["type"] == "case"]
    check(len(points) == len(cases), len(points), "points,", len(cases), "cases")
    for point, case in zip(points, cases):
        check_case(point, case)
    with open(points_path, encoding="ascii") as file:
        perl = file.read().splitlines()
    check(len(perl) == len(points), "Perl reads", len(perl), "points")
    for line, point in zip(perl, points):
        wanted = f"{point['number']} {'ok' if point['ok'] else 'not'} {'none' if point['skip'] is None else 'SKIP'}"
        if point["block"]:
            wanted += " block " + ",".join(sorted(point["block"]))
        check(line == wanted, "Perl reads", line, "not", wanted)


main(*sys.argv[1:])
