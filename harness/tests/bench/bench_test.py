#!/usr/bin/env python3
"""The benchmarks' own arithmetic, their table, and what times commands: bench_test.py BINARIES"""
import importlib.machinery
import importlib.util
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import rows  # noqa: E402
import table  # noqa: E402

loader = importlib.machinery.SourceFileLoader("bench", str(BENCH / "bench"))
bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
loader.exec_module(bench)
BINARIES = None


def side(milliseconds=(1,), peaks_kib=(1024,), said=("",), amount=0, reports=False):
    """What a command was measured to be: its rounds' times, peaks and words, each repeated to the length of the longest."""
    count = max(len(milliseconds), len(peaks_kib), len(said))
    def at(values, index):
        return values[index % len(values)]
    samples = [(int(at(milliseconds, i) * 1e6), 0, 0, at(peaks_kib, i), at(said, i)) for i in range(count)]
    return table.measured(samples, amount, reports)


def row(way, **limits):
    return rows.Row("name", "a title", "measured", "ours", "theirs", way, "cases", **limits)


def judged(way, ours, theirs, **limits):
    return table.judged(row(way, **limits), "a title", {"ours": ours, "theirs": theirs}, {})


class Arithmetic(unittest.TestCase):
    def test_a_median_is_of_the_rounds(self):
        self.assertEqual(side((5, 1, 100)).seconds, 0.005)
        self.assertEqual(side((4, 1, 100, 6)).seconds, 0.005)
        self.assertEqual(side(peaks_kib=(10, 30, 20)).peak_kib, 20)
        self.assertEqual(side((5, 1, 100)).rounds, 3)

    def test_a_rate_is_counted_or_reported(self):
        self.assertEqual(side((500,), amount=1000).rate, 2000)
        self.assertEqual(side((500, 500, 500), said=("3.5", "9", "1"), reports=True).rate, 3.5)
        self.assertIsNone(side().rate)

    def test_times_compare_as_how_much_longer(self):
        line = judged("time", side((3,)), side((2,)), at_most=1.5)
        self.assertEqual((line["ratio"], line["met"], line["must reach"]), ("1.50", "yes", "at most 1.5"))
        self.assertEqual(judged("time", side((3.1,)), side((2,)), at_most=1.5)["met"], "no")

    def test_rates_compare_as_how_much_faster(self):
        line = judged("rate", side((100,), amount=1000), side((200,), amount=100), at_least=20)
        self.assertEqual((line["ratio"], line["met"]), ("20.00", "yes"))
        self.assertEqual((line["ours"], line["compared to"]), ("10 000 cases/s", "theirs: 500 cases/s"))
        self.assertEqual(judged("rate", side((101,), amount=1000), side((200,), amount=100), at_least=20)["met"], "no")

    def test_more_time_is_a_difference(self):
        line = judged("more time", side((4.5,)), side((2,)), at_most=3)
        self.assertEqual((line["ratio"], line["met"]), ("+2.50 ms", "yes"))
        self.assertEqual(judged("more time", side((5.1,)), side((2,)), at_most=3)["met"], "no")

    def test_memory_is_a_ratio_or_what_each_takes(self):
        self.assertEqual(judged("memory", side(peaks_kib=(2048,)), side(peaks_kib=(1024,)), at_most=1.05)["ratio"], "2.00")
        line = judged("memory each", side(peaks_kib=(3024,), amount=1000), side(peaks_kib=(1024,)), at_most=2048)
        self.assertEqual((line["ratio"], line["met"]), ("2048 B", "yes"))

    def test_what_has_no_limit_is_told_only(self):
        self.assertEqual(judged("time", side((3,)), side((2,)))["met"], "")

    def test_what_is_compared_to_nothing_has_its_limit_all_the_same(self):
        alone = rows.Row("name", "title", "measured", "ours", "", "rate", "MB", at_least=20)
        for said, met in (("20.5", "yes"), ("19.9", "no")):
            line = table.judged(alone, "title", {"ours": side(said=(said,), reports=True)}, {})
            self.assertEqual((line["ours"], line["ratio"], line["met"]), (said + " MB/s", "", met))


class Table(unittest.TestCase):
    def test_a_peer_that_is_absent_is_said_to_be_and_how_it_is_had(self):
        line = table.judged(row("time", at_most=1), "a title", {"ours": side((3,))}, {"theirs": "build it"})
        self.assertEqual((line["ours"], line["compared to"], line["ratio"], line["met"], line["result"]),
                         ("3 ms", "theirs", "", "absent", None))
        self.assertEqual(table.absent_text([line, line]), "absent: build it\n")

    def test_all_of_what_a_command_needs_is_looked_for(self):
        absent = {"worlds": "no worlds", "ctest": "no ctest"}
        self.assertEqual(bench.absent_of(rows.Command("x", needs="ctest worlds"), absent), "no ctest; no worlds")
        self.assertEqual(bench.absent_of(rows.Command("x", needs="vtest"), absent), "")

    def test_it_stands_in_columns_beside_what_was_recorded(self):
        lines = [judged("time", side((3,)), side((2,)), at_most=1.5)]
        recorded = [lines[0] | {"ratio": "1.25"}]
        head, rule, line = table.markdown(lines, recorded).splitlines()
        self.assertEqual([len(text) for text in (rule, line)], [len(head)] * 2)
        self.assertEqual([cell.strip() for cell in line.split("|")[1:-1]],
                         ["a title", "3 ms", "theirs: 2 ms", "1.50", "1.25", "at most 1.5", "yes"])

    def test_every_row_is_made_of_what_is_measured(self):
        for a_row in rows.ROWS:
            commands = rows.MEASUREMENTS[a_row.measured].commands
            self.assertIn(a_row.way, table.WAYS, a_row.name)
            self.assertIn(a_row.ours, commands, a_row.name)
            self.assertTrue(not a_row.theirs or a_row.theirs in commands, a_row.name)
        self.assertEqual(len({a_row.name for a_row in rows.ROWS}), len(rows.ROWS))
        for name, measurement in rows.MEASUREMENTS.items():
            self.assertGreaterEqual(measurement.rounds, 5, name)

    def test_there_are_no_more_clients_than_descriptors(self):
        hard = bench.resource.getrlimit(bench.resource.RLIMIT_NOFILE)[1]
        few = bench.within_limits({"clients": hard, "tenth": 7, "cases": 3})
        self.assertLess(few["clients"] * 2, hard)
        self.assertEqual((few["tenth"], few["cases"]), (few["clients"] // 10, 3))
        self.assertEqual(bench.within_limits({"clients": 20, "tenth": 2}), {"clients": 20, "tenth": 2})

    def test_words_are_filled_in_whatever_they_hold(self):
        names = {"sockdrill": "/a b/sockdrill", "number": 3, "files": ["x", "y z"]}
        command = rows.Command("{sockdrill} --define n={number} {files}")
        self.assertEqual(bench.words_of(command, names), ["/a b/sockdrill", "--define", "n=3", "x", "y z"])

    def test_the_readme_shows_what_is_recorded(self):
        if bench.RECORD.exists():
            readme = bench.README.read_text()
            shown = readme.split(bench.BEGIN)[1].split(bench.END)[0]
            self.assertEqual(shown, bench.recorded_text(json.loads(bench.RECORD.read_text())))


class Rounds(unittest.TestCase):
    def rounds(self, *words):
        return subprocess.run([BINARIES / "bench_rounds", *words], capture_output=True, text=True, check=False)

    def test_commands_take_turns_and_each_begins_as_often(self):
        lines = self.rounds("3", "echo", "a", ":::", "echo", "b", ":::", "echo", "c").stdout.splitlines()
        self.assertEqual([line.split("\t")[1] for line in lines], list("abcbcacab"))
        self.assertEqual([line.split()[0] for line in lines], list("012120201"))

    def test_it_counts_what_a_command_takes(self):
        command = [sys.executable, "-c", "import time; b = bytearray(64 << 20); time.sleep(0.05); print('done\\nand more')"]
        number, wall_ns, user_us, _, peak_kib, said = self.rounds("1", *command).stdout.split()
        self.assertEqual((number, said), ("0", "done"))
        self.assertGreater(int(wall_ns), 50_000_000)
        self.assertGreater(int(user_us), 0)
        self.assertGreater(int(peak_kib), 64 * 1024)

    def test_a_peak_is_never_that_of_what_started_it(self):
        self.assertLess(int(self.rounds("1", shutil.which("true")).stdout.split()[4]), 32 * 1024)

    def test_one_that_fails_ends_all_with_what_it_said(self):
        ran = self.rounds("5", "true", ":::", "sh", "-c", "echo too bad; exit 3")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("exit code 3 of: sh -c echo too bad; exit 3\ntoo bad\n", ran.stderr)
        self.assertIn("signal 9 of:", self.rounds("1", "sh", "-c", "kill -9 $$").stderr)
        self.assertIn("no-such-command", self.rounds("1", "no-such-command").stderr)

    def test_a_baseline_that_is_wrong_ends_the_benchmark(self):
        ran = self.rounds("1", str(BINARIES / "bench_echo"), str(Path(__file__)))
        self.assertEqual(ran.returncode, 1)
        self.assertIn("not so: a file of 398 bytes", ran.stderr)


if __name__ == "__main__":
    BINARIES = Path(sys.argv.pop()).resolve()
    unittest.main(verbosity=2)
