"""documented.py SCHEMA README: whether the README's tables name the members of the schema, no more and no less."""

import json
import re
import sys

OF = {
    "run": "run", "case": "case", "end": "end", "faults": "fault", "waits": "wait", "lints": "lint", "sockets": "socket",
    "programs": "program", "timing": "timing", "logged": "text", "earlier": "turn",
}


def main(schema_path, readme_path):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)["$defs"]
    with open(readme_path, encoding="utf-8") as file:
        rows = dict(re.findall(r"^\| `(\w+)`[^|]*\| (.*) \|$", file.read(), re.MULTILINE))
    for row, name in OF.items():
        if row not in rows:
            sys.exit(f"no row for {row}")
        told = set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", rows[row])))
        members = set(schema[name]["properties"]) - {"type"}
        if told != members:
            sys.exit(f"{row}: told and not there: {told - members}; there and not told: {members - told}")


main(*sys.argv[1:])
