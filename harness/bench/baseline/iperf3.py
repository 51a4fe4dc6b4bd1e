"""The rate of one stream of iperf3's over loopback, as its client reports what the server received: prints GiB/s.

Two processes, a CPU each where there are two; neither looks at the bytes.

    iperf3.py BYTES
"""
import json
import socket
import subprocess
import sys


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return str(any_port.getsockname()[1])


def start_server():
    """A server, and where it listens. Somebody else may have been given the port meanwhile: then the next."""
    for _ in range(10):
        port = free_port()
        server = subprocess.Popen(["iperf3", "--server", "--one-off", "--forceflush", "--bind", "127.0.0.1", "--port", port],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in server.stdout:
            said.append(line)
            if "listening" in line:
                return server, port
        server.wait()
    sys.exit("".join(said))


def run_once(size_bytes):
    server, port = start_server()
    with server:
        asked = subprocess.run(["iperf3", "--client", "127.0.0.1", "--port", port, "--bytes", size_bytes, "--json"],
                               capture_output=True, text=True, check=False)
        if asked.returncode != 0:
            server.terminate()
            sys.exit(asked.stdout + asked.stderr)
        server.stdout.read()
    return json.loads(asked.stdout)["end"]["sum_received"]["bits_per_second"] / 8 / 2**30


def rate_gib(size_bytes):
    """Of a megabyte its server has at times read nothing yet when the client is told what it has received: 0."""
    for _ in range(20):
        rate = run_once(size_bytes)
        if rate > 0:
            return rate
    sys.exit("iperf3 has received nothing, twenty times")


if __name__ == "__main__":
    print(f"{rate_gib(sys.argv[1]):.6g}")
