"""A headless Chromium, driven over its DevTools pipe: https://chromedevtools.github.io/devtools-protocol/"""

import base64
import json
import os
import subprocess
import tempfile


class Browser:
    """Nothing outside is looked up: every name fails, and whatever a page asks for is noted in `requests`."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="sockdrill-html-")
        to_browser, self.writes = os.pipe()
        self.reads, from_browser = os.pipe()

        def wire():  # the pipe's ends have to be 3 and 4
            low = os.dup2(to_browser, 10), os.dup2(from_browser, 11)
            os.dup2(low[0], 3)
            os.dup2(low[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
             "--user-data-dir=" + self.folder.name, "about:blank"],
            preexec_fn=wire, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.folder.name, "stderr"), "wb"))
        os.close(to_browser)
        os.close(from_browser)
        self.pending = b""
        self.number = 0
        self.session = None
        self.requests, self.complaints, self.events = [], [], []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
        except EOFError:
            pass
        self.process.wait()
        os.close(self.reads)
        os.close(self.writes)
        self.folder.cleanup()

    def _receive(self):
        while b"\0" not in self.pending:
            piece = os.read(self.reads, 1 << 16)
            if not piece:
                raise EOFError("the browser has ended")
            self.pending += piece
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(parameters)[:400])

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writes, data):]
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def open(self, path, width, scheme, fragment=""):
        """The page at that width, in light or dark, with what it asked for and what was complained of."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                         {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.ask("Page.navigate", url="about:blank")
        self.requests.clear()
        self.complaints.clear()
        self.events.clear()
        self.ask("Page.navigate", url="file://" + path + fragment)
        while "Page.loadEventFired" not in self.events or self.evaluate("document.readyState") != "complete":
            if "Page.loadEventFired" not in self.events:
                self._note(self._receive())

    def evaluate(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:500])
        return result["result"].get("value")

    def press(self, key, code=None, text=""):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code or 0,
                     **({"text": text} if text and kind == "keyDown" else {}))

    def screenshot(self, path, whole=False):
        parameters = {"format": "png"}
        if whole:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            parameters["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 5000), "scale": 1}
            parameters["captureBeyondViewport"] = True
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("Page.captureScreenshot", **parameters)["data"]))
