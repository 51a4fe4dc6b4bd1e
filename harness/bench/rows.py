"""What is measured, and what it must reach: a table of measurements, each of commands that are run in turns, and a table of rows,
each of which compares two commands of one measurement."""
from dataclasses import dataclass

# How much of everything: for a table to rely on; to look at in under a minute; to see that all of it works.
SIZES = {
    "full": {"cases": 1000, "ctest_cases": 1000, "clients": 9000, "tenth": 900, "bytes": 4 * 2**30,
             "few_bytes": 64 * 2**20, "turns": 20000, "lines": 10000},
    "short": {"cases": 300, "ctest_cases": 150, "clients": 3000, "tenth": 300, "bytes": 512 * 2**20,
              "few_bytes": 16 * 2**20, "turns": 4000, "lines": 10000},
    "tiny": {"cases": 3, "ctest_cases": 3, "clients": 20, "tenth": 2, "bytes": 3 * 2**20,
             "few_bytes": 3 * 2**18, "turns": 10, "lines": 300},
}

# What a command may need that is not ours, and how it is had.
PEERS = {
    "iperf3": "Debian's iperf3, which `harness/dev bench` installs where it may",
    "vtest": "vtest on PATH: VTest2 of github.com/vtest, built with its own Makefile",
    "ctest": "ctest on PATH, a part of CMake",
    "worlds": "user namespaces: `sockdrill doctor` says what is in the way",
    "cores": "a second core",
}


@dataclass(frozen=True)
class Command:
    """Words between blanks; then their {names} are filled in. One run does `amount` of what a rate counts: one of those names. A
    command that prints its own rate `reports` it."""
    words: str
    amount: str = ""
    needs: str = ""
    reports: bool = False


@dataclass(frozen=True)
class Measurement:
    rounds: int  # in the full form
    short_rounds: int
    commands: dict


ALONE = "{sockdrill} run --quiet --no-isolation"
WORLDS = "{sockdrill} run --quiet"
CROWD = ALONE + " {scenarios}/crowd.drill --define number="
PINGPONG = "{scenarios}/pingpong.drill --define turns={turns}"
CTEST = "ctest -j 2 --no-tests=error --test-dir "

MEASUREMENTS = {
    "echo": Measurement(201, 41, {
        "ours": Command(ALONE + " {scenarios}/echo.drill"),
        "in a world": Command(WORLDS + " {scenarios}/echo.drill", needs="worlds"),
        "C": Command("{bin}/bench_echo {request}"),
        "an empty program": Command("{bin}/bench_nothing"),
        "our --version": Command("{sockdrill} --version"),
    }),
    "suite": Measurement(11, 3, {
        "ours": Command(ALONE + " -j 2 {suite}", "cases"),
        "in worlds": Command(WORLDS + " -j 2 {suite}", "cases", needs="worlds"),
        "vtest": Command("vtest -q -j 2 {vtc_files}", "cases", needs="vtest"),
        "Python": Command("{python} {baseline}/notebook.py {request} {cases} one", "cases"),
        "Python, a pool each": Command("{python} {baseline}/notebook.py {request} {cases} each", "cases"),
        "C in one thread": Command("{bin}/bench_echo {request} {cases}", "cases"),
    }),
    "ctest": Measurement(7, 3, {
        "ours": Command(CTEST + "{ctest}/ours", needs="ctest"),
        "in worlds": Command(CTEST + "{ctest}/worlds", needs="ctest worlds"),
        "true": Command(CTEST + "{ctest}/true", needs="ctest"),
    }),
    "crowd": Measurement(9, 3, {
        "ours": Command(CROWD + "{clients}", "clients"),
        "a tenth": Command(CROWD + "{tenth}", "tenth"),
        "one": Command(CROWD + "1"),
        "C": Command("{bin}/bench_crowd {request} {clients}", "clients"),
    }),
    "bulk": Measurement(7, 3, {
        "random": Command(ALONE + " {scenarios}/bulk.drill --define size={bytes}", "gib"),
        "repeat": Command(ALONE + " {scenarios}/bulk-repeat.drill --define size={thirds}", "gib"),
        "zeros": Command(ALONE + " {scenarios}/bulk-zeros.drill --define size={bytes}", "gib"),
        "iperf3": Command("{python} {baseline}/iperf3.py {bytes}", needs="iperf3", reports=True),
        "little, random": Command(ALONE + " {scenarios}/bulk.drill --define size={few_bytes}"),
        "little, repeat": Command(ALONE + " {scenarios}/bulk-repeat.drill --define size={few_thirds}"),
    }),
    "pingpong": Measurement(11, 5, {
        "ours": Command(f"{ALONE} {PINGPONG}", "turns"),
        "ours, --threads 1": Command(f"{ALONE} --threads 1 {PINGPONG}", "turns"),
        "C in two threads": Command("{bin}/bench_pingpong two {turns}", "turns"),
        "C across CPUs": Command("{bin}/bench_pingpong across {turns}", "turns", needs="cores"),
        "C in one thread": Command("{bin}/bench_pingpong one {turns}", "turns"),
    }),
    "compile": Measurement(9, 3, {
        "ours": Command("{bin}/bench_compile {long}", reports=True),
        "sockdrill check": Command("{sockdrill} check {long}"),
    }),
}

# Of these, with a journal that holds all, with one of only what the verdict needs, and with one that is kept in a file besides.
JOURNALS = {
    "echo": (ALONE + " {scenarios}/echo.drill", 201, 41),
    "suite": (ALONE + " -j 2 {suite}", 15, 5),
    "crowd": (CROWD + "{clients}", 9, 3),
    "bulk": (ALONE + " {scenarios}/bulk.drill --define size={bytes}", 7, 3),
    "pingpong": (f"{ALONE} --threads 1 {PINGPONG}", 15, 5),
}
for name, (words, rounds, short_rounds) in JOURNALS.items():
    MEASUREMENTS[f"journal {name}"] = Measurement(rounds, short_rounds, {
        "on": Command(words),
        "--terse": Command(words + " --terse"),
        "--journal": Command(words + " --journal {work}/kept.journal"),
    })


@dataclass(frozen=True)
class Row:
    """Compares `ours` with `theirs`, both commands of `measured`, in the way of that name (table.WAYS). It must reach `at_least`,
    or `at_most`; where it has neither it is told only. `unit` is what a rate counts."""
    name: str
    title: str
    measured: str
    ours: str
    theirs: str
    way: str
    unit: str = ""
    at_most: float = None
    at_least: float = None


ROWS = [
    Row("echo", "echo of 398 bytes, a process, no world", "echo", "ours", "C", "time", at_most=1.5),
    Row("echo-world", "echo in a world, beside none", "echo", "in a world", "ours", "more time", at_most=3),
    Row("echo-least", "echo, beside what any process takes", "echo", "ours", "an empty program", "time"),
    Row("start", "printing the version, beside it", "echo", "our --version", "an empty program", "time"),
    Row("suite-vtest", "{cases} echoes in one process, -j 2", "suite", "ours", "vtest", "rate", "cases", at_least=20),
    Row("suite-python", "... beside the notebook's way", "suite", "ours", "Python", "rate", "cases", at_least=10),
    Row("suite-pools", "... beside it with a pool a case", "suite", "ours", "Python, a pool each", "rate", "cases"),
    Row("suite-c", "... beside C", "suite", "ours", "C in one thread", "rate", "cases"),
    Row("suite-worlds", "{cases} echoes in worlds, -j 2", "suite", "in worlds", "vtest", "rate", "cases", at_least=2),
    Row("ctest", "{ctest_cases} echoes by ctest, a process each", "ctest", "ours", "true", "time", at_most=1.3),
    Row("ctest-worlds", "... in worlds", "ctest", "in worlds", "true", "time"),
    Row("crowd", "{clients} clients at once, echo, close", "crowd", "ours", "C", "rate", "connections", at_least=0.8),
    Row("crowd-memory", "{clients} clients, memory of each pair", "crowd", "ours", "one", "memory each", at_most=2048),
    Row("crowd-linear", "{clients} clients, beside {tenth}", "crowd", "ours", "a tenth", "time", at_most=12),
    Row("bulk-random", "{size} on one connection, random", "bulk", "random", "iperf3", "rate", "GiB", at_least=0.8),
    Row("bulk-repeat", "{size}, repeat(N, \"abc\")", "bulk", "repeat", "iperf3", "rate", "GiB", at_least=0.8),
    Row("bulk-zeros", "{size}, zeros", "bulk", "zeros", "iperf3", "rate", "GiB", at_least=0.8),
    Row("bulk-memory", "{size}, memory beside {few}", "bulk", "random", "little, random", "memory", at_most=1.05),
    Row("repeat-memory", "... of repeat(N, \"abc\")", "bulk", "repeat", "little, repeat", "memory", at_most=1.05),
    Row("pingpong", "round trips of 1 byte, over two workers", "pingpong", "ours", "C in two threads", "rate", "turns",
        at_least=0.8),
    Row("pingpong-across", "... beside C held to two CPUs", "pingpong", "ours", "C across CPUs", "rate", "turns"),
    Row("pingpong-one", "round trips of 1 byte, in one thread", "pingpong", "ours, --threads 1", "C in one thread", "rate",
        "turns", at_least=0.8),
    Row("compile", "parse and compile {lines} lines", "compile", "ours", "", "rate", "MB", at_least=20),
    Row("check", "... sockdrill check, a process", "compile", "sockdrill check", "", "time"),
]
for name in JOURNALS:
    ROWS += [
        Row(f"journal-{name}", f"journal beside --terse: {name}", f"journal {name}", "on", "--terse", "time", at_most=1.05),
        Row(f"kept-{name}", f"--journal FILE beside none: {name}", f"journal {name}", "--journal", "on", "time",
            at_most=1.05),
    ]
