"""drawn.py FOLDER FILE.jsonl: whether the diagrams of the folder are Markdown with one block in Mermaid's grammar for
sequence diagrams, in no more characters than Mermaid draws, and say of each case what JSON Lines say of it."""

import html
import json
import pathlib
import re
import sys

MOST = 50000  # maxTextSize, unless a page sets it
LANE = r"l(\d+)"
TEXT = r"((?:[A-Za-z0-9 .,:/()=+_'-]|#\d+;)*)"
DECLARES = re.compile(rf"    (?:participant|actor) {LANE} as {TEXT}")
NOTE = re.compile(rf"    Note (?:right of {LANE}|over {LANE}(?:,{LANE})?): {TEXT}")
ARROW = re.compile(rf"    {LANE}(?:->>|--\)|-x){LANE}: {TEXT}")
CODE = re.compile(r"(`+) (.*?) \1(?!`)")


def check(good, *what):
    if not good:
        print(*what)
        sys.exit(1)


def plain(text):
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), html.unescape(text))


def read_diagram(lines):
    """The lanes' names, the texts of the arrows and those of the notes."""
    check(lines[0] == "sequenceDiagram", "no sequence diagram")
    check(sum(len(line) + 1 for line in lines) <= MOST, "more than Mermaid draws")
    names, arrows, notes, in_rect = [], [], [], False
    for line in lines[1:]:
        if line in ("    rect rgba(220, 60, 60, 0.25)", "    end"):
            check(in_rect == (line == "    end"), "rectangles do not nest")
            in_rect = not in_rect
            continue
        declares, note, arrow = DECLARES.fullmatch(line), NOTE.fullmatch(line), ARROW.fullmatch(line)
        found = declares or note or arrow
        check(found, "no statement:", line)
        lanes = [int(lane) for lane in found.groups()[:-1] if lane]
        if declares:
            check(lanes == [len(names)] and not arrows and not notes, "lanes are not declared first, in their order")
            names.append(plain(found.groups()[-1]))
        else:
            check(max(lanes) < len(names), "a lane that is not there:", line)
            (arrows if arrow else notes).append(plain(found.groups()[-1]))
    check(not in_rect, "a rectangle is open")
    return names, arrows, notes


def check_case(path, case):
    text = path.read_text(encoding="utf-8")
    prose, fence, rest = text.partition("\n```mermaid\n")
    title, name = CODE.search(prose.split("\n")[2]), CODE.search(prose.split("\n")[0])
    check(title[2] == case["title"] and name[2] == case["name"], "title or name")
    check(prose.split("\n")[4].startswith(case["outcome"]), "outcome")
    if not fence:
        return
    lines = rest.split("\n")
    check(lines[-2:] == ["```", ""] and "```" not in lines[:-2], "the block does not end, or ends early")
    names, arrows, notes = read_diagram(lines[:-2])
    actors = {socket["actor"].partition("[")[0] for socket in case.get("sockets", []) if "actor" in socket}
    check(all(any(actor in name for name in names) for actor in actors), "an actor has no lane:", names, actors)
    for fault in case.get("faults", []):
        check(any(note.endswith(fault["message"]) for note in notes), "a fault is not told:", fault["message"])
    is_whole = not any("of them)" in name for name in names) and not any("left out" in note for note in notes)
    counts = [int(count[1]) for arrow in arrows if (count := re.search(r"(\d+) bytes?\b", arrow))]
    if is_whole and "programs" not in case:
        sent = sum(socket["sent_bytes"] for socket in case.get("sockets", []))
        check(sum(counts) == sent, sum(counts), "bytes on arrows,", sent, "were sent")


def main(folder, jsonl):
    paths = sorted(pathlib.Path(folder).iterdir())
    with open(jsonl, encoding="ascii") as file:
        cases = [line for line in map(json.loads, file) if line["type"] == "case"]
    check(len(paths) == len(cases), len(paths), "diagrams,", len(cases), "cases")
    for path, case in zip(paths, cases):
        try:
            check_case(path, case)
        except SystemExit:
            print("in", path)
            raise


main(*sys.argv[1:])
