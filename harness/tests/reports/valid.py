"""valid.py SCHEMA FILE.jsonl CASES: whether each line holds to the schema, and has no member that the schema does not know,
and the lines are a run, so many cases in the order of their numbers, and an end that counts them."""

import json
import sys

import jsonschema


def close(schema):
    """The schema as strict as a test wants it: an object has no member but those that are listed."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def validator_of(path):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    close(schema)
    return {
        name: jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
        for name in ("run", "case", "end")
    } | {"": jsonschema.Draft202012Validator(schema)}


def main(schema, path, cases):
    validators = validator_of(schema)
    with open(path, encoding="ascii", newline="\n") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        for error in validators.get(line.get("type"), validators[""]).iter_errors(line):
            sys.exit(f"{line.get('name', line.get('type'))}: {error.json_path}: {error.message}")
        if not validators[""].is_valid(line):
            sys.exit(f"{line.get('type')} is not one of run, case and end")
    run, *middle, end = lines
    if [run["type"], end["type"]] != ["run", "end"] or any(line["type"] != "case" for line in middle):
        sys.exit("not a run, cases, an end")
    if not len(middle) == run["cases"] == int(cases) or [c["number"] for c in middle] != list(range(1, len(middle) + 1)):
        sys.exit(f"{len(middle)} cases, numbered otherwise or not {cases}")
    for case in middle:
        sockets = {socket["number"] for socket in case.get("sockets", [])}
        if not sockets >= {fault["socket"] for fault in case.get("faults", []) if "socket" in fault}:
            sys.exit(f"{case['name']}: a fault's socket is none of the case")
    for outcome in ("passed", "failed", "skipped"):
        if end[outcome] != sum(case["outcome"] == outcome for case in middle):
            sys.exit(f"the end counts {end[outcome]} {outcome}")
    if end["flaky"] != sum(case["flaky"] for case in middle):
        sys.exit("the end counts other flaky cases")


main(*sys.argv[1:])
