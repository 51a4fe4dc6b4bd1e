"""scenarios/echo.drill as the notebook wrote it: a server in a ThreadPoolExecutor, the client in the main thread, 398 bytes
there and back, compared at both ends. As often as it is told, in one process: with one pool for all, or each with its own.

    notebook.py REQUEST TIMES one|each
"""
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def receive(connection, count):
    came = b""
    while len(came) < count:
        piece = connection.recv(count - len(came))
        if not piece:
            raise EOFError(f"{len(came)} bytes of {count} came")
        came += piece
    return came


def serve(listener, request):
    connection, _ = listener.accept()
    with connection:
        assert receive(connection, len(request)) == request
        connection.sendall(request)
        assert connection.recv(1) == b""


def play(pool, request):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        served = pool.submit(serve, listener, request)
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(request)
            assert receive(client, len(request)) == request
        served.result()


def main():
    path, times, pools = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with open(path, "rb") as file:
        request = file.read()
    if pools == "one":
        with ThreadPoolExecutor() as pool:
            for _ in range(times):
                play(pool, request)
    else:
        for _ in range(times):
            with ThreadPoolExecutor() as pool:
                play(pool, request)


if __name__ == "__main__":
    main()
