#!/usr/bin/env python3
"""sockdrill on a pseudo-terminal whose screen is kept here, escape by escape; run by `terminal`, in a folder of its own."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import unicodedata
import unittest

SOCKDRILL = sys.argv.pop(1)
GIVE_UP_S = 60

SLEEPS = 'scenario "it takes its time"\nclient guest {\n  sleep %s\n}\n'
FAILS = 'scenario "it fails"\nclient guest {\n  expect 1 == 2\n}\n'
HANGS = '''scenario "nobody answers"
timeout 10min
server host {
  listen tcp 127.0.0.1:0
  accept {
    recv "hi\\n"
    sleep 9min
  }
}
client guest {
  connect host
  send "hi\\n"
  recv "ho\\n"
}
'''
ESCAPE = re.compile(r'\x1b\[([0-9;?]*)([A-Za-z])')


class Screen:
    """What a terminal shows. It cuts lines when it becomes narrower, as xterm does."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [{} for _ in range(rows)], 0, 0
        self.above = []        # lines that have left it
        self.wrapped = 0       # how often a line that was full went on below
        self.unknown = []      # escapes that no test has foreseen
        self.rest = ''

    def resize(self, columns, rows):
        while self.rows > rows:
            if self.row + 1 == self.rows:
                self.above.append(self.lines.pop(0))
                self.row -= 1
            else:
                self.lines.pop()
            self.rows -= 1
        self.lines += [{} for _ in range(rows - self.rows)]
        self.columns, self.rows = columns, rows
        for line in self.lines:
            for column in [c for c in line if c >= columns]:
                del line[column]
        self.column = min(self.column, columns - 1)

    def next_line(self):
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.above.append(self.lines.pop(0))
            self.lines.append({})

    def clear_line(self):
        line = self.lines[self.row]
        for column in [c for c in line if c >= self.column]:
            del line[column]

    def escape(self, numbers, final):
        if final == 'K' and not numbers:
            self.clear_line()
        elif final == 'J' and not numbers:
            self.clear_line()
            for row in range(self.row + 1, self.rows):
                self.lines[row] = {}
        elif final == 'A':
            self.row = max(0, self.row - int(numbers or 1))
        elif final != 'm':
            self.unknown.append(numbers + final)

    def put(self, character):
        width = 2 if unicodedata.east_asian_width(character) in 'WF' else 1
        if self.column + width > self.columns:
            self.wrapped += 1
            self.column = 0
            self.next_line()
        self.lines[self.row][self.column] = character
        self.column += width

    def write(self, text):
        """What of it is a whole escape, and all else; the beginning of one waits for the rest."""
        text, at = self.rest + text, 0
        part = re.search(r'\x1b(\[[0-9;?]*)?$', text)
        self.rest = part.group() if part else ''
        text = text[:len(text) - len(self.rest)]
        while at < len(text):
            found = ESCAPE.match(text, at)
            if found:
                self.escape(*found.groups())
                at = found.end()
                continue
            if text[at] == '\r':
                self.column = 0
            elif text[at] == '\n':
                self.next_line()
            elif text[at] < ' ':
                self.unknown.append(repr(text[at]))
            else:
                self.put(text[at])
            at += 1

    def text(self):
        def flat(line):
            return ''.join(line.get(c, ' ') for c in range(max(line, default=-1) + 1)).rstrip()
        return [flat(line) for line in self.above + self.lines[:self.row]]

    def is_clear_below(self):
        return not any(self.lines[self.row:])


class Run:
    """One run on a terminal. `when` maps what is printed to what is done then, once each."""

    def __init__(self, arguments, columns=80, rows=24, environment=None, when=None):
        self.screen, self.raw = Screen(columns, rows), ''
        master, slave = pty.openpty()
        self.master = master
        self.size(columns, rows)
        self.process = subprocess.Popen([SOCKDRILL, *arguments], stdin=slave, stdout=slave, stderr=subprocess.PIPE,
                                        env={**os.environ, 'TERM': 'xterm', **(environment or {})},
                                        start_new_session=True)
        os.close(slave)
        self.play(dict(when or {}))
        self.errors = self.process.stderr.read().decode()
        self.process.stderr.close()
        self.status = self.process.wait()
        if self.master is not None:
            os.close(self.master)

    def size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.size(columns, rows)
        self.screen.resize(columns, rows)

    def hang_up(self):
        os.close(self.master)
        self.master = None
        self.process.send_signal(signal.SIGHUP)  # what the kernel sends to a session's leader

    def play(self, when):
        decoder = codecs.getincrementaldecoder('utf-8')()
        while self.master is not None:
            if not select.select([self.master], [], [], GIVE_UP_S)[0]:
                self.process.kill()
                raise AssertionError('nothing comes any more')
            try:
                text = decoder.decode(os.read(self.master, 65536))
            except OSError:
                return  # the other end is closed
            self.raw += text
            self.screen.write(text)
            for words in [w for w in when if w in self.raw]:
                when.pop(words)(self)


def write(name, text):
    with open(name, 'w') as file:
        file.write(text)
    return name


def sleeps(*durations):
    return [write(f'sleeps-{i}.drill', SLEEPS % duration) for i, duration in enumerate(durations)]


class Live(unittest.TestCase):
    def assert_gone(self, run):
        """Of the block nothing is left, and the cursor stands where a prompt belongs, and is seen."""
        self.assertEqual(run.screen.unknown, [])
        self.assertTrue(run.screen.is_clear_below())
        self.assertEqual(run.screen.column, 0)
        for line in run.screen.text():
            self.assertNotRegex(line, r'^  (running|slowest)|^  \d+/\d+ ')

    def test_block(self):
        for columns in 40, 80, 200:
            run = Run(['run', '-j', '2', *sleeps('400ms', '300ms', '200ms')], columns)
            self.assertEqual(run.status, 0)
            self.assert_gone(run)
            self.assertIn('running', run.raw)
            self.assertIn('slowest', run.raw)
            self.assertEqual(run.screen.wrapped, 0)
            self.assertIn('3 passed', run.screen.text()[-1])

    def test_one_line(self):
        for columns, rows in (39, 24), (80, 11):
            run = Run(['run', '-j', '1', *sleeps('200ms', '200ms')], columns, rows)
            self.assert_gone(run)
            self.assertIn('0/2  sleeps-0', run.raw)
            self.assertNotIn('running', run.raw)
            self.assertEqual(run.screen.wrapped, 0)

    def test_hostile_names(self):
        names = ['esc\x1b[2J\x1b[?25l\x07.drill', 'wide-' + '漢' * 40 + '.drill', 'line\nbreak\r.drill',
                 'turn\u202e.drill', 'long-' + 'x' * 240 + '.drill']
        for name in names:
            write(name, SLEEPS % '300ms')
        for columns in 40, 80, 200:
            run = Run(['run', '-j', '5', *names], columns)
            self.assert_gone(run)
            self.assertIn('5 passed', '\n'.join(run.screen.text()))
            self.assertEqual(run.screen.wrapped, 0)
            self.assertNotIn('\u202e', run.raw)

    def test_many_failures(self):
        names = [write(f'fails-{i:02}.drill', FAILS) for i in range(40)]
        for columns in 40, 80, 200:
            run = Run(['run', '-j', '3', *names[:20], *sleeps('300ms', '200ms'), *names[20:]], columns)
            self.assertEqual(run.status, 1)
            self.assert_gone(run)
            text = run.screen.text()
            self.assertEqual(sum(line.startswith('FAIL  fails-') for line in text), 40)
            self.assertEqual(' '.join(' '.join(text).split()).count("client 'guest': 1 == 2 is false"), 40)
            self.assertEqual(run.screen.wrapped, 0)

    def test_resize(self):
        names = [write(f'fails-{i:02}.drill', FAILS) for i in range(5)]
        for columns, rows in (45, 24), (200, 30), (20, 5):
            run = Run(['run', '-j', '2', *names, *sleeps('1s', '700ms', '600ms')], 100, 20,
                      when={'running': lambda run: run.resize(columns, rows)})
            self.assert_gone(run)
            self.assertEqual(sum(line.startswith('FAIL  fails-') for line in run.screen.text()), 5)

    def test_interrupt(self):
        for number in signal.SIGINT, signal.SIGTERM:
            run = Run(['run', '-j', '2', *sleeps('9s', '9s', '9s')],
                      when={'running': lambda run: run.process.send_signal(number)})
            self.assertEqual(run.status, -number)
            self.assert_gone(run)
            self.assertNotIn('\x1b[?25l', run.raw)
            text = '\n'.join(run.screen.text())
            self.assertIn('the run was interrupted', text)
            self.assertIn('1 not begun', text)

    def test_hang_up(self):
        run = Run(['run', '-j', '2', *sleeps('9s', '9s')], when={'running': Run.hang_up})
        self.assertEqual((run.status, run.errors), (-signal.SIGHUP, ''))

    def test_none(self):
        names = sleeps('100ms', '300ms')
        for arguments, environment in ([], {'TERM': 'dumb'}), ([], {'CI': 'true'}), (['--quiet'], {}), \
                (['--verbose'], {}), (['--tap', '-'], {}):
            run = Run(['run', *arguments, *names], environment=environment)
            self.assertNotIn('\x1b[J', run.raw, (arguments, environment))
            self.assertEqual(run.status, 0)
        self.assertIn('\x1b[J', Run(['run', *names], environment={'CI': 'false'}).raw)

    def test_kept(self):
        """The lines of a report are the same, wherever it goes."""
        run = Run(['run', '-j', '1', 'good.drill', *sleeps('100ms')], environment={'NO_COLOR': '1'})
        report = subprocess.run([SOCKDRILL, 'run', '-j', '1', 'good.drill', *sleeps('100ms')], stdout=subprocess.PIPE, text=True)
        self.assertEqual(*(re.sub(r'[0-9.<]+m?s', 'TIME', text.rstrip()) for text in
                           ('\n'.join(run.screen.text()), report.stdout)))


class Words(unittest.TestCase):
    COLOUR = re.compile(r'\x1b\[[0-9;]*m')

    def coloured(self, arguments=(), **environment):
        return bool(self.COLOUR.search(Run(['run', *arguments, 'good.drill'], environment=environment).raw))

    def coloured_pipe(self, arguments=(), **environment):
        done = subprocess.run([SOCKDRILL, 'run', *arguments, 'good.drill'], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **environment})
        return bool(self.COLOUR.search(done.stdout))

    def test_colour(self):
        self.assertTrue(self.coloured())
        self.assertTrue(self.coloured(NO_COLOR=''))
        self.assertFalse(self.coloured(NO_COLOR='0'))
        self.assertFalse(self.coloured(TERM='dumb'))
        self.assertTrue(self.coloured(('--colour', 'always'), NO_COLOR='1', TERM='dumb'))
        self.assertFalse(self.coloured(('--colour', 'never'), CLICOLOR_FORCE='1'))
        self.assertFalse(self.coloured_pipe())
        self.assertTrue(self.coloured_pipe(CLICOLOR_FORCE='1'))
        self.assertFalse(self.coloured_pipe(CLICOLOR_FORCE='0'))
        self.assertFalse(self.coloured_pipe(CLICOLOR_FORCE='1', NO_COLOR='1'))
        self.assertTrue(self.coloured_pipe(('--colour', 'always'), NO_COLOR='1'))

    def test_width(self):
        for columns in 40, 60, 80:
            for environment in {}, {'COLUMNS': str(columns)}:
                run = Run(['run', '--verbose', 'bad.drill'], 200 if environment else columns, environment=environment)
                self.assertLessEqual(max(len(line) for line in run.screen.text()), columns)
                self.assertEqual(run.screen.wrapped, 0)

    def test_pipe_has_no_width(self):
        done = subprocess.run([SOCKDRILL, 'run', '--verbose', 'bad.drill'], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, 'COLUMNS': '40'})
        self.assertIn('received  00000000  68 75 6c 6c 6f', done.stdout)
        self.assertRegex(done.stdout, r'local=\S+ peer=\S+ state=LISTEN\n')


class Verbose(unittest.TestCase):
    def told_so_far(self, stream, words):
        """The lines up to one that says so; each must come while the scenario hangs, which it does for minutes."""
        lines = []
        while not lines or words not in lines[-1]:
            line = stream.readline()
            self.assertTrue(line, f'it ended before it said: {words}')
            lines.append(line)
        return lines

    def hangs(self, *arguments):
        process = subprocess.Popen([SOCKDRILL, 'run', '--verbose', *arguments], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        return process

    def test_pipe(self):
        write('hangs.drill', HANGS)
        for arguments in (), ('--threads', '3'), ('-j', '1', 'good.drill'):
            process = self.hangs(*arguments, 'hangs.drill')
            lines = self.told_so_far(process.stdout, 'recv "hi\\n"                       fd=')
            process.send_signal(signal.SIGINT)
            lines += process.stdout.readlines()
            self.assertEqual(process.wait(), -signal.SIGINT)
            text = ''.join(lines)
            for words in 'run   hangs\n', 'sent 3 bytes: "hi\\n"', 'received 3 bytes: "hi\\n"', 'FAIL  hangs', 'the run was interrupted':
                self.assertEqual(text.count(words), 1, f'{words} in {text}')

    def test_terminal(self):
        """Several at once: each line has its case's name."""
        write('hangs.drill', HANGS)
        write('also-hangs.drill', HANGS)
        run = Run(['run', '--verbose', '-j', '2', 'hangs.drill', 'also-hangs.drill'], 300,
                  when={f'  {name} ': lambda run: run for name in ('hangs',)} |
                       {'received 3 bytes': lambda run: run.process.send_signal(signal.SIGINT)})
        text = run.screen.text()
        # In columns as wide as the longest of them.
        told = r'  (also-hangs|hangs     )  host +6: recv "hi\\n" +received 3 bytes: "hi'
        self.assertTrue([line for line in text if re.match(told, line)],
                        '\n'.join(text))
        self.assertIn('run   hangs', text)
        self.assertIn('run   also-hangs', text)


class Output(unittest.TestCase):
    def test_full(self):
        write('hangs.drill', HANGS)
        for arguments in ['good.drill'], ['-j', '1', '--verbose', 'good.drill'], ['--repeat', '50', 'good.drill']:
            with open('/dev/full', 'w') as full:
                done = subprocess.run([SOCKDRILL, 'run', *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr),
                             (3, 'sockdrill: standard output: No space left on device\n'), arguments)

    def test_broken_pipe(self):
        for arguments in ['good.drill'], ['-j', '1', '--verbose', 'good.drill']:
            reads, writes = os.pipe()
            os.close(reads)
            done = subprocess.run([SOCKDRILL, 'run', *arguments], stdout=writes, stderr=subprocess.PIPE, text=True)
            os.close(writes)
            self.assertEqual((done.returncode, done.stderr), (0, ''), arguments)


if __name__ == '__main__':
    unittest.main()
