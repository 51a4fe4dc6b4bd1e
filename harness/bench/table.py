"""From what was measured to the table: medians, how two of them compare, and whether that is enough."""
from dataclasses import asdict, dataclass
from statistics import median

WALL_NS, USER_US, SYSTEM_US, PEAK_KIB, SAID = range(5)
NANOSECONDS, MICROSECONDS = 1e9, 1e6


@dataclass(frozen=True)
class Measured:
    """One command: medians over its rounds, and the least and the most of its time. `rate` is None of what counts nothing."""
    seconds: float
    least_seconds: float
    most_seconds: float
    cpu_seconds: float  # user's and system's
    peak_kib: float
    rate: float
    amount: float
    rounds: int

    def as_record(self):
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}


def measured(samples, amount=0, reports=False):
    """Of a command's rounds, each (ns of wall clock, us of user time, us of system time, KiB, what it said)."""
    walls = [sample[WALL_NS] / NANOSECONDS for sample in samples]
    seconds = median(walls)
    if reports:
        rate = median(float(sample[SAID]) for sample in samples)
    else:
        rate = amount / seconds if amount else None
    cpu_seconds = median(sample[USER_US] + sample[SYSTEM_US] for sample in samples) / MICROSECONDS
    peak_kib = median(sample[PEAK_KIB] for sample in samples)
    return Measured(seconds, min(walls), max(walls), cpu_seconds, peak_kib, rate, amount, len(samples))


def milliseconds(value):
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.2f} s"


def mebibytes(kib):
    return f"{kib / 1024:.1f} MiB"


def per_second(rate, unit):
    number = f"{rate:.3g}" if rate < 1000 else f"{rate:,.0f}".replace(",", " ")
    return f"{number} {unit}/s"


@dataclass(frozen=True)
class Way:
    """How two commands compare, and how each, and what comes of it, is written. With nothing to compare it to, what ours is."""
    compare: object
    alone: object
    tell: object
    result: object


def times(ratio):
    return f"{ratio:.2f}"


WAYS = {
    "time": Way(lambda ours, theirs: ours.seconds / theirs.seconds, lambda ours: ours.seconds,
                lambda side, unit: milliseconds(side.seconds), times),
    "more time": Way(lambda ours, theirs: (ours.seconds - theirs.seconds) * 1000, lambda ours: ours.seconds,
                     lambda side, unit: milliseconds(side.seconds), lambda more: f"{more:+.2f} ms"),
    "rate": Way(lambda ours, theirs: ours.rate / theirs.rate, lambda ours: ours.rate,
                lambda side, unit: per_second(side.rate, unit), times),
    "memory": Way(lambda ours, theirs: ours.peak_kib / theirs.peak_kib, lambda ours: ours.peak_kib,
                  lambda side, unit: mebibytes(side.peak_kib), times),
    "memory each": Way(lambda ours, theirs: (ours.peak_kib - theirs.peak_kib) * 1024 / ours.amount,
                       lambda ours: ours.peak_kib, lambda side, unit: mebibytes(side.peak_kib),
                       lambda each: f"{each:.0f} B"),
}


def is_met(row, result):
    if row.at_most is not None:
        return result <= row.at_most
    return result >= row.at_least if row.at_least is not None else None


def limit(row):
    if row.at_most is not None:
        return f"at most {row.at_most:g}"
    return f"at least {row.at_least:g}" if row.at_least is not None else ""


def judged(row, title, sides, absent):
    """A row as it is printed and recorded. `sides` are what the row's commands were measured to be, by name; `absent` is what is
    missing of others."""
    line = {"name": row.name, "row": title, "ours": "", "compared to": row.theirs, "ratio": "",
            "must reach": limit(row), "met": "", "result": None, "absent": ""}
    missing = [absent[name] for name in (row.ours, row.theirs) if name in absent]
    way = WAYS[row.way]
    if row.ours in sides:
        line["ours"] = way.tell(sides[row.ours], row.unit)
    if row.theirs in sides:
        line["compared to"] = f"{row.theirs}: {way.tell(sides[row.theirs], row.unit)}"
    if missing:
        return line | {"met": "absent", "absent": "; ".join(missing)}
    result = way.compare(sides[row.ours], sides[row.theirs]) if row.theirs else way.alone(sides[row.ours])
    met = is_met(row, result)
    return line | {"result": result, "ratio": way.result(result) if row.theirs else "",
                   "met": {True: "yes", False: "no", None: ""}[met]}


COLUMNS = ("row", "ours", "compared to", "ratio", "must reach", "met")
RIGHT = {"ours", "ratio", "recorded"}


def markdown(lines, recorded=None):
    """The table. Beside each ratio stands the one that was `recorded` of the row, where there is a record."""
    columns = list(COLUMNS)
    if recorded is not None:
        columns.insert(columns.index("ratio") + 1, "recorded")
        before = {line["name"]: line["ratio"] or line["ours"] for line in recorded}
        lines = [line | {"recorded": before.get(line["name"], "")} for line in lines]
    widths = {column: max(len(column), *(len(line[column]) for line in lines)) for column in columns}
    def fit(column, text):
        return text.rjust(widths[column]) if column in RIGHT else text.ljust(widths[column])
    rules = [("-" * (widths[column] - 1) + ":") if column in RIGHT else "-" * widths[column] for column in columns]
    rows = [[fit(column, column) for column in columns], rules]
    rows += [[fit(column, line[column]) for column in columns] for line in lines]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def absent_text(lines):
    """What is missing of the table, once each, a line each."""
    return "".join(f"absent: {how}\n" for how in dict.fromkeys(line["absent"] for line in lines if line["absent"]))
